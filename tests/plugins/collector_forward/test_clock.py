"""Every form of time."""

from __future__ import annotations

from typing import Any

from msgspec.msgpack import Ext
from twisted.trial.unittest import SynchronousTestCase

from collector_forward.clock import nanoseconds
from tests.plugins.collector_forward.vectors import T

NS = T * 10**9
EVENT = T.to_bytes(4)


class NanosecondsTests(SynchronousTestCase):
    def check(self, *cases: tuple[Any, int, str]) -> None:
        for time, found, flag in cases:
            self.assertEqual(nanoseconds(time), (found, flag), repr(time))

    def test_seconds(self) -> None:
        self.check((T, NS, ""), (T + 0.25, NS + 250_000_000, ""), (0, 0, ""), (0.0, 0, ""))

    def test_other_units_are_recognised_by_their_size(self) -> None:
        self.check(
            (T * 1000 + 7, NS + 7_000_000, "scaled_timestamp"),
            (T * 10**6 + 7, NS + 7000, "scaled_timestamp"),
            (NS + 7, NS + 7, "scaled_timestamp"),
            (T * 1000 + 0.5, NS + 500_000, "scaled_timestamp"),
        )

    def test_event_times(self) -> None:
        self.check(
            (Ext(0, EVENT + (5).to_bytes(4)), NS + 5, ""),
            (Ext(0, EVENT + (1_500_000_000).to_bytes(4)), NS + 1_500_000_000, "bad_timestamp"),
            (Ext(0, b"\xff\xff\xff\xf0" + bytes(4)), 0xFFFFFFF0 * 10**9, ""),
            (Ext(0, b"abc"), 0, "bad_timestamp"),
            (Ext(5, EVENT + bytes(4)), 0, "bad_timestamp"),
        )

    def test_timestamps_of_messagepack(self) -> None:
        self.check(
            (Ext(-1, EVENT), NS, ""),
            (Ext(-1, (5 << 34 | T).to_bytes(8)), NS + 5, ""),
            (Ext(-1, (5).to_bytes(4) + T.to_bytes(8)), NS + 5, ""),
            (Ext(-1, (5).to_bytes(4) + (-1).to_bytes(8, signed=True)), 0, "bad_timestamp"),
            (Ext(-1, b""), 0, "bad_timestamp"),
        )

    def test_text(self) -> None:
        self.check(
            ("2023-11-14T22:13:20Z", NS, ""),
            ("2023-11-14T22:13:20", NS, ""),
            ("2023-11-14T23:13:20.5+01:00", NS + 500_000_000, ""),
            (str(T), NS, ""),
            (f"{T}.5", NS + 500_000_000, ""),
            ("yesterday", 0, "bad_timestamp"),
            ("9" * 5000, 0, "bad_timestamp"),
        )

    def test_what_is_no_time(self) -> None:
        self.check((None, 0, ""))
        odd: Any
        for odd in (True, float("nan"), float("inf"), -5, 1 << 70, [], {}, b"1"):
            self.check((odd, 0, "bad_timestamp"))
