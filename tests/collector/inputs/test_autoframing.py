"""The framing that tells counted, LF, CRLF and NUL frames apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.inputs.autoframing import AutoFraming
from collector.inputs.framing import WrongProtocol
from tests.collector.inputs.streams import CUTS, facts, fed, frames_of

TEXT = st.text(st.characters(exclude_characters="\n\r\0", codec="utf-8"), max_size=12)
SYSLOG = st.tuples(st.integers(0, 191), TEXT).map(lambda drawn: f"<{drawn[0]}>{drawn[1]}".encode())
PLAIN = st.tuples(st.sampled_from("abé{"), TEXT).map("".join).map(str.encode)
TRAILER = st.sampled_from([b"\n", b"\r\n", b"\0"])
BETWEEN = st.sampled_from([b"", b"\n", b"\r\n", b"\n\n\0"])


def ended(drawn: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    return drawn[0], b"".join(drawn)


def counted(drawn: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    return drawn[0], b"%d %s%s" % (len(drawn[0]), drawn[0], drawn[1])


#: A frame, and the bytes of it on the wire.
MESSAGE = st.tuples(SYSLOG, TRAILER).map(ended) | st.tuples(SYSLOG, BETWEEN).map(counted)
#: Text without PRI among the others; not after a counted frame, where it means a miscount.
ANY_TEXT = st.tuples(SYSLOG | PLAIN, TRAILER).map(ended)
#: Without digits nothing is counted.
UNCOUNTED = st.lists(
    st.sampled_from([b"<", b"\n", b"\r\n", b"\r", b"\0", b" ", b"a", b">", "é€".encode()]),
    max_size=40,
).map(b"".join)


class MixedTests(SynchronousTestCase):
    @given(st.lists(MESSAGE), CUTS)
    def test_messages_in_are_frames_out(
        self, messages: list[tuple[bytes, bytes]], cuts: list[int]
    ) -> None:
        data = b"".join(wire for _, wire in messages)
        self.assertEqual(facts(fed(AutoFraming(), data, cuts)), facts([m for m, _ in messages]))

    @given(st.lists(ANY_TEXT), CUTS)
    def test_text_without_pri_is_framed_too(
        self, messages: list[tuple[bytes, bytes]], cuts: list[int]
    ) -> None:
        data = b"".join(wire for _, wire in messages)
        self.assertEqual(facts(fed(AutoFraming(), data, cuts)), facts([m for m, _ in messages]))

    @given(UNCOUNTED, CUTS, st.integers(5, 20))
    @example(b"<a\r\n", [], 1)
    def test_the_cutting_changes_nothing(self, data: bytes, cuts: list[int], limit: int) -> None:
        whole = facts(fed(AutoFraming(limit), data))
        self.assertEqual(facts(fed(AutoFraming(limit), data, cuts)), whole)

    @given(st.lists(MESSAGE), CUTS, st.integers(5, 20))
    def test_the_cutting_of_long_messages_changes_nothing(
        self, messages: list[tuple[bytes, bytes]], cuts: list[int], limit: int
    ) -> None:
        data = b"".join(wire for _, wire in messages)
        whole = fed(AutoFraming(limit), data)
        self.assertEqual(facts(fed(AutoFraming(limit), data, cuts)), facts(whole))
        self.assertEqual(len(whole), len(messages))

    @given(
        st.lists(
            st.sampled_from([b"<1>", b"\n", b"\0", b"\r", b" ", b"5 ", b"12 <", b"x", b"\xff"])
            | st.sampled_from([b"4 <1>a", b"5 <1>b\n", b"5 <1>\r\n", b"3", b"9", b"6z", b"10"])
            | st.binary(max_size=8),
            max_size=40,
        ),
        CUTS,
    )
    def test_nothing_raises_but_wrong_protocol_and_memory_is_bounded(
        self, pieces: list[bytes], cuts: list[int]
    ) -> None:
        framing, data, size = AutoFraming(16), b"".join(pieces), 0
        try:
            for start, end in pairwise(
                sorted({0, len(data), *(c % (len(data) + 1) for c in cuts)})
            ):
                size += sum(map(len, frames_of(framing.feed(data[start:end]))))
                self.assertLessEqual(len(framing._open._kept), 17)
            size += sum(map(len, framing.finish()))
        except WrongProtocol:
            return
        self.assertLessEqual(size, len(data))
        self.assertEqual(framing.finish(), [])


class RunTests(SynchronousTestCase):
    """Reads that hold nothing but lines that begin with `<` stay whole."""

    def test_a_read_of_lines_is_one_run(self) -> None:
        framing = AutoFraming()
        self.assertEqual(framing.feed(b"<1>a\n<2>b\n"), b"<1>a\n<2>b\n")
        self.assertEqual(framing.feed(b"<3>c\r\n<4>d\n<5>"), b"<3>c\n<4>d\n")
        self.assertEqual(framing.feed(b"e\n<6>f\n"), b"<5>e\n<6>f\n")

    def test_a_quiet_connection_gives_a_run_a_line(self) -> None:
        framing = AutoFraming()
        for n in range(5):
            line = b"<1>%d\n" % n
            self.assertEqual(framing.feed(line), line)

    def test_one_odd_line_makes_a_list(self) -> None:
        for odd in (b"<1>a\nb\n", b"<1>a\0<1>b\n", b"<1>a\n\n<1>b\n", b"<1>a\n4 <1>b"):
            self.assertIsInstance(AutoFraming().feed(odd), list)


class CountedTests(SynchronousTestCase):
    def found(self, data: bytes, limit: int = 64) -> list[tuple[bytes, tuple[str, ...], int]]:
        return facts(fed(AutoFraming(limit), data))

    def test_digits_begin_a_line_of_text_too(self) -> None:
        for line in (b"2024 Oct 3 up", b"123: Jul 1 x", b"5", b"0 <1>x", b"12345678901 <1>x"):
            self.assertEqual(self.found(line + b"\n<1>y\n"), [(line, (), 0), (b"<1>y", (), 0)])

    def test_once_counted_the_pri_is_not_asked_for(self) -> None:
        self.assertEqual(self.found(b"4 <1>a3 abc"), [(b"<1>a", (), 0), (b"abc", (), 0)])

    def test_a_number_too_large_for_a_frame_is_text_where_no_pri_follows(self) -> None:
        for cut in range(50):
            data = b"5 <1>a\n4000000000 bytes free\n<1>b\n"
            frames = fed(AutoFraming(64), data, [cut])
            self.assertEqual(frames, [b"<1>a", b"4000000000 bytes free", b"<1>b"])
        found = self.found(b"4 <1>a4000000000 bytes free\n<1>b\n")
        mended = (b"<1>a4000000000 bytes free", ("framing_error",), 0)
        self.assertEqual(found, [mended, (b"<1>b", (), 0)])

    def test_a_number_at_the_end_is_given_without_what_is_between_frames(self) -> None:
        framing = AutoFraming()
        framing.feed(b"<1>a\nb\n")
        self.assertEqual(framing.feed(b"\r\n\0" + b"12"), [])
        self.assertEqual(framing.finish(), [b"12"])

    def test_a_counted_frame_may_hold_lines(self) -> None:
        self.assertEqual(self.found(b"8 <1>a\nb\0c"), [(b"<1>a\nb\0c", (), 0)])

    def test_a_counted_trailer_is_no_part_of_the_frame(self) -> None:
        self.assertEqual(self.found(b"5 <1>a\n<1>b\n"), [(b"<1>a", (), 0), (b"<1>b", (), 0)])

    def test_characters_counted_instead_of_bytes(self) -> None:
        """The tail belongs to the frame before, which says that it was mended."""
        message = "<1>äöü".encode()
        data = b"6 " + message + b"6 " + message + b"\n<1>next\n"
        mended = (message, ("framing_error",), 0)
        self.assertEqual(self.found(data), [mended, mended, (b"<1>next", (), 0)])

    def test_a_count_without_end_is_a_tail_and_no_reason_to_begin_anew(self) -> None:
        found = self.found(b"<1>x\n4 <1>a6z\n")
        self.assertEqual(found, [(b"<1>x", (), 0), (b"<1>a6z", ("framing_error",), 0)])

    def test_a_line_end_that_was_counted_is_removed_from_each(self) -> None:
        for end in (b"\r", b"\r\n", b"\n"):
            data = b"%d <1>a%s" % (4 + len(end), end)
            self.assertEqual(self.found(data * 3), [(b"<1>a", (), 0)] * 3)

    def test_a_tail_that_came_later_is_a_frame_of_its_own(self) -> None:
        framing = AutoFraming()
        self.assertEqual(framing.feed(b"4 <1>a"), [b"<1>a"])
        self.assertEqual(framing.feed(b"tail"), [])
        self.assertEqual(
            facts(frames_of(framing.feed(b"\r\n<1>b\n"))),
            [(b"tail", ("framing_error",), 0), (b"<1>b", (), 0)],
        )

    def test_a_tail_at_the_end_is_flagged_too(self) -> None:
        framing = AutoFraming()
        framing.feed(b"4 <1>a")
        framing.feed(b"tail")
        self.assertEqual(facts(framing.finish()), [(b"tail", ("framing_error",), 0)])

    def test_a_mended_frame_keeps_the_limit_and_says_its_size(self) -> None:
        found = self.found(b"4 <1>abcdefgh\n", 6)
        self.assertEqual(found, [(b"<1>abc", ("truncated", "framing_error"), 11)])
        found = self.found(b"8 <1>abcdefgh\n", 6)
        self.assertEqual(found, [(b"<1>abc", ("truncated", "framing_error"), 11)])

    def test_a_tail_without_end_is_waited_for_within_reason(self) -> None:
        framing = AutoFraming()
        framing.feed(b"4 <1>a")
        for _ in range(20):
            framing.feed(b"x" * 1000)
            self.assertLess(len(framing._rest), 5096)
        self.assertEqual(len(framing.finish()[0]), 20_000)

    def test_a_long_frame_is_cut_and_the_connection_goes_on(self) -> None:
        data = b"1000 <1>" + b"x" * 997 + b"4 <1>b<1>" + b"y" * 100 + b"\n<1>c\n"
        self.assertEqual(
            self.found(data, 10),
            [
                (b"<1>xxxxxxx", ("truncated",), 1000),
                (b"<1>b", (), 0),
                (b"<1>yyyyyyy", ("truncated",), 103),
                (b"<1>c", (), 0),
            ],
        )

    def test_a_frame_that_stopped_short_is_flagged(self) -> None:
        self.assertEqual(self.found(b"99 <1>abc"), [(b"<1>abc", ("truncated",), 99)])
        self.assertEqual(self.found(b"99 <1>abc", 5), [(b"<1>ab", ("truncated",), 99)])
        self.assertEqual(self.found(b"999 <1>abc", 99), [(b"<1>abc", ("truncated",), 999)])

    def test_a_space_between_frames_is_skipped(self) -> None:
        """Cisco ASA sends one after each LF."""
        found = self.found(b"<1>a\n <2>b\n <3>c\n")
        self.assertEqual(found, [(b"<1>a", (), 0), (b"<2>b", (), 0), (b"<3>c", (), 0)])


class GreetingTests(SynchronousTestCase):
    strangers = (
        (b"\x16\x03\x01\x02\x00", "TLS"),
        (b"GET / HTTP/1.1\r\n", "HTTP"),
        (b"POST /logs HTTP/1.1\r\n", "HTTP"),
        (b"OPTIONS * HTTP/1.1\r\n", "HTTP"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2"),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", "the PROXY protocol"),
        (b"\r\n\r\n\0\r\nQUIT\n\x21\x11", "the PROXY protocol"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH"),
    )

    def test_other_protocols_are_named_however_they_are_cut(self) -> None:
        for hello, name in self.strangers:
            for reads in ([hello], [hello[i : i + 1] for i in range(len(hello))]):
                framing = AutoFraming()
                error = self.assertRaises(WrongProtocol, list, map(framing.feed, reads))
                self.assertEqual(str(error), name)

    def test_text_that_begins_a_little_like_them_is_text(self) -> None:
        for line in self.alike():
            framing = AutoFraming()
            frames = [frame for byte in line for frame in frames_of(framing.feed(bytes([byte])))]
            self.assertEqual(frames + framing.finish(), [line.rstrip(b"\n")])

    def alike(self) -> Iterator[bytes]:
        yield from (b"G", b"GET", b"POSTFIX started\n", b"HEADER x\n", b"CONNECTION lost\n")
        yield from (b"OPTIONS were changed", b"PROXY is down\n", b"\x16a\n", b"P", b"SSH x\n")

    def test_they_are_looked_for_only_at_the_start(self) -> None:
        found = fed(AutoFraming(), b"<1>a\nGET / HTTP/1.1\r\n\x16\x03\n")
        self.assertEqual(found, [b"<1>a", b"GET / HTTP/1.1", b"\x16\x03"])
