"""Frames whose length comes first; what holds for all framings is tested with them."""

from __future__ import annotations

from typing import Literal

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.inputs.counted import LengthPrefixed, OctetCounted
from collector.inputs.framing import WrongProtocol
from tests.collector.inputs.streams import CUTS, facts, fed


def counted(frame: bytes) -> bytes:
    return b"%d %s" % (len(frame), frame)


class OctetCountedTests(SynchronousTestCase):
    @given(st.lists(st.binary(min_size=1)), CUTS)
    def test_frames_in_are_frames_out(self, frames: list[bytes], cuts: list[int]) -> None:
        data = b"".join(map(counted, frames))
        self.assertEqual(fed(OctetCounted(), data, cuts), frames)

    def test_stray_trailers_are_skipped_and_not_kept(self) -> None:
        framing = OctetCounted()
        for _ in range(100):
            self.assertEqual(framing.feed(b"\n\r\0"), [])
        self.assertEqual(framing._rest, b"")
        self.assertEqual(framing.feed(b"3 abc\n2 de"), [b"abc", b"de"])

    def test_what_has_no_count_is_another_protocol(self) -> None:
        for data in (b"<34>x", b"0 x", b"12345678901 x", b"5x", b" 5 x"):
            self.assertRaises(WrongProtocol, OctetCounted().feed, data)

    def test_what_came_whole_before_a_mistake_is_given_first(self) -> None:
        framing = OctetCounted()
        self.assertEqual(framing.feed(b"3 abc?"), [b"abc"])
        self.assertRaises(WrongProtocol, framing.feed, b"x")

    def test_a_frame_that_stopped_short_is_flagged(self) -> None:
        self.assertEqual(facts(fed(OctetCounted(), b"9 abc")), [(b"abc", ("truncated",), 9)])
        self.assertEqual(facts(fed(OctetCounted(2), b"9 abc")), [(b"ab", ("truncated",), 9)])

    def test_a_count_beyond_all_memory_costs_none(self) -> None:
        framing = OctetCounted(4)
        framing.feed(b"9999999999 ")
        for _ in range(100):
            framing.feed(b"x" * 10_000)
        self.assertEqual(facts(framing.finish()), [(b"xxxx", ("truncated",), 9_999_999_999)])


class LengthPrefixedTests(SynchronousTestCase):
    @given(st.lists(st.binary(min_size=1)), CUTS, st.sampled_from([2, 4, 8]), st.booleans())
    def test_frames_in_are_frames_out(
        self,
        frames: list[bytes],
        cuts: list[int],
        size: int,
        big: bool,  # noqa: FBT001 drawn
    ) -> None:
        endian: Literal["big", "little"] = "big" if big else "little"
        data = b"".join(len(frame).to_bytes(size, endian) + frame for frame in frames)
        framing = LengthPrefixed(size, endian)
        self.assertEqual(fed(framing, data, cuts), frames)
