"""Where frames end, however the bytes come."""

from __future__ import annotations

import contextlib
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgpack import ExtType
from twisted.trial.unittest import SynchronousTestCase

from collector.api import WrongProtocol
from collector_forward.framing import JsonFraming, MessagePackFraming, is_json
from collector_forward.oversize import HEAD, Oversize
from collector_forward.scan import array
from tests.plugins.collector_forward.vectors import FRAMES, packed

LARGE = packed(["t", [[1, {"a": "x" * 900}] for _ in range(40)], {"chunk": "c"}])
LONG = b'["t",1,{"a":"' + b'\\"' * 800 + b'"}]'
TEXTS = [b'["t",1,{"a":"]}\\\\\\"["}]', b'{"b":[1,{}]}', b"[]", '["ü",1,{}]'.encode()]
LAST = packed({"chunk": "c"})
_MANY = [[1, {"a": "x" * 50}] for _ in range(2000)]
OVERSIZE = [
    packed(["t", b"x" * 100_000]) + LAST,
    packed(["t", "x" * 6000]) + LAST,
    packed(["t", _MANY]) + LAST,
    packed(["t", [[1, {"deep": [[[{"a": "x" * 150_000, "e": ExtType(5, b"x" * 70_000)}]]]}]]])
    + LAST,
    packed(["t", 1, {"log": "x" * 200_000}]) + LAST,
    packed([None, [], *[1] * 6000]) + LAST,
]
for _n, _frame in enumerate(OVERSIZE):  # the option is one element more
    _count, _at = array(_frame, 0)
    _header = bytes([0x91 + _count]) if _count < 15 else b"\xdc" + (_count + 1).to_bytes(2)
    OVERSIZE[_n] = _header + _frame[_at:]
CUTS = st.lists(st.integers(0, 100_000), max_size=12)


