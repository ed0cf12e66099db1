"""Where messages begin and end in a stream: bytes in, frames out. No I/O, no Twisted, no time.

Rules:

1. `feed` gives the frames that have become whole, in one of two forms: a list of frames, or
   one `bytes` that is a *run*, frames of text that each end with LF. A run is decoded and
   split once for all its frames, which is what makes a stream of lines cheap.
2. A frame that has something to say of itself is a `Marked`, and only lists hold those.
3. However the bytes are cut into reads, the frames are the same.
4. An unfinished frame takes at most `max_size` bytes. A longer one is cut at a code point,
   and what is left of it is counted and thrown away as it comes.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import msgspec

#: Bytes of one frame, unless an option says otherwise; syslog-ng's default too.
MAX_FRAME = 65536
#: Of a longer run the frames are counted in samples: all of them would be 30 ns a frame.
_SAMPLE = 4096
_SAMPLES = 4


class Marked(bytes):
    """A frame with flags (names from `collector.event.FLAGS`) and the size it had."""

    flags: tuple[str, ...]
    original_size: int

    @classmethod
    def make(cls, frame: bytes, *flags: str, size: int = 0) -> Marked:
        """`size`: the bytes the sender sent, when that is more than the frame has."""
        marked = cls(frame)
        marked.flags = flags
        marked.original_size = size
        return marked


#: A run or a list of frames; see rule 1.
Cut = bytes | list[bytes]


class Framing(Protocol):
    """What a listener needs to cut a connection's bytes; one object for each connection.

    One that keeps the beginnings of long frames says in `unfinished` how many bytes it holds; those
    that hold the most are closed when all together are too much.
    """

    def feed(self, data: bytes) -> Cut:
        """The frames that are whole now. Raises WrongProtocol, nothing else."""
        ...

    def finish(self) -> list[bytes]:
        """The connection has ended: what is left, if it can be of use."""
        ...


@runtime_checkable
class Movable(Protocol):
    """A framing whose connection can go on in another process, in the middle of a frame too."""

    def state(self) -> bytes:
        """All that it knows."""
        ...

    def restore(self, state: bytes) -> None:
        """Know that, in place of nothing. Raises ValueError for what is another framing's."""
        ...


class WrongProtocol(Exception):
    """The peer speaks something else; the message names it. The connection is closed."""


def cut_utf8(data: bytes, limit: int) -> bytes:
    """At most `limit` bytes, not ending inside a UTF-8 sequence."""
    if len(data) <= limit:
        return data
    end = limit
    while end > max(0, limit - 4) and data[end] & 0xC0 == 0x80:
        end -= 1
    return data[:end]


def about(cut: Cut) -> int:
    """How many frames; of a long run about."""
    if type(cut) is not bytes:
        return len(cut)
    if len(cut) <= _SAMPLE * _SAMPLES:
        return cut.count(b"\n")
    step = len(cut) // _SAMPLES
    found = sum(cut.count(b"\n", at, at + _SAMPLE) for at in range(0, step * _SAMPLES, step))
    return found * len(cut) // (_SAMPLE * _SAMPLES)


class Unfinished:
    """The start of a frame whose end has not come: at most `limit` bytes, the rest counted."""

    __slots__ = ("_kept", "_limit", "_size")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = b""
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def kept(self) -> bytes | None:
        """All of it; None when some had to go."""
        return self._kept if self._size <= self._limit else None

    @property
    def held(self) -> int:
        """Bytes of it that are kept."""
        return len(self._kept)

    def state(self) -> tuple[bytes, int]:
        """What `restore` takes."""
        return self._kept, self._size

    def restore(self, kept: bytes, size: int) -> None:
        """So much has come before."""
        self._kept, self._size = kept, size

    def add(self, data: bytes) -> None:
        """So much more of it."""
        self._size += len(data)
        if len(self._kept) <= self._limit:  # one byte more than the limit, for cut_utf8
            self._kept += data[: self._limit + 1 - len(self._kept)]

    def end(self, data: bytes = b"", *flags: str, size: int = 0) -> bytes:
        """It ends with `data`; the next one begins. `size`: what it should have had."""
        self.add(data)
        kept, had = self._kept, max(self._size, size)
        self._kept, self._size = b"", 0
        if had > self._limit:
            flags = tuple(name for name in flags if name != "truncated")
            return Marked.make(cut_utf8(kept, self._limit), "truncated", *flags, size=had)
        return Marked.make(kept, *flags, size=size) if flags else kept


def strip_cr(frame: bytes) -> bytes:
    """Without one CR at its end; a Marked frame stays as it is."""
    return frame[:-1] if frame[-1:] == b"\r" and not isinstance(frame, Marked) else frame


def fits(run: bytes, limit: int) -> bool:
    """Whether no line of a run is longer than `limit`; looks at one LF in `limit` bytes."""
    at, end = 0, len(run)
    while end - at > limit:
        lf = run.rfind(b"\n", at, at + limit + 1)
        if lf < 0:
            return False
        at = lf + 1
    return True


def _has_empty_line(run: bytes) -> bool:
    """Two searches for bytes: one for a pattern takes 30 ns a byte, a hundred times as long."""
    return run.startswith((b"\n", b"\r\n")) or b"\n\n" in run or b"\n\r\n" in run


class Lines:
    """Frames that end with LF; one CR before it goes too. Empty lines are no frames."""

    def __init__(self, max_size: int = MAX_FRAME) -> None:
        self._max = max_size
        self._open = Unfinished(max_size)

    def feed(self, data: bytes) -> Cut:
        """See `Framing`; a run whenever nothing is odd."""
        end = data.rfind(b"\n") + 1
        if not end:
            self._open.add(data)
            return []
        kept = self._open.kept
        run = None if kept is None else kept + data[:end]
        if run is not None and not _has_empty_line(run) and fits(run, self._max):
            self._open = Unfinished(self._max)
            self._open.add(data[end:])
            return run.replace(b"\r\n", b"\n") if b"\r" in run else run
        frames = [strip_cr(self._open.end(frame)) for frame in data[: end - 1].split(b"\n")]
        self._open.add(data[end:])
        return [frame for frame in frames if frame]

    @property
    def unfinished(self) -> int:
        """See `Framing`."""
        return self._open.held

    def state(self) -> bytes:
        """See `Movable`."""
        return msgspec.msgpack.encode(self._open.state())

    def restore(self, state: bytes) -> None:
        """See `Movable`."""
        self._open.restore(*msgspec.msgpack.decode(state, type=tuple[bytes, int]))

    def finish(self) -> list[bytes]:
        """The last line may lack its LF."""
        last = strip_cr(self._open.end())
        return [last] if last else []


class Delimited:
    """Frames that end with a delimiter, which is not part of them. Empty ones are no frames."""

    def __init__(self, delimiter: bytes, max_size: int = MAX_FRAME) -> None:
        self._delimiter = delimiter
        self._open = Unfinished(max_size)
        self._tail = b""  # bytes that may be the start of a delimiter

    def feed(self, data: bytes) -> Cut:
        """See `Framing`."""
        *whole, rest = (self._tail + data).split(self._delimiter)
        frames = [self._open.end(frame) for frame in whole]
        keep = max(0, len(rest) - len(self._delimiter) + 1)
        self._open.add(rest[:keep])
        self._tail = rest[keep:]
        return [frame for frame in frames if frame]

    @property
    def unfinished(self) -> int:
        """See `Framing`."""
        return self._open.held

    def finish(self) -> list[bytes]:
        """The last frame may lack its delimiter."""
        tail, self._tail = self._tail, b""
        last = self._open.end(tail)
        return [last] if last else []
