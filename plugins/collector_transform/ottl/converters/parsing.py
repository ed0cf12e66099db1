"""Converters that make a map or a list of a string."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

import orjson

from collector_syslog import cef, leef

from ..fault import Failed
from ..signature import INT, TEXT, choice, function, table
from . import clf, xml
from .url import url_parts

_QUOTE = re.compile("[\"']")
#: What quotes mean in a row of CSV.
MODES = ("strict", "lazyQuotes", "ignoreQuotes")


def json_value(target: str) -> Any:
    """A map or a list of JSON's text. Raises Failed."""
    try:
        found = orjson.loads(target)
    except (ValueError, UnicodeError):
        raise Failed("not JSON") from None
    if not isinstance(found, dict | list):
        raise Failed("JSON that is neither a map nor a list")
    return found


def key_value(target: str, delimiter: str, pair_delimiter: str) -> dict[str, Any]:
    """Pairs that have these delimiters; a value may be in quotes. Raises Failed."""
    if not target or not delimiter or not pair_delimiter or delimiter == pair_delimiter:
        raise Failed("no pairs, or no two different delimiters")
    found: dict[str, Any] = {}
    for pair in _pairs(target, pair_delimiter):
        key, sign, value = pair.partition(delimiter)
        if not sign:
            raise Failed("a pair without its delimiter")
        found[key.strip()] = value.strip()
    return found


def _pairs(target: str, delimiter: str) -> list[str]:
    """The pairs without their quotes; a delimiter between two quotes of a kind is part of one."""
    pairs: list[list[str]] = [[]]
    at, kind = 0, ""
    for quote in _QUOTE.finditer(target):
        if kind in {"", quote[0]}:
            _add(pairs, target[at : quote.start()], "" if kind else delimiter)
            at, kind = quote.end(), "" if kind else quote[0]
    if kind:
        raise Failed("a quote that is never closed")
    _add(pairs, target[at:], delimiter)
    whole = ("".join(parts) for parts in pairs)
    return [pair for pair in whole if pair and not pair.isspace()]


def _add(pairs: list[list[str]], text: str, delimiter: str) -> None:
    """More of the last pair and, where a delimiter counts, the pairs after that."""
    first, *others = text.split(delimiter) if delimiter else [text]
    pairs[-1].append(first)
    pairs += [[other] for other in others]


def _csv(
    target: str, headers: str, delimiter: str, header_delimiter: str | None, mode: str
) -> dict[str, Any]:
    between = header_delimiter or delimiter
    if len(delimiter) != 1 or len(between) != 1 or delimiter in '\r\n"':
        raise Failed("a delimiter that is not one character")
    return columns(target, headers.split(between), delimiter, mode)


def columns(target: str, names: Sequence[str], delimiter: str, mode: str) -> dict[str, Any]:
    """One row of CSV under the names of its columns. Raises Failed."""
    row = target.strip("\r\n")
    fields = row.split(delimiter) if mode == "ignoreQuotes" else _row(row, delimiter, mode)
    if len(fields) != len(names):
        raise Failed("another number of fields than of headers")
    return dict(zip(names, fields, strict=True))


def _row(row: str, delimiter: str, mode: str) -> list[str]:
    try:
        rows = list(csv.reader(io.StringIO(row), delimiter=delimiter, strict=mode == "strict"))
    except (csv.Error, TypeError, ValueError):
        raise Failed("not CSV") from None
    if len(rows) != 1:
        raise Failed("not one row of CSV")
    return rows[0]


_LEEF = (
    "leef.version",
    "leef.vendor",
    "leef.product.name",
    "leef.product.version",
    "leef.event.id",
)


def _cef(target: str) -> dict[str, Any]:
    """A header of syslog may stand before it."""
    found = cef.parts(target[max(target.find("CEF:"), 0) :])
    if found is None:
        raise Failed("not CEF")
    header, extensions = found
    return {**dict(zip(cef.FIELDS, header, strict=True)), "cef.extensions": extensions}


def _leef(target: str) -> dict[str, Any]:
    """A header of syslog may stand before it."""
    found = leef.parts(target[max(target.find("LEEF:"), 0) :])
    if found is None:
        raise Failed("not LEEF")
    header, attributes = found
    return {**dict(zip(_LEEF, header, strict=True)), "leef.attributes": attributes}


def _integer(target: str, base: int) -> int:
    if not 0 <= base <= 36 or base == 1 or len(target) > 80 or ("_" in target and base):
        raise Failed("not a number of this base")
    try:
        found = int(target, base)
    except ValueError:
        raise Failed("not a number of this base") from None
    if not -(1 << 63) <= found < 1 << 63:
        raise Failed("a number of more than 64 bits")
    return found


PARSING = table(
    function("ParseJSON", json_value, target=TEXT),
    function(
        "ParseKeyValue",
        key_value,
        "map",
        target=TEXT,
        delimiter=(TEXT, "="),
        pair_delimiter=(TEXT, " "),
    ),
    function(
        "ParseCSV",
        _csv,
        "map",
        target=TEXT,
        headers=TEXT,
        delimiter=(TEXT, ","),
        headerDelimiter=(TEXT, None),
        mode=(choice(*MODES), "strict"),
    ),
    function("ParseCEF", _cef, "map", target=TEXT),
    function("ParseLEEF", _leef, "map", target=TEXT),
    function("ParseCLF", clf.access, "map", target=TEXT, format=(choice(*clf.FORMATS), "clf")),
    function("ParseXML", xml.element, "map", target=TEXT),
    function("ParseSimplifiedXML", xml.simplified, "map", target=TEXT),
    function("URL", url_parts, "map", url=TEXT),
    function("ParseInt", _integer, "int", target=TEXT, base=INT),
)
