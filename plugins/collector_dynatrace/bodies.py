"""Pieces of JSON in, request bodies within the limits out; and bodies taken apart again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from .limits import Limits

#: What preprocessing adds to a record, in bytes: status, origins, format. It brings its content
#: with it, so nothing is copied into that.
_GROWTH = 256
_BETWEEN = b'},{"'


class Body(NamedTuple):
    """What becomes one request: a JSON array."""

    data: bytes
    rows: int
    #: The oldest time in a row, in ns.
    oldest_ns: int


class Packing:
    """Gathers pieces into as few bodies as the limits allow."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._bodies: list[Body] = []
        self._pieces: list[bytes | memoryview] = []
        self._size = 1  # a bracket, and each piece with what follows it
        self._rows = 0
        self._oldest = 0

    def add(self, piece: bytes | memoryview, rows: int, oldest_ns: int) -> None:
        """`rows` JSON objects with commas between them; far smaller than a body, or one row."""
        size, count = self._size + len(piece) + 1, self._rows + rows
        limits = self._limits
        too_much = size > limits.request or size + count * _GROWTH > limits.preprocessed
        if self._pieces and (too_much or count > limits.records):
            self._close()
            size, count = 2 + len(piece), rows
        self._pieces.append(piece)
        self._size, self._rows = size, count
        if oldest_ns and not 0 < self._oldest < oldest_ns:
            self._oldest = oldest_ns

    def bodies(self) -> list[Body]:
        """All of them. There is none without rows."""
        if self._pieces:
            self._close()
        return self._bodies

    def _close(self) -> None:
        self._bodies.append(Body(array(self._pieces), self._rows, self._oldest))
        self._pieces, self._size, self._rows, self._oldest = [], 1, 0, 0


def array(rows: Sequence[bytes | memoryview]) -> bytes:
    """A JSON array of what is JSON already, copied once."""
    first = b"[" + bytes(rows[0])
    return b",".join([first, *rows[1:-1], bytes(rows[-1]) + b"]"]) if rows[1:] else first + b"]"


def split(body: bytes, count: int) -> list[bytes]:
    """The rows of an array that `array` made of so many, each an object in JSON.

    In what orjson writes, `},{"` stands only between two objects: in a text the quote would have
    a backslash. Where objects are nested the count does not fit, and it is read in earnest.
    """
    pieces = body[2:-2].split(_BETWEEN)
    if len(pieces) == count:
        first = b"{" + pieces[0] + b"}"
        return [first, *[b'{"' + piece + b"}" for piece in pieces[1:]]]
    return [orjson.dumps(row) for row in orjson.loads(body)]
