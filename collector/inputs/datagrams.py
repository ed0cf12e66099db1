"""The datagrams of one look: frames that each have a source of their own."""

from __future__ import annotations

import socket
from collections import Counter
from typing import Any

from ..event import NOTHING, Event, Resource
from .frames import Frames, Share

#: A trailing NUL, LF or CRLF is not part of a message: RFC 5426 has no trailer. LF inside one is.
SEPARATORS = b"\0\r\n"


class Peer:
    """The source of a datagram."""

    __slots__ = ("_address", "_socket", "resource")
    framing_name = "datagram"

    def __init__(self, sock: socket.socket, address: Any, resource: Resource) -> None:
        self._socket = sock
        self._address = address
        self.resource = resource

    def write(self, data: bytes) -> None:
        """A datagram back; lost like any other when the kernel has no room."""
        try:
            self._socket.sendto(data, self._address)
        except OSError:
            return


class Datagrams(Frames):
    """Frames that each have a source of their own."""

    __slots__ = ("_sources",)

    def __init__(self, frames: list[bytes], sources: list[Peer], size: int) -> None:
        super().__init__([], size)
        if not all(frames):
            sources = [source for frame, source in zip(frames, sources, strict=True) if frame]
            frames = [frame for frame in frames if frame]
        self._frames = frames
        self._sources = sources

    def _run(self) -> bytes | None:
        frames = self.frames()
        run = b"\n".join(frames) + b"\n"
        return run if run.count(b"\n") == len(frames) else None

    def shares(self) -> list[Share]:
        """See `Frames`."""
        sources = self._sources
        if not sources:
            return []
        first, count = sources[0], len(sources)
        if sources.count(first) == count:
            return [Share(first, 0, count)]
        numbers = dict(zip(reversed(sources), range(count - 1, -1, -1), strict=True))
        counts = Counter(sources)
        return [Share(source, number, counts[source]) for source, number in numbers.items()]

    def source(self, index: int) -> Peer:
        """Where a datagram came from."""
        return self._sources[index]

    def _attach_resources(self, events: list[Event]) -> None:
        for event, peer in zip(events, self._sources, strict=True):
            if event.resource is NOTHING:
                event.resource = peer.resource


def lines(frames: list[bytes], sources: list[Peer]) -> tuple[list[bytes], list[Peer]]:
    """Of datagrams, the lines; empty ones are no frames."""
    split = [(frame.split(b"\n"), source) for frame, source in zip(frames, sources, strict=True)]
    pairs = [(line.rstrip(SEPARATORS), peer) for lines, peer in split for line in lines]
    return [line for line, _ in pairs], [peer for _, peer in pairs]
