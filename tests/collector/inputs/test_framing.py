"""Framings: however the bytes are cut, the frames are the same, and memory is bounded."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.inputs.counted import LengthPrefixed, OctetCounted
from collector.inputs.framing import (
    Delimited,
    Framing,
    Lines,
    Marked,
    Unfinished,
    WrongProtocol,
    cut_utf8,
    fits,
    strip_cr,
)
from tests.collector.inputs.streams import CUTS, facts, fed, frames_of

LIMIT = 8
#: Bytes in which frames, trailers, counts and characters of many bytes are frequent.
BYTES = st.lists(
    st.sampled_from([b"\n", b"\r", b"\0", b"a", b"<", b" ", b"3", b"12 ", b"||", "é€😀".encode()]),
    max_size=30,
).map(b"".join)


class CutTests(SynchronousTestCase):
    def test_cuts_before_a_character_that_has_no_room(self) -> None:
        text = "aé€😀".encode()
        found = [cut_utf8(text, limit).decode() for limit in range(len(text) + 1)]
        self.assertEqual(
            found, ["", "a", "a", "aé", "aé", "aé", "aé€", "aé€", "aé€", "aé€", "aé€😀"]
        )

    @given(st.text(st.characters(codec="utf-8")), st.integers(0, 50))
    def test_text_stays_text(self, text: str, limit: int) -> None:
        found = cut_utf8(text.encode(), limit)
        self.assertTrue(text.startswith(found.decode()))
        self.assertLessEqual(len(found), limit)
        self.assertLess(min(limit, len(text.encode())) - len(found), 4)

    @given(st.binary(), st.integers(0, 50))
    def test_what_is_no_text_loses_little(self, data: bytes, limit: int) -> None:
        found = cut_utf8(data, limit)
        self.assertTrue(data.startswith(found))
        self.assertLessEqual(min(limit, len(data)) - len(found), 4)

    @given(st.lists(st.integers(0, 12)), st.integers(1, 12))
    def test_fits_finds_every_long_line(self, sizes: list[int], limit: int) -> None:
        run = b"".join(b"x" * size + b"\n" for size in sizes)
        self.assertEqual(fits(run, limit), all(size <= limit for size in sizes))

    def test_one_cr_is_stripped_and_none_from_a_cut_frame(self) -> None:
        self.assertEqual(strip_cr(b"a\r\r"), b"a\r")
        marked = Marked.make(b"a\r", "truncated")
        self.assertIs(strip_cr(marked), marked)


class UnfinishedTests(SynchronousTestCase):
    @given(st.lists(st.binary(max_size=20)), st.integers(1, 16))
    def test_keeps_one_byte_more_than_the_limit(self, pieces: list[bytes], limit: int) -> None:
        unfinished = Unfinished(limit)
        for piece in pieces:
            unfinished.add(piece)
            self.assertLessEqual(len(unfinished._kept), limit + 1)
        whole = b"".join(pieces)
        self.assertEqual(len(unfinished), len(whole))
        self.assertEqual(unfinished.kept, whole if len(whole) <= limit else None)
        frame = unfinished.end()
        self.assertEqual(frame, cut_utf8(whole, limit))
        self.assertEqual(isinstance(frame, Marked), len(whole) > limit)
        self.assertEqual((len(unfinished), unfinished.kept), (0, b""))

    def test_truncated_is_said_once(self) -> None:
        unfinished = Unfinished(4)
        unfinished.add(b"ab")
        (fact,) = facts([unfinished.end(b"", "truncated", size=100)])
        self.assertEqual(fact, (b"ab", ("truncated",), 100))


class AnyFraming(SynchronousTestCase):
    """What holds for all of them."""

    framings: tuple[Callable[[], Framing], ...] = (
        lambda: Lines(LIMIT),
        lambda: Delimited(b"||", LIMIT),
        lambda: Delimited(b"\0", LIMIT),
        lambda: OctetCounted(LIMIT),
        lambda: LengthPrefixed(1, "big", LIMIT),
        lambda: LengthPrefixed(2, "little", LIMIT),
    )

    @given(BYTES, CUTS)
    @example(b"12 a", [])
    @example(b"\n" * 100 + b"1 a", [70])
    def test_the_cutting_changes_nothing(self, data: bytes, cuts: list[int]) -> None:
        for framing in self.framings:
            self.assertEqual(facts(fed(framing(), data, cuts)), facts(fed(framing(), data)))

    @given(st.binary(max_size=200), CUTS)
    def test_frames_are_never_empty_nor_too_long(self, data: bytes, cuts: list[int]) -> None:
        for framing in self.framings:
            for frame in fed(framing(), data, cuts):
                self.assertTrue(0 < len(frame) <= LIMIT)

    @given(st.lists(st.binary(min_size=1, max_size=50), max_size=20))
    def test_memory_is_bounded(self, reads: list[bytes]) -> None:
        for make in self.framings:
            framing = make()
            try:
                for read in reads:
                    framing.feed(read)
                    kept = framing._open._kept  # type: ignore[attr-defined]
                    rest = getattr(framing, "_rest", b"")
                    self.assertLessEqual(len(kept), LIMIT + 1)
                    self.assertLessEqual(len(rest), len(read) + 11)
            except WrongProtocol:
                continue


class LinesTests(SynchronousTestCase):
    @given(
        st.lists(st.text(st.characters(exclude_characters="\n\r", codec="utf-8"), min_size=1)), CUTS
    )
    def test_lines_in_are_frames_out(self, lines: list[str], cuts: list[int]) -> None:
        wanted = [line.encode() for line in lines]
        for end in (b"\n", b"\r\n"):
            data = b"".join(line + end for line in wanted)
            self.assertEqual(fed(Lines(), data, cuts), wanted)

    def test_regular_lines_are_one_run(self) -> None:
        self.assertEqual(Lines().feed(b"a\r\nb\nc"), b"a\nb\n")

    def test_empty_lines_are_no_frames(self) -> None:
        self.assertEqual(fed(Lines(), b"\n\r\na\n\n\nb\n\r\n"), [b"a", b"b"])

    def test_the_last_line_may_lack_its_end(self) -> None:
        self.assertEqual(fed(Lines(), b"a\nb\r"), [b"a", b"b"])

    def test_a_long_line_is_cut_and_its_size_kept(self) -> None:
        found = facts(fed(Lines(4), "ab\nabcdefgh\nab€x\ncd\n".encode()))
        self.assertEqual(
            found,
            [
                (b"ab", (), 0),
                (b"abcd", ("truncated",), 8),
                (b"ab", ("truncated",), 6),
                (b"cd", (), 0),
            ],
        )

    def test_the_rest_of_a_long_line_is_thrown_away_as_it_comes(self) -> None:
        framing = Lines(4)
        for _ in range(1000):
            self.assertEqual(framing.feed(b"x" * 1000), [])
        (found,) = facts(frames_of(framing.feed(b"\n")))
        self.assertEqual(found, (b"xxxx", ("truncated",), 1_000_000))


class DelimitedTests(SynchronousTestCase):
    @given(st.lists(st.binary(min_size=1).filter(lambda b: b"|" not in b)), CUTS)
    def test_frames_in_are_frames_out(self, frames: list[bytes], cuts: list[int]) -> None:
        data = b"".join(frame + b"|||" for frame in frames)
        self.assertEqual(fed(Delimited(b"|||"), data, cuts), frames)

    def test_half_a_delimiter_is_content(self) -> None:
        self.assertEqual(fed(Delimited(b"||"), b"a|b||c|", [2, 4]), [b"a|b", b"c|"])
