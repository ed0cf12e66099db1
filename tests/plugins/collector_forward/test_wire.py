"""Frames taken apart, whatever wrote them."""

from __future__ import annotations

import gzip
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgpack import ExtType, Timestamp
from twisted.trial.unittest import SynchronousTestCase

from collector_forward.failure import Undecodable
from collector_forward.lenient import lenient
from collector_forward.limits import Limits
from collector_forward.wire import open_envelope, salvaged_chunk
from tests.plugins.collector_forward.vectors import (
    FRAMES,
    LIMITS,
    NOW,
    VECTORS,
    T,
    events_of,
    message_of,
    packed,
    read_whole,
)


class VectorTests(SynchronousTestCase):
    def test_every_vector_gives_its_records(self) -> None:
        for name, (_, chunk, expected) in VECTORS.items():
            frame = FRAMES[name]
            self.assertEqual(open_envelope(frame, LIMITS).chunk, chunk, name)
            self.assertEqual([(e.time, e.body) for e in events_of(frame)], expected, name)


class OddityTests(SynchronousTestCase):
    """What real senders write and strict readers choke on."""

    def record(self, record: Any) -> Any:
        return message_of(["t", T, record]).entries[0][1]

    def test_strings_that_are_not_utf8(self) -> None:
        frame = b"\x93\xa1\xff\x01\x81\xa1\xfe\xa2\xfdx"
        self.assertEqual(message_of(frame)[:2], ("\\xff", [(1, {"\\xfe": "\\xfdx"})]))

    def test_keys_of_any_type(self) -> None:
        raw = bytes.fromhex(
            "93a17401 86 01a161 c0a162 c3a163 c40178a164 9101a165 cb3ff8000000000000a166"
        )
        found = message_of(raw).entries[0][1]
        expected = {"1": "a", "null": "b", "true": "c", "x": "d", "[1]": "e", "1.5": "f"}
        self.assertEqual(found, expected)

    def test_values_of_any_type(self) -> None:
        found = self.record(
            {
                "bin": b"\xffx",
                "ext": ExtType(5, b"\x01\x02"),
                "time": Timestamp(1, 0),
                "big": (1 << 64) - 1,
                "low": -(1 << 63),
                "in": {"list": [b"a", {"b": b"\xfe"}]},
            }
        )
        self.assertEqual(found["bin"], "\\xffx")
        self.assertEqual(found["ext"], "ext(5):0102")
        self.assertEqual(found["time"], "ext(-1):00000001")
        self.assertEqual((found["big"], found["low"]), ((1 << 64) - 1, -(1 << 63)))
        self.assertEqual(found["in"], {"list": ["a", {"b": "\\xfe"}]})

    def test_of_equal_keys_the_last_wins(self) -> None:
        self.assertEqual(message_of(b"\x93\xa1t\x01\x82\xa1a\x01\xa1a\x02").entries[0][1], {"a": 2})

    def test_maps_that_are_keys_of_maps_cost_what_they_are_long(self) -> None:
        """Quotes of quotes of quotes: without a limit this is gigabytes."""
        record: dict[Any, Any] = {"k": 1}
        nested = b"\x81" * 20 + packed("k") + packed(1) * 20
        found = lenient(b"\x81" + nested + packed("v"))
        self.assertLess(len(str(found)), 2000)
        self.assertEqual(lenient(b"\x81" + packed(record) + packed("v")), {"{'k': 1}": "v"})

    def test_deep_values_become_text(self) -> None:
        deep: Any = "x"
        for _ in range(300):
            deep = [deep]
        self.assertEqual(str(self.record({"deep": deep})).count("["), 63)

    def test_tags(self) -> None:
        for raw, tag in ((b"\xa0", ""), (b"\xc4\x01t", "t"), (b"\x07", "7"), (b"\xd9\x01u", "u")):
            self.assertEqual(message_of(b"\x93" + raw + b"\x01\x80").tag, tag)

    def test_options_that_are_none(self) -> None:
        options: list[Any] = [None, 5, "x", [], [1], {}]
        for option in options:
            frame = packed(["t", T, {"a": 1}, option])
            self.assertEqual(open_envelope(frame, LIMITS).chunk, b"")
            self.assertEqual(len(message_of(frame).entries), 1)

    def test_more_elements_than_there_should_be(self) -> None:
        self.assertEqual(len(message_of(["t", T, {"a": 1}, {}, 5, 6]).entries), 1)
        self.assertEqual(len(message_of(["t", [[T, {}]], {}, 5]).entries), 1)

    def test_a_chunk_is_kept_to_the_byte(self) -> None:
        for chunk in (
            b"\xa1c",
            b"\xd9\x01c",
            b"\xda\0\x01c",
            b"\xc4\x01c",
            b"\x07",
            b"\xa2\xff\xfe",
        ):
            for options in (
                b"\x82\xa4size\x01\xa5chunk" + chunk,
                b"\xde\0\x02\xa5chunk" + chunk + b"\xa1z\xc0",
                b"\xdf\0\0\0\x02\xa5chunk\xa1x\xa5chunk" + chunk,
            ):
                frame = b"\x93\xa1t\x90" + options
                self.assertEqual(open_envelope(frame, LIMITS).chunk, chunk)

    def test_a_chunk_that_cannot_be_echoed(self) -> None:
        odd: list[Any] = [None, [], {}, 1.5]
        for chunk in odd:
            self.assertEqual(open_envelope(packed(["t", [], {"chunk": chunk}]), LIMITS).chunk, b"")

    def test_the_size_is_a_hint_only(self) -> None:
        for size in (0, 1, 1 << 40, "many"):
            frame = ["t", packed([T, {"a": 1}]) * 2, {"size": size}]
            self.assertEqual(len(message_of(frame).entries), 2)

    def test_compression_is_seen_whatever_the_option_says(self) -> None:
        payload = gzip.compress(packed([T, {"a": 1}]))
        for option in ({}, {"compressed": "text"}, {"compressed": "lz4"}, None):
            self.assertEqual(message_of(["t", payload, option]).entries, [(T, {"a": 1})])

    def test_members_that_end_inside_an_entry(self) -> None:
        entry = packed([T, {"a": 1}])
        payload = gzip.compress(entry[:3]) + gzip.compress(entry[3:])
        self.assertEqual(message_of(["t", payload, {}]).entries, [(T, {"a": 1})])

    def test_time_and_metadata_of_one_or_two_elements(self) -> None:
        frame = ["t", [[[T], {"a": 1}], [[T, {}], {"a": 2}], [[T, None], {"a": 3}], [[], {}]], {}]
        times = [event.time for event in events_of(frame)]
        self.assertEqual(times, [T * 10**9] * 3 + [NOW])


