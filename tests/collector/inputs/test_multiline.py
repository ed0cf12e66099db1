"""Messages of several lines, which begin at a PRI."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.inputs.multiline import MultilineFraming
from tests.collector.inputs.streams import CUTS, facts, fed

LINE = st.text(st.characters(exclude_characters="\n\r\0<", codec="utf-8"), min_size=1, max_size=8)
MESSAGE = st.tuples(st.integers(0, 191), st.lists(LINE, min_size=1, max_size=4)).map(
    lambda drawn: f"<{drawn[0]}>".encode() + "\n\t".join(drawn[1]).encode()
)


def wire(message: bytes, end: bytes) -> bytes:
    return b"%d %b" % (len(message), message) if end == b"count" else message + end


class MultilineTests(SynchronousTestCase):
    @given(st.lists(st.tuples(MESSAGE, st.sampled_from([b"\n", b"\r\n", b"\0", b"count"]))), CUTS)
    def test_messages_in_are_frames_out(
        self, sent: list[tuple[bytes, bytes]], cuts: list[int]
    ) -> None:
        data = b"".join(wire(message, end) for message, end in sent)
        found = fed(MultilineFraming(), data, cuts)
        self.assertEqual(facts(found), facts([message for message, _ in sent]))

    @given(
        st.lists(
            st.sampled_from([b"<1>", b"<", b"\n", b"\r\n", b" ", b"a", b">", b"<12", b"3"]),
            max_size=30,
        ),
        CUTS,
    )
    def test_the_cutting_changes_nothing(self, pieces: list[bytes], cuts: list[int]) -> None:
        data = b"<1>x" + b"".join(pieces)
        whole = facts(fed(MultilineFraming(), data))
        self.assertEqual(facts(fed(MultilineFraming(), data, cuts)), whole)

    def test_a_quiet_time_ends_the_message_that_is_open(self) -> None:
        framing = MultilineFraming()
        self.assertEqual(framing.feed(b"<1>a\n\tb\n"), [])
        self.assertEqual(framing.flush(), [b"<1>a\n\tb"])
        self.assertEqual(framing.flush(), [])
        self.assertEqual(framing.feed(b"<1>c\n<2>d\n"), [b"<1>c"])
        self.assertEqual(framing.finish(), [b"<2>d"])

    def test_a_quiet_time_does_not_end_a_counted_frame(self) -> None:
        framing = MultilineFraming()
        framing.feed(b"6 <1>a")
        self.assertEqual(framing.flush(), [])
        self.assertEqual(framing.feed(b"\nb"), [b"<1>a\nb"])

    def test_a_long_message_is_cut_and_says_its_size(self) -> None:
        found = fed(MultilineFraming(8), b"<1>abc\n\tdefgh\n<2>x\n")
        self.assertEqual(facts(found), [(b"<1>abc\n\t", ("truncated",), 13), (b"<2>x", (), 0)])
