"""A fault inside of a text of the file in, a problem at its line and column out."""

from __future__ import annotations

from collector.misread import Slip

from .position import position
from .source import Source, Way

#: Longest part of a line that is shown.
_WIDTH = 100


def report(source: Source, way: Way, slip: Slip) -> None:
    """Report a slip; at the nearest value around it where the way leads to no text."""
    text = _text(source, way)
    place = source.value_place(way)
    if text is None:
        source.error(slip.message, way, place)
        return
    at = position(source.text, place, text, min(slip.start, len(text)))
    source.slip(slip.message, way, at, _excerpt(text, slip.start, slip.end))


def _text(source: Source, way: Way) -> str | None:
    value = source.value
    for step in way:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    return value if isinstance(value, str) else None


def _excerpt(text: str, start: int, end: int) -> str:
    """The line of the text with a caret under its wrong part, both shortened."""
    first = text.rfind("\n", 0, start) + 1
    line = text[first:].partition("\n")[0]
    cut = max(0, start - first - _WIDTH // 2)
    shown = "".join(c if c.isprintable() else " " for c in line[cut : cut + _WIDTH])
    at = start - first - cut
    size = max(1, min(end - start, len(shown) - at))
    return f"    {shown}\n    {' ' * at}{'^' * size}"
