"""The comments and empty lines of a YAML file in, each with the way to what it belongs to out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from ruamel.yaml import YAML

from collector.api import Source

from .entries import Way

Place = tuple[int, int]


@dataclass
class Comments:
    """By the way to a key or an item."""

    above: dict[Way, list[str]] = field(default_factory=dict)
    beside: dict[Way, str] = field(default_factory=dict)
    #: Behind everything.
    last: list[str] = field(default_factory=list)


def comments(source: Source) -> Comments:
    """A comment on a line of its own belongs to what follows, another to its line."""
    ways: dict[Place, Way] = {}
    inner: dict[Place, Way] = {}  # an item begins where its first key does
    for way, value_place in source.values.items():
        if way:  # and so does the root
            at_key = source.keys.get(way, value_place)
            first = ways.setdefault(at_key, way)
            if way[: len(first)] == first:  # else it is an alias's
                inner[at_key] = way
    places = sorted(ways)
    rows = source.text.split("\n")
    found = Comments()
    for place, text, alone in _written(source.text):
        if not alone:
            at = bisect_left(places, place) - 1
            way = _outermost(source, rows, inner[places[max(at, 0)]], place[0])
            if way not in found.beside:
                found.beside[way] = text
                continue
        at = bisect_right(places, place)
        lines = found.above.setdefault(ways[places[at]], []) if at < len(places) else found.last
        if text or (lines and lines[-1]) or not lines:
            lines.append(text)
    return found


def _outermost(source: Source, lines: list[str], way: Way, line: int) -> Way:
    """What begins on the line and has a way's value in its brackets."""
    while len(way) > 1:
        row, column = source.value_place(way[:-1])
        if source.key_place(way[:-1])[0] != line or lines[row - 1][column - 1] not in "[{":
            break
        way = way[:-1]
    return way


def _written(text: str) -> Iterator[tuple[Place, str, bool]]:
    """Place and text of each comment, and whether it has its line to itself; "": no text at all.

    They are what stands between the tokens; the header of a block of text may have one too.
    """
    seen = 0
    for token in YAML(typ="safe", pure=True).scan(text):
        start, end = token.start_mark.index, token.end_mark.index
        yield from _between(text, seen, start)
        if text[start : start + 1] in {"|", ">"} and end > start:
            header = text.find("\n", start, end)
            yield from _between(text, start + 1, header if header > 0 else start)
        seen = max(seen, end)
    yield from _between(text, seen, len(text))


def _shown(comment: str) -> str:
    """On one line, whatever else ends lines."""
    return "".join(c if c.isprintable() or c == "\t" else " " for c in comment).rstrip()


def _between(text: str, start: int, end: int) -> Iterator[tuple[Place, str, bool]]:
    if "#" not in text[start:end] and text.count("\n", start, end) < 2:
        return  # as nearly always; to count lines from the top takes long in a long file
    line = text.count("\n", 0, start) + 1
    at = start
    pieces = text[start:end].split("\n") if start < end else []
    for n, piece in enumerate(pieces):
        begin = text.rfind("\n", 0, at) + 1
        mark = piece.find("#")
        alone = not text[begin : at + max(mark, 0)].strip()
        if mark >= 0:
            yield (line + n, at + mark - begin + 1), _shown(piece[mark:]), alone
        elif 0 < n < len(pieces) - 1 and not piece.strip():
            yield (line + n, 1), "", True
        at += len(piece) + 1
