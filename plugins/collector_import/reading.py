"""A file of the OpenTelemetry Collector in, its keys with their comments out."""

from __future__ import annotations

from typing import Any

from collector.api import Source

from .comments import Comments, comments
from .entries import Block, Entry, Scalar, Way

_STYLES = {"'": "'", '"': '"', "|": "|", ">": ">", "&": ""}


def tree(source: Source) -> tuple[Block, list[str]]:
    """The root, and the comments behind everything. What aliases stand for is written out."""
    found = comments(source)
    root = _Reading(source, found).value(source.value, ())
    assert isinstance(root, Block)
    return root, found.last


class _Reading:
    def __init__(self, source: Source, found: Comments) -> None:
        self._source = source
        self._comments = found
        self._lines = source.text.split("\n")
        self._taken: set[Way] = set()

    def value(self, value: Any, way: Way) -> Block | Scalar:
        character = self._character(way)
        if isinstance(value, dict):
            entries = [self._entry(key, below, (*way, key)) for key, below in value.items()]
            return Block(listed=False, flow=character == "{", entries=entries)
        if isinstance(value, list):
            items = [self._entry(None, below, (*way, n)) for n, below in enumerate(value)]
            return Block(listed=True, flow=character == "[", entries=items)
        return Scalar(value, _STYLES.get(character, "plain"))

    def _entry(self, key: str | None, value: Any, way: Way) -> Entry:
        line, _ = self._source.key_place(way)
        above = self._comments.above.get(way, [])
        entry = Entry(key, self.value(value, way), line, line, above)
        entry.beside = self._comments.beside.get(way, "")
        entry.end = max([line, *(below.end for below in entry.block.entries)])
        return entry

    def _character(self, way: Way) -> str:
        line, column = self._source.value_place(way)
        return self._lines[line - 1][column - 1 : column]
