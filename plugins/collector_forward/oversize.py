"""Frames over the limit: their bytes in, and of each the head, the size and the chunk out.

Such a frame is walked to its end and not kept, so that what follows it can be read, and its
sender be told that it need not send it again. The options come last, so the chunk is found when
all else has passed.

A string is passed by its length. Anything else is left to msgpack, an element at a time; one that
is not whole after `_AHEAD` bytes is entered, and its parts are passed in its place.
"""

from __future__ import annotations

from collections.abc import Generator

from . import scan
from .failure import Undecodable

#: Of a frame that is kept, for the dead letter.
HEAD = 65536
#: Options are a few hundred bytes.
_OPTIONS = 65536
#: More than this of one element is not held to see its end.
_AHEAD = 65536
#: Elements passed one by one: 0.1 s of work, and one for so many bytes beyond it.
_STEPS, _BYTES_A_STEP = 500_000, 64
#: No header is longer, and no number.
_HEADER = 9

Walk = Generator[None, bytes, None]


class Oversize(bytes):
    """The head of a frame."""

    size: int
    #: Its last element as it was written; empty: that was long too.
    options: bytes

    @classmethod
    def of(cls, head: bytes, size: int, options: bytes = b"") -> Oversize:
        """One of which this was the head, and this the last element."""
        found = cls(head[:HEAD])
        found.size = size
        found.options = options
        return found


class Passing:
    """One frame on its way."""

    def __init__(self) -> None:
        self.size = 0
        self._head = b""
        self._options = b""
        self._have = b""  # read, and not yet walked
        self._steps = 0
        self._walk = self._frame()
        next(self._walk)

    def feed(self, data: bytes) -> bytes | None:
        """What follows the frame; None: it goes on. Raises Undecodable."""
        if len(self._head) < HEAD:
            self._head += data[: HEAD - len(self._head)]
        self.size += len(data)
        try:
            self._walk.send(data)
        except StopIteration:
            self.size -= len(self._have)
            return self._have
        return None

    def frame(self) -> Oversize:
        """What is kept of it."""
        return Oversize.of(self._head[: self.size], self.size, self._options)

    def _frame(self) -> Walk:
        while len(self._have) < _HEADER:
            self._have += yield
        count, at = scan.array(self._have, 0)
        self._have = self._have[at:]
        if count:
            yield from self._pass(count - 1)
            yield from self._last()

    def _pass(self, left: int) -> Walk:
        """So many elements one after the other."""
        while left := left - self._passed(left):
            if len(self._have) < _HEADER or self._may_be_whole_soon():
                self._have += yield
            else:
                inside, size = scan.opened(self._have)
                left += inside - 1
                yield from self._drop(size)

    def _passed(self, most: int) -> int:
        """How many elements are whole and have been passed, up to the first that is not."""
        scanner = scan.unpacker(self._have)
        passed = end = 0
        while passed < most and (found := scan.skip(scanner)) is not None:
            passed, end = passed + 1, found
        self._have = self._have[end:]
        self._steps += passed + 1
        if self._steps > _STEPS + self.size // _BYTES_A_STEP:
            raise Undecodable("too_many_entries", "too many elements to look for its end")
        return passed

    def _may_be_whole_soon(self) -> bool:
        return len(self._have) < _AHEAD and scan.is_container(self._have[0])

    def _drop(self, size: int) -> Walk:
        while size > len(self._have):
            size -= len(self._have)
            self._have = yield
        self._have = self._have[size:]

    def _last(self) -> Walk:
        """The last element, kept if it is small."""
        while True:
            end = scan.skip(scan.unpacker(self._have)) if self._have else None
            if end is not None:
                self._options, self._have = self._have[:end], self._have[end:]
                return
            if len(self._have) > _OPTIONS:
                break
            self._have += yield
        yield from self._pass(1)
