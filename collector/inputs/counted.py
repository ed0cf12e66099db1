"""Framings of frames whose length comes first: as digits, or as a binary number."""

from __future__ import annotations

import re
from typing import Literal

from .framing import MAX_FRAME, Cut, Unfinished, WrongProtocol


class _Counted:
    """Frames whose length comes first. `_header` says how long."""

    def __init__(self, max_size: int = MAX_FRAME) -> None:
        self._open = Unfinished(max_size)
        self._missing = 0  # bytes the frame in `_open` still lacks
        self._rest = b""  # the start of a header

    def _header(self, data: bytes, at: int) -> tuple[int, int] | None:
        """Where the frame begins and how long it is; None: not all there yet."""
        raise NotImplementedError

    def feed(self, data: bytes) -> Cut:
        """See `Framing`."""
        data, self._rest = self._rest + data, b""
        frames: list[bytes] = []
        at = self._continue(data, 0, frames) if self._missing else 0
        while at < len(data):
            try:
                found = self._header(data, at)
            except WrongProtocol:
                if not frames:
                    raise
                found = None  # raised again by the next read: what came before it is whole
            if found is None:
                self._rest = data[at:]
                break
            start, self._missing = found
            at = self._continue(data, start, frames)
        return [frame for frame in frames if frame]

    def _continue(self, data: bytes, at: int, frames: list[bytes]) -> int:
        """Give the frame in hand what there is of it; returns where that ends."""
        end = min(at + self._missing, len(data))
        piece = data[at:end]
        self._missing -= len(piece)
        if self._missing:
            self._open.add(piece)
        else:
            frames.append(self._open.end(piece))
        return end

    @property
    def unfinished(self) -> int:
        """See `Framing`."""
        return self._open.held

    def finish(self) -> list[bytes]:
        """A frame that stopped short is given, flagged."""
        if not self._open:
            return []
        size, self._missing = len(self._open) + self._missing, 0
        if self._open.kept is None:
            return [self._open.end(size=size)]
        return [self._open.end(b"", "truncated", size=size)]


class OctetCounted(_Counted):
    """RFC 6587 3.4.1 and RFC 5425 4.3: `MSG-LEN SP MSG`, and nothing else."""

    _HEADER = re.compile(rb"[\n\r\0]*(?:([1-9][0-9]{0,9}) |(?:[1-9][0-9]{0,9})?\Z)")

    def feed(self, data: bytes) -> Cut:
        """See `Framing`; stray trailers are skipped, and not kept."""
        frames = super().feed(data)
        self._rest = self._rest.lstrip(b"\n\r\0")
        return frames

    def _header(self, data: bytes, at: int) -> tuple[int, int] | None:
        found = self._HEADER.match(data, at)
        if found is None:
            raise WrongProtocol("no octet count before the message")
        return (found.end(), int(found[1])) if found[1] else None


class LengthPrefixed(_Counted):
    """A binary length of `size` bytes before each frame."""

    def __init__(
        self, size: int, endian: Literal["big", "little"] = "big", max_size: int = MAX_FRAME
    ) -> None:
        super().__init__(max_size)
        self._size = size
        self._endian: Literal["big", "little"] = endian

    def _header(self, data: bytes, at: int) -> tuple[int, int] | None:
        start = at + self._size
        if start > len(data):
            return None
        return start, int.from_bytes(data[at:start], self._endian)
