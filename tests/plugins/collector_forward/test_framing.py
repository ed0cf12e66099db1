"""Where frames end, however the bytes come."""

from __future__ import annotations

import contextlib
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.api import WrongProtocol
from collector_forward.framing import JsonFraming, MessagePackFraming, is_json
from tests.plugins.collector_forward.vectors import FRAMES, packed

LARGE = packed(["t", [[1, {"a": "x" * 900}] for _ in range(40)], {"chunk": "c"}])
TEXTS = [b'["t",1,{"a":"]}\\\\\\"["}]', b'{"b":[1,{}]}', b"[]", '["ü",1,{}]'.encode()]
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

    def test_a_frame_above_the_limit_is_refused_before_it_is_whole(self) -> None:
        claimed = b"\x93\xa1t\xc6\xff\xff\xff\xff"
        self.assertIn("more than 1000 bytes", self.refusal(claimed + b"x" * 1001, 1000))

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
        for data in (b"[] x", b"]", b"[" * 2000):
            with self.assertRaises(WrongProtocol):
                JsonFraming(1024).feed(data)

    def test_a_long_text_byte_by_byte(self) -> None:
        text = b'["' + b"\\n" * 20_000 + b'"]'
        framing = JsonFraming(1 << 20)
        self.assertEqual(fed(framing, text, list(range(len(text)))), [text])
