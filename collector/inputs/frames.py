r"""What a parser is given: the frames of one or many reads, and whose they are.

`lines()` decodes a run of text in one go; what is not UTF-8 is decoded frame by frame, by the
encoding of its source, or else shown as `\xNN` and flagged. `attach` tells the events what the
frames knew.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import accumulate
from typing import NamedTuple, Protocol, overload

from ..event import NOTHING, ORIGINAL_SIZE_KEY, Event, Resource, flag
from .framing import Cut, Marked

# What would be taken for a byte that is shown as `\xNN`.
_LIKE_A_BYTE = re.compile(rb"\\(?=x[0-9a-f]{2})")


class Source(Protocol):
    """Where frames came from: a connection, or the peer of a datagram."""

    resource: Resource

    def write(self, data: bytes) -> None:
        """Send bytes back to it."""
        ...


class Share(NamedTuple):
    """What one source has of frames."""

    source: Source
    #: The number of a frame of its.
    first: int
    frames: int

    @property
    def framing(self) -> str:
        """How its frames are told apart, `lf` or `octet_counting`; "" if that is not known."""
        name: str = getattr(self.source, "framing_name", "")
        return name


class Frames(Sequence[bytes]):
    """Frames in order of arrival. `size` is the bytes that were read for them."""

    __slots__ = ("_ends", "_frames", "_odd", "_parts", "_texts", "encodings", "is_attached", "size")

    def __init__(self, parts: list[tuple[Source, Cut]], size: int = 0) -> None:
        self._parts = parts
        self._frames: list[bytes] | None = None
        self._texts: list[str] | None = None
        self._ends: list[int] | None = None
        self._odd = False  # a frame is Marked, or not text
        #: By the number of each frame that is not UTF-8: its encoding, "" when that is not known.
        #: Known once `lines` was called.
        self.encodings: dict[int, str] = {}
        self.size = size
        #: Whether `attach` was called.
        self.is_attached = False

    def lines(
        self,
        encoding: Callable[[Resource], str] | None = None,
        unpacked: Callable[[bytes], bytes] | None = None,
    ) -> list[str]:
        """Every frame as text, without surrogates. Made once; call it as often as you like.

        `encoding`: what a source's frames are in when they are not UTF-8; "" when that is not
        known. `unpacked`: what a frame that is not UTF-8 was before its sender packed it; the
        frame itself when it is not packed.
        """
        if self._texts is None:
            run = self._run()
            try:
                if run is None:
                    lines = [frame.decode() for frame in self.frames()]
                else:
                    lines = run.decode().split("\n")
                    lines.pop()
            except UnicodeDecodeError:
                lines = self._each_line(encoding, unpacked)
            self._texts = lines
        return self._texts

    def _each_line(
        self,
        encoding: Callable[[Resource], str] | None,
        unpacked: Callable[[bytes], bytes] | None,
    ) -> list[str]:
        lines = []
        for index, frame in enumerate(self.frames()):
            try:
                line = frame.decode()
            except UnicodeDecodeError:
                line = self._foreign(index, unpacked(frame) if unpacked else frame, encoding)
            lines.append(line)
        self._odd = self._odd or "" in self.encodings.values()
        return lines

    def _foreign(self, index: int, frame: bytes, encoding: Callable[[Resource], str] | None) -> str:
        with suppress(UnicodeDecodeError):  # it was packed
            return frame.decode()
        name = encoding(self.resource(index)) if encoding else ""
        line, self.encodings[index] = foreign(frame, name)
        return line

    def _run(self) -> bytes | None:
        """All frames as one run; None where an LF inside a frame forbids it."""
        parts = self._parts
        runs = [cut for _, cut in parts if type(cut) is bytes]
        if len(runs) == len(parts):
            return runs[0] if len(runs) == 1 else b"".join(runs)
        frames = self.frames()
        self._odd = Marked in set(map(type, frames))
        run = b"\n".join(frames) + b"\n"
        return run if run.count(b"\n") == len(frames) else None

    def frames(self) -> list[bytes]:
        """Every frame as bytes."""
        if self._frames is None:
            self._frames = []
            for _, cut in self._parts:
                self._frames += cut.split(b"\n")[:-1] if isinstance(cut, bytes) else cut
        return self._frames

    def __len__(self) -> int:
        return len(self._texts) if self._texts is not None else len(self.frames())

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> list[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | list[bytes]:
        return self.frames()[index]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.frames())

    def resource(self, index: int) -> Resource:
        """The resource of the frame's source."""
        return self.source(index).resource

    def reply(self, index: int, data: bytes) -> None:
        """Send bytes to the frame's source, if it is still there."""
        self.source(index).write(data)

    def cuts(self) -> list[Cut]:
        """What each read gave, as its framing gave it."""
        return [cut for _, cut in self._parts]

    def shares(self) -> list[Share]:
        """Who sent how many; a source may come twice."""
        if len(self._parts) == 1:  # counting the line ends of a run is 30 ns a frame
            return [Share(self._parts[0][0], 0, len(self))] if len(self) else []
        ends = self._part_ends()
        starts = [0, *ends]
        return [
            Share(source, start, end - start)
            for (source, _), start, end in zip(self._parts, starts, ends, strict=False)
            if end > start
        ]

    def source(self, index: int) -> Source:
        """Where a frame came from."""
        return self._parts[bisect_right(self._part_ends(), index)][0]

    def _part_ends(self) -> list[int]:
        if self._ends is None:
            lengths = (
                cut.count(b"\n") if type(cut) is bytes else len(cut) for _, cut in self._parts
            )
            self._ends = list(accumulate(lengths))
        return self._ends

    def attach(self, events: list[Event]) -> dict[str, int]:
        """Set resource and flags of events of which each came from one frame, in order.

        An event that has a resource of its own keeps it. Returns how often each flag was set.
        """
        self.is_attached = True
        self._attach_resources(events)
        if self._texts is None:  # `parse` has looked at bytes: whether they are text is its affair
            self._odd = Marked in set(map(type, self.frames()))
        return self._mark(events) if self._odd else {}

    def _attach_resources(self, events: list[Event]) -> None:
        if len(self._parts) == 1:
            _set_resource(events, self._parts[0][0].resource)
            return
        if len(self._parts) == len(events):  # each read was one frame, for none is empty
            for event, (source, _) in zip(events, self._parts, strict=True):
                if event.resource is NOTHING:
                    event.resource = source.resource
            return
        at = 0
        for (source, _), end in zip(self._parts, self._part_ends(), strict=True):
            _set_resource(events[at:end], source.resource)
            at = end

    def _mark(self, events: list[Event]) -> dict[str, int]:
        said: Counter[str] = Counter()
        for index, (event, frame) in enumerate(zip(events, self.frames(), strict=True)):
            for name in _flags_of(frame, self.encodings.get(index)):
                flag(event, name)
                said[name] += 1
            if isinstance(frame, Marked) and frame.original_size:
                event.attributes[ORIGINAL_SIZE_KEY] = frame.original_size
        return said


def _set_resource(events: list[Event], resource: Resource) -> None:
    for event in events:
        if event.resource is NOTHING:
            event.resource = resource


def _flags_of(frame: bytes, encoding: str | None) -> list[str]:
    flags = list(frame.flags) if isinstance(frame, Marked) else []
    return [*flags, "invalid_utf8"] if encoding == "" else flags


def foreign(frame: bytes, encoding: str) -> tuple[str, str]:
    r"""The text of bytes that are not UTF-8, and its encoding if it has that one.

    It has when the text gives the same bytes back. Else bytes that are no UTF-8 appear as `\xNN`,
    and a backslash that begins such a thing by itself as `\x5c`: so those too can be had back.
    """
    if encoding:
        with suppress(UnicodeError):
            text = frame.decode(encoding)
            if text.encode(encoding) == frame:
                return text, encoding
    return _LIKE_A_BYTE.sub(rb"\\x5c", frame).decode("utf-8", "backslashreplace"), ""


def as_they_are(frames: Frames, now_ns: int) -> list[Event]:
    """One event a frame, unparsed: what goes on when a parser has raised."""
    events = [Event(now_ns, line, {}, observed_time=now_ns) for line in frames.lines()]
    for event in events:
        flag(event, "parser_failed")
    return events
