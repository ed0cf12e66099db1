r"""What a parser is given: the frames of one or many reads, and whose they are.

`lines()` decodes a run of text in one go; what is not UTF-8 is decoded frame by frame, shown
as `\xNN` and flagged. `attach` tells the events what the frames knew.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Protocol, overload

from ..event import NOTHING, ORIGINAL_SIZE_KEY, Event, Resource, flag
from .framing import Cut, Marked


class Source(Protocol):
    """Where frames came from: a connection, or the peer of a datagram."""

    resource: Resource

    def write(self, data: bytes) -> None:
        """Send bytes back to it."""
        ...


class Frames(Sequence[bytes]):
    """Frames in order of arrival. `size` is the bytes that were read for them."""

    __slots__ = ("_ends", "_frames", "_odd", "_parts", "_texts", "size")

    def __init__(self, parts: list[tuple[Source, Cut]], size: int = 0) -> None:
        self._parts = parts
        self._frames: list[bytes] | None = None
        self._texts: list[str] | None = None
        self._ends: list[int] | None = None
        self._odd = False  # a frame is Marked, or not UTF-8
        self.size = size

    def lines(self) -> list[str]:
        """Every frame as text, without surrogates. Made once; call it as often as you like."""
        if self._texts is None:
            run = self._run()
            try:
                if run is None:
                    lines = [frame.decode() for frame in self.frames()]
                else:
                    lines = run.decode().split("\n")
                    lines.pop()
            except UnicodeDecodeError:
                lines = [decode(frame) for frame in self.frames()]
                self._odd = True
            self._texts = lines
        return self._texts

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
        for event, frame in zip(events, self.frames(), strict=True):
            for name in _flags_of(frame, text=self._texts is not None):
                flag(event, name)
                said[name] += 1
            if isinstance(frame, Marked) and frame.original_size:
                event.attributes[ORIGINAL_SIZE_KEY] = frame.original_size
        return said


def _set_resource(events: list[Event], resource: Resource) -> None:
    for event in events:
        if event.resource is NOTHING:
            event.resource = resource


def _flags_of(frame: bytes, *, text: bool) -> list[str]:
    flags = list(frame.flags) if isinstance(frame, Marked) else []
    if text:
        try:
            frame.decode()
        except UnicodeDecodeError:
            flags.append("invalid_utf8")
    return flags


def decode(frame: bytes) -> str:
    r"""Text of bytes that should be UTF-8; what is not appears as `\xNN`."""
    return frame.decode("utf-8", "backslashreplace")


def as_they_are(frames: Frames, now_ns: int) -> list[Event]:
    """One event a frame, unparsed: what goes on when a parser has raised."""
    events = [Event(now_ns, line, {}, observed_time=now_ns) for line in frames.lines()]
    for event in events:
        flag(event, "parser_failed")
    return events
