"""A fault inside of a text of the file in, a problem at its line and column out."""

from __future__ import annotations

from collector.misread import Slip, excerpt

from .position import position
from .source import Source, Way


def report(source: Source, way: Way, slip: Slip) -> None:
    """Report a slip; at the nearest value around it where the way leads to no text."""
    text = _text(source, way)
    place = source.value_place(way)
    if text is None:
        source.error(slip.message, way, place)
        return
    at = position(source.text, place, text, min(slip.start, len(text)))
    source.slip(slip.message, way, at, excerpt(text, slip.start, slip.end))


def _text(source: Source, way: Way) -> str | None:
    value = source.value
    for step in way:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    return value if isinstance(value, str) else None
