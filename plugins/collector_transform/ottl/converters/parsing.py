"""Converters that make a map or a list of a string."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import orjson

from collector_syslog import cef, leef

from ..fault import Failed
from ..signature import INT, TEXT, choice, function, table
from . import xml
from .url import url_parts

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
        found[_bare(key)] = _bare(value)
    return found


def _pairs(target: str, delimiter: str) -> list[str]:
    """The pairs; a delimiter in quotes is part of one."""
    pieces = target.split(delimiter)
    pairs: list[str] = []
    held: list[str] = []
    open_quote = False
    for piece in pieces:
        held.append(piece)
        open_quote ^= piece.count('"') % 2 == 1
        if not open_quote:
            pair = delimiter.join(held).strip()
            pairs += [pair] if pair else []
            held = []
    if held:
        raise Failed("a quote that is never closed")
    return pairs


def _bare(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


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


_CEF = (
    "version",
    "deviceVendor",
    "deviceProduct",
    "deviceVersion",
    "deviceEventClassId",
    "name",
    "severity",
)
_LEEF = ("version", "vendor", "product_name", "product_version", "event_id")


def _cef(target: str) -> dict[str, Any]:
    found = cef.parts(target)
    if found is None:
        raise Failed("not CEF")
    header, extensions = found
    return {**dict(zip(_CEF, header, strict=True)), "extensions": extensions}


def _leef(target: str) -> dict[str, Any]:
    """A header of syslog may stand before it."""
    found = leef.parts(target[max(target.find("LEEF:"), 0) :])
    if found is None:
        raise Failed("not LEEF")
    header, attributes = found
    return {**dict(zip(_LEEF, header, strict=True)), "attributes": attributes}


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
    function("ParseXML", xml.element, "map", target=TEXT),
    function("ParseSimplifiedXML", xml.simplified, "map", target=TEXT),
    function("URL", url_parts, "map", url=TEXT),
    function("ParseInt", _integer, "int", target=TEXT, base=INT),
)
