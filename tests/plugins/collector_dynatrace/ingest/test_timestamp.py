"""Every form of timestamp the API takes, and what it does not."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector_dynatrace.ingest.timestamp import parse, text_of

NOW = 1_795_428_900_000_000_000  # 2026-11-23T10:15:00Z

READ: dict[Any, str] = {
    # the examples of the pages
    "2022-01-17T22:12:31.0000": "2022-01-17T22:12:31.000Z",
    "1765281600": "2025-12-09T12:00:00.000Z",
    # numbers: seconds, milliseconds, microseconds by their size
    0: "1970-01-01T00:00:00.000Z",
    1765281600: "2025-12-09T12:00:00.000Z",
    100_000_000_000: "5138-11-16T09:46:40.000Z",
    100_000_000_001: "1973-03-03T09:46:40.001Z",
    1765281600123: "2025-12-09T12:00:00.123Z",
    100_000_000_000_000: "5138-11-16T09:46:40.000Z",
    1765281600123456: "2025-12-09T12:00:00.123456000Z",
    9_999_999_999_999_999: "2286-11-20T17:46:39.999999000Z",
    1765281600.123: "2025-12-09T12:00:00.123Z",
    "1765281600.000000001": "2025-12-09T12:00:00.000000001Z",
    "1765281600123.5": "2025-12-09T12:00:00.123500000Z",
    # RFC 3339, strict and as it comes
    "2026-11-23T10:15:00Z": "2026-11-23T10:15:00.000Z",
    "2026-11-23T10:15:00.123Z": "2026-11-23T10:15:00.123Z",
    "2026-11-23t10:15:00.1z": "2026-11-23T10:15:00.100Z",
    "2026-11-23 10:15:00.123456": "2026-11-23T10:15:00.123456000Z",
    "2026-11-23T10:15:00.1234567Z": "2026-11-23T10:15:00.123456700Z",
    "2026-11-23T10:15:00.1234567891234Z": "2026-11-23T10:15:00.123456789Z",
    "2026-11-23T10:15:00,5": "2026-11-23T10:15:00.500Z",
    "2026-11-23T10:15:00+01:30": "2026-11-23T08:45:00.000Z",
    "2026-11-23T10:15:00.5-0800": "2026-11-23T18:15:00.500Z",
    "2026-11-23T10:15:00 +02": "2026-11-23T08:15:00.000Z",
    "2016-12-31T23:59:60Z": "2017-01-01T00:00:00.000Z",
    # RFC 3164
    "Nov 23 01:02:03": "2026-11-23T01:02:03.000Z",
    "Nov  3 01:02:03": "2026-11-03T01:02:03.000Z",
    "Dec 31 23:59:59": "2025-12-31T23:59:59.000Z",
    "Feb 29 12:00:00": "",
    "Nov 24 10:14:59": "2026-11-24T10:14:59.000Z",
    "Jan  1 2020 00:00:00": "2020-01-01T00:00:00.000Z",
}

NOT_READ: list[Any] = [
    None, True, False, "", " ", "now", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-23",
    "24:00:00", "2026-11-23T24:00:00Z", -5, "-5", 1e22, 10**16, "1795428900123456789", [], {},
    "Foo 23 01:02:03", "nov 23 01:02:03", "Nov 31 01:02:03", "1" * 1000, "\u0661" * 10, "+1", ".5",
]  # fmt: skip


class TimestampTests(SynchronousTestCase):
    def test_read(self) -> None:
        for said, meant in READ.items():
            time = parse(said, NOW)
            self.assertEqual((said, text_of(time) if time is not None else ""), (said, meant))

    def test_not_read(self) -> None:
        for said in NOT_READ:
            self.assertEqual((said, parse(said, NOW)), (said, None))

    @given(st.integers(0, 4_000_000_000_000_000_000))
    def test_what_is_written_is_read_again(self, time: int) -> None:
        self.assertEqual(parse(text_of(time), NOW), time)

    @given(st.one_of(st.text(max_size=70), st.floats(), st.integers(), st.none()))
    def test_nothing_raises(self, said: Any) -> None:
        parse(said, NOW)