def fed(framing: MessagePackFraming | JsonFraming, data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [f for start, end in pairwise(places) for f in framing.feed(data[start:end])]


class MessagePackFramingTests(SynchronousTestCase):
    def refusal(self, data: bytes, size: int = 65536) -> str:
        with self.assertRaises(WrongProtocol) as caught:
            MessagePackFraming(size).feed(data)
        return str(caught.exception)

    @settings(max_examples=60, deadline=None)
    @given(cuts=CUTS, order=st.permutations([*FRAMES.values(), LARGE, LARGE]))
    def test_any_cutting_gives_the_same_frames(self, cuts: list[int], order: list[bytes]) -> None:
        framing = MessagePackFraming(1 << 20)
        self.assertEqual(fed(framing, b"".join(order), cuts), order)
        self.assertEqual(framing.unfinished, 0)

    def test_byte_by_byte(self) -> None:
        data = b"".join(FRAMES.values())
        framing = MessagePackFraming(65536)
        found = fed(framing, data, list(range(len(data))))
        self.assertEqual(found, list(FRAMES.values()))

    def test_nil_is_a_heartbeat(self) -> None:
        one = FRAMES["packed, bin"]
        self.assertEqual(MessagePackFraming(999).feed(b"\xc0\xc0" + one + b"\xc0" + one), [one] * 2)

    def test_where_nothing_long_may_pass_it_is_refused_before_it_is_whole(self) -> None:
        claimed = b"\x93\xa1t\xc6\xff\xff\xff\xff"
        framing = MessagePackFraming(1000, passes=False)
        with self.assertRaises(WrongProtocol) as caught:
            framing.feed(claimed + b"x" * 1001)
        self.assertIn("more than 1000 bytes", str(caught.exception))

    @settings(max_examples=150, deadline=None)
    @given(cuts=CUTS, order=st.permutations([*OVERSIZE, *FRAMES.values()]))
    def test_long_frames_pass_and_the_others_are_whole(
        self, cuts: list[int], order: list[bytes]
    ) -> None:
        found = fed(MessagePackFraming(5000), b"\xc0".join(order), cuts)
        for frame, expected in zip(found, order, strict=True):
            if expected in OVERSIZE:
                assert isinstance(frame, Oversize)
                self.assertEqual(frame, expected[:HEAD])
                self.assertEqual(frame.size, len(expected))
                self.assertEqual(frame.options, LAST)
            else:
                self.assertEqual(frame, expected)

    def test_frames_before_broken_messagepack_are_whole(self) -> None:
        one = FRAMES["packed, bin"]
        framing = MessagePackFraming(1000)
        self.assertEqual(framing.feed(one + b"\x93\xa1t\xc1"), [one])
        with self.assertRaises(WrongProtocol):
            framing.feed(one)

    def test_a_time_of_a_long_frame_may_come_in_two_parts(self) -> None:
        for time in (b"\xd7\x00" + bytes(8), b"\xd8\x00" + bytes(16)):
            long = b"\x93\xa1t" + time + packed({"log": "x" * 300})
            for cut in range(1, len(long)):
                framing = MessagePackFraming(2)
                (frame,) = framing.feed(long[:cut]) + framing.feed(long[cut:])
                self.assertEqual(frame.size, len(long))  # type: ignore[attr-defined]

    def test_a_long_frame_is_not_kept(self) -> None:
        framing = MessagePackFraming(1000)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        framing.feed(b"\x93\xa1t\x81\xa1a\xdb" + (64 << 20).to_bytes(4))
        for _ in range(64):
            self.assertEqual(framing.feed(bytes(1 << 20)), [])
        self.assertLess(tracemalloc.get_traced_memory()[1], 8 << 20)
        frames = framing.feed(LAST + FRAMES["packed, bin"])
        self.assertEqual(frames[1:], [FRAMES["packed, bin"]])
        self.assertEqual(frames[0].size, 11 + (64 << 20) + len(LAST))  # type: ignore[attr-defined]

    def test_garbage_behind_a_long_frame_is_told_after_it(self) -> None:
        framing = MessagePackFraming(5000)
        self.assertEqual(framing.feed(OVERSIZE[0][:9000]), [])
        self.assertEqual(framing.unfinished, 9000)
        self.assertEqual(len(framing.feed(OVERSIZE[0][9000:] + b"\x05")), 1)
        with self.assertRaises(WrongProtocol):
            framing.feed(b"\xc0")

    @pytest.mark.untraced
    def test_an_end_that_is_not_found_closes(self) -> None:
        many = b"\x93\xa1t\xdd\xff\xff\xff\xff" + bytes(1 << 20)
        self.assertIn("more than 5000 bytes", self.refusal(many, 5000))

    def test_claimed_sizes_cost_nothing(self) -> None:
        framing = MessagePackFraming(1000)
        self.assertEqual(framing.feed(b"\x93\xa1t" + b"\xdd\xff\xff\xff\xff" * 90), [])
        self.assertEqual(framing.unfinished, 453)

    def test_other_protocols_are_named(self) -> None:
        for data, name in (
            (b"\x16\x03\x01\x02\x00", "TLS"),
            (b"GET / HTTP/1.1\r\n", "HTTP"),
            (b"<13>hello", "syslog"),
            (b"\x81\xa1a\x01", "no Fluent Forward"),
            (b"\x05", "no Fluent Forward"),
        ):
            self.assertEqual(self.refusal(data), name)

    def test_broken_bytes_inside_a_frame(self) -> None:
        self.assertEqual(self.refusal(b"\x93\xc1"), "broken MessagePack")

    def test_nesting_without_end(self) -> None:
        self.assertEqual(self.refusal(b"\x91" * 5000), "broken MessagePack")

    def test_garbage_after_frames_is_told_after_them(self) -> None:
        framing = MessagePackFraming(65536)
        one = FRAMES["packed, bin"]
        self.assertEqual(framing.feed(one + b"\x05"), [one])
        with self.assertRaises(WrongProtocol):
            framing.feed(one)

    def test_many_large_frames_do_not_pile_up(self) -> None:
        framing = MessagePackFraming(len(LARGE) + 10)
        for _ in range(5):
            self.assertEqual(fed(framing, LARGE, [7, 900, 5000]), [LARGE])

    @settings(max_examples=100, deadline=None)
    @given(data=st.binary(max_size=300), cuts=CUTS)
    def test_nothing_else_is_raised(self, data: bytes, cuts: list[int]) -> None:
        with contextlib.suppress(WrongProtocol):
            fed(MessagePackFraming(200), b"\x93\xa1t" + data, cuts)

    @settings(max_examples=150, deadline=None)
    @given(
        frame=st.sampled_from([*FRAMES.values(), OVERSIZE[1], LARGE[:3000]]),
        at=st.integers(0, 7000),
        put=st.binary(max_size=6),
        cuts=CUTS,
        most=st.sampled_from([20, 100, 1000]),
    )
    def test_the_cutting_of_broken_frames_changes_nothing(
        self, frame: bytes, at: int, put: bytes, cuts: list[int], most: int
    ) -> None:
        at %= len(frame)
        data = frame[:at] + put + frame[at:] + FRAMES["packed, bin"]
        found = []
        for places in ([], cuts):
            framing = MessagePackFraming(most)
            frames: list[bytes] = []
            with contextlib.suppress(WrongProtocol):
                for start, end in pairwise(
                    sorted({0, len(data), *(c % len(data) for c in places)})
                ):
                    frames += framing.feed(data[start:end])
            found.append([(bytes(frame), getattr(frame, "size", 0)) for frame in frames])
        self.assertEqual(*found)


class JsonFramingTests(SynchronousTestCase):
    @settings(max_examples=60, deadline=None)
    @given(cuts=CUTS, order=st.permutations(TEXTS), between=st.sampled_from([b"", b"\n", b" \r\n"]))
    def test_any_cutting_gives_the_same_texts(
        self, cuts: list[int], order: list[bytes], between: bytes
    ) -> None:
        data = between.join(order)
        self.assertEqual(fed(JsonFraming(1 << 20), data, cuts), order)

    def test_is_known_by_its_first_byte(self) -> None:
        self.assertEqual([is_json(b) for b in (b"[", b"{", b"\x93", b"")], [1, 1, 0, 0])

    def test_what_is_not_json_is_refused(self) -> None:
        framing = JsonFraming(1024)
        self.assertEqual(framing.feed(b"[] x"), [b"[]"])
        with self.assertRaises(WrongProtocol):
            framing.feed(b"[]")
        for data in (b"x", b"]"):
            with self.assertRaises(WrongProtocol):
                JsonFraming(1024).feed(data)

    @settings(max_examples=60, deadline=None)
    @given(cuts=CUTS, order=st.permutations([*TEXTS, LONG]))
    def test_long_texts_pass_and_the_others_are_whole(
        self, cuts: list[int], order: list[bytes]
    ) -> None:
        framing = JsonFraming(1024)
        found = fed(framing, b"\n".join(order), cuts)
        self.assertEqual(found, [text[:HEAD] for text in order])
        (head,) = [text for text in found if isinstance(text, Oversize)]
        self.assertEqual((head.size, framing.unfinished), (len(LONG), 0))

    def test_a_long_text_byte_by_byte(self) -> None:
        text = b'["' + b"\\n" * 20_000 + b'"]'
        framing = JsonFraming(1 << 20)
        self.assertEqual(fed(framing, text, list(range(len(text)))), [text])
