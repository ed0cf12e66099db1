"""Streams to cut: bytes, every way to read them, and the frames that came out."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from collector.inputs.framing import Cut, Framing, Marked, WrongProtocol


def frames_of(cut: Cut) -> list[bytes]:
    """A run or a list, as a list."""
    return cut.split(b"\n")[:-1] if isinstance(cut, bytes) else cut


def fed(framing: Framing, data: bytes, cuts: list[int] | None = None) -> list[bytes]:
    """All frames of `data`, read in pieces that end at `cuts`; "wrong" after a WrongProtocol."""
    found: list[bytes] = []
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts or ())})
    try:
        for start, end in pairwise(places):
            found += frames_of(framing.feed(data[start:end]))
        found += frames_of(framing.feed(b""))
    except WrongProtocol:
        return [*found, b"wrong"]
    return found + framing.finish()


def facts(frames: list[bytes]) -> list[tuple[bytes, tuple[str, ...], int]]:
    """Frames with what they say of themselves, to be compared."""
    return [
        (bytes(frame), frame.flags, frame.original_size)
        if isinstance(frame, Marked)
        else (frame, (), 0)
        for frame in frames
    ]


CUTS = st.lists(st.integers(0, 10_000), max_size=12)
