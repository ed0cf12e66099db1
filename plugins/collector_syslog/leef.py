"""LEEF, QRadar's Log Event Extended Format: a body in, attributes out.

`LEEF:1.0|vendor|product|version|event|key=value<TAB>key=value`; version 2.0 names the separator in
one field more, as itself or as `0x5E` or `x5E`. Senders that separate otherwise are understood.
"""

from __future__ import annotations

import re
from typing import Any

from . import pairs

_HEADER = re.compile(r" *+LEEF: ?+([0-9.]{1,8})\|([^|]*+)\|([^|]*+)\|([^|]*+)\|([^|]*+)(?:\||$)")
_FIELDS = ("leef.version", "leef.vendor", "leef.product", "leef.product_version", "leef.event_id")
_SEPARATOR = re.compile(r"(?:0?[xX]([0-9A-Fa-f]{2,4})|([^\s=|])|\t?)\|")


def read(body: str) -> dict[str, Any] | None:
    """The attributes of a body, None if it breaks the format."""
    found = parts(body)
    return None if found is None else pairs.attributes(_FIELDS, *found, "leef.attribute.")


def parts(body: str) -> tuple[tuple[str, ...], pairs.Pairs] | None:
    """The five fields of the header and the attributes, None if a body breaks the format."""
    found = _HEADER.match(body)
    if found is None:
        return None
    separator, start = "", found.end()
    if found[1].startswith("2") and (said := _SEPARATOR.match(body, start)):
        separator, start = chr(int(said[1], 16)) if said[1] else said[2] or "", said.end()
    return found.groups(), _pairs(body[start:], separator)


def _pairs(text: str, separator: str) -> pairs.Pairs:
    """By the separator that was said; else by tabs, by bars, or where a key follows a space."""
    for candidate in (separator, "\t", "|"):
        if candidate and candidate in text:
            return pairs.separated(text, candidate)
    return pairs.spaced(text)
