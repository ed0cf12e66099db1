"""The entries of a frame, cut into portions: bytes in, bytes and the ends of entries out.

A frame may hold hundreds of MiB. What is done with a portion takes some 30 ms, and between two
the reactor has its turn. None stands for such a piece of work that has no entries yet.

Everything is cut before the first portion is handed on, so that a frame is taken or is not.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator, Iterator

from collector.api import Damaged, TooLong, expanded, is_compressed

from . import scan
from .failure import Undecodable
from .limits import Limits

#: Of a frame that is one portion,
SIZE = 1 << 20
MOST = 5000
#: and of each of several, unless a single entry is longer.
_SIZE = 1 << 19
_ENTRIES = 2000

Portion = tuple[bytes, list[int]]
Cutting = Generator[None, None, Iterator[Portion]]


def parts(content: bytes, ends: list[int]) -> Iterator[Portion]:
    """Entries of which the ends are known."""
    if len(content) <= SIZE and len(ends) <= MOST:
        yield content, ends
    else:
        yield from _several(content, ends)


def _several(content: bytes, ends: list[int]) -> Iterator[Portion]:
    first = begin = 0
    while first < len(ends):
        last = max(
            first + 1, bisect_right(ends, begin + _SIZE, first, min(first + _ENTRIES, len(ends)))
        )
        yield content[begin : ends[last - 1]], [end - begin for end in ends[first:last]]
        first, begin = last, ends[last - 1]


def unpacked(payload: bytes, limits: Limits) -> Generator[None, None, bytes | Iterator[bytes]]:
    """What is in a payload, compressed or not: all of it, or its pieces. Raises Undecodable."""
    if not is_compressed(payload):
        return payload if len(payload) <= SIZE else _slices(payload)
    pieces = _expanded(payload, limits.expanded)
    first, more = next(pieces), next(pieces, None)
    if more is None:
        return first
    for _ in pieces:  # all of it once without keeping it: a bomb takes no memory
        yield
    return _expanded(payload, limits.expanded)


def _expanded(payload: bytes, limit: int) -> Iterator[bytes]:
    try:
        yield from expanded(payload, limit)
    except Damaged as e:
        raise Undecodable("bad_compression", str(e)) from e
    except TooLong as e:
        raise Undecodable("bomb", f"more than {limit} bytes when decompressed") from e


def _slices(payload: bytes) -> Iterator[bytes]:
    for begin in range(0, len(payload), SIZE):
        yield payload[begin : begin + SIZE]


def cut(pieces: Iterator[bytes], most: int) -> Cutting:
    """Portions of pieces; an entry may go over any number of those. Raises Undecodable."""
    found: list[Portion] = []
    rest, wanted = b"", 0
    for piece in pieces:
        if rest or found:
            yield
        rest = rest + piece if rest else piece
        if len(rest) >= wanted:
            rest, most = _move(rest, found, most)
            wanted = 2 * len(rest)  # a long entry is not looked at with every piece of it
    if wanted:
        rest, most = _move(rest, found, most)
    if rest:
        raise Undecodable("truncated", "the last entry is cut off")
    divided = parts if len(found) == 1 else _several
    return (portion for content, ends in found for portion in divided(content, ends))


def _move(data: bytes, found: list[Portion], most: int) -> tuple[bytes, int]:
    """Whole entries at the start go to `found`. The rest, and how many more there may be."""
    ends = scan.ends(data, most)
    last = ends[-1] if ends else 0
    if len(ends) == most and last < len(data):
        raise Undecodable("too_many_entries", "more entries than max_entries")
    if ends:
        found.append((data[:last], ends))
    return data[last:], most - len(ends)