class RefusalTests(SynchronousTestCase):
    def reason(self, frame: Any, limits: Limits = LIMITS) -> str:
        data = frame if isinstance(frame, bytes) else packed(frame)
        with self.assertRaises(Undecodable) as caught:
            read_whole(data, limits)
        return str(caught.exception.reason)

    def test_arrays_that_are_no_frames(self) -> None:
        for frame in ([], ["t"], ["t", 5], ["t", 5, {}][:2]):
            self.assertEqual(self.reason(frame), "bad_frame")
        self.assertEqual(self.reason([None, 1, {}]), "bad_tag")
        self.assertEqual(self.reason([{}, 1, {}]), "bad_tag")

    def test_signals_that_are_no_logs(self) -> None:
        for signal in (1, 2, 3, 4):
            frame = ["t", b"\x80", {"fluent_signal": signal}]
            self.assertEqual(self.reason(frame), "unsupported_signal")

    def test_a_signal_that_is_no_number_says_nothing(self) -> None:
        signals: list[Any] = [{}, [1], "1", None, 1.5]
        for signal in signals:
            (event,) = events_of(["t", [[T, {"log": "x"}]], {"fluent_signal": signal}])
            self.assertEqual(event.body, "x")

    def test_an_entry_that_is_cut_off(self) -> None:
        payload = packed([T, {"a": 1}])
        self.assertEqual(self.reason(["t", payload + payload[:-1], {}]), "truncated")

    def test_more_entries_than_allowed(self) -> None:
        few = Limits(1 << 20, 2)
        for entries in ([[T, {}]] * 3, packed([T, {}]) * 3):
            self.assertEqual(self.reason(["t", entries, {"chunk": "c"}], few), "too_many_entries")
            self.assertEqual(
                open_envelope(packed(["t", entries, {"chunk": "c"}]), few).chunk, b"\xa1c"
            )

    def test_a_bomb(self) -> None:
        self.assertEqual(self.reason(["t", gzip.compress(bytes(1 << 22)), {}]), "bomb")

    def test_a_payload_that_is_not_messagepack(self) -> None:
        self.assertEqual(self.reason(["t", b"\xc1", {}]), "not_msgpack")

    def test_bad_entries_do_not_spoil_the_good(self) -> None:
        good = [T, {"a": 1}]
        raw = [good, 5, [T, None], good, [T], [T, [1]], {}]
        for entries in (raw, b"".join(map(packed, raw))):
            message = message_of(["t", entries, {}])
            self.assertEqual(message.entries, [(T, {"a": 1})] * 2)
            self.assertEqual(
                [bad for bad, _ in message.bad], [packed(raw[n]) for n in (1, 2, 4, 5, 6)]
            )

    def test_the_chunk_of_a_frame_that_is_none(self) -> None:
        self.assertEqual(salvaged_chunk(packed([None, [], {"chunk": "c"}])), b"\xa1c")
        self.assertEqual(salvaged_chunk(packed([{"chunk": "c"}])), b"\xa1c")
        claimed = b"\xdd\xff\xff\xff\xff\xdd\xff\xff\xff\xff"
        self.assertEqual(salvaged_chunk(claimed), b"")
        for frame in ([], ["t"], [1, 2], [None] * 9):
            self.assertEqual(salvaged_chunk(packed(frame)), b"")

    @settings(max_examples=300, deadline=None)
    @given(
        frame=st.sampled_from(list(FRAMES.values())),
        at=st.integers(0, 300),
        put=st.binary(max_size=6),
        cut=st.integers(0, 4),
    )
    def test_nothing_else_is_raised(self, frame: bytes, at: int, put: bytes, cut: int) -> None:
        at %= len(frame)
        broken = frame[:at] + put + frame[at + cut :]
        salvaged_chunk(broken)
        try:
            found = events_of(broken, "uid")
        except Undecodable:
            return
        for event in found:
            repr(event.body).encode()
            repr(event.attributes).encode()
