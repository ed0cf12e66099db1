"""Rows that are too old or too large: what is changed of them, and what never is."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector_dynatrace.aging import SHORT_CONTENT, Aging, oldest_of, shortened, time_of

HOUR = 3600 * 10**9
NOW = 1_795_430_115_123_456_789
STAMP = "2026-11-23T10:35:15.123Z"
DAY_BEFORE = "2026-11-22T10:35:15.123Z"
ODD = [b"", b"{}", b"[", b"[]", b"1", b"null", b'{"timestamp":1}', b'{"timestamp":"x"}', b"\xff"]


def row(**members: Any) -> bytes:
    return orjson.dumps(
        {"timestamp": DAY_BEFORE, "content": "x", "log.record.uid": "u-1"} | members
    )


def at(now: int, *, restamp: bool = True) -> Aging:
    return Aging(lambda: now, restamp=restamp)


class TestRestamped:
    def test_a_stale_row_has_the_time_of_now_and_keeps_its_own(self) -> None:
        members = {"big": 18446744073709551615, "n": -1.5e-7, "list": ["a", None], "é": "日\u2028"}
        was = row(**members)
        found = at(NOW).restamped(was)
        assert found is not None
        assert orjson.loads(found) == orjson.loads(was) | {
            "timestamp": STAMP,
            "original.timestamp": DAY_BEFORE,
        }

    def test_what_it_said_first_is_kept(self) -> None:
        for name in ("original.timestamp", "Original.Timestamp"):
            found = orjson.loads(at(NOW).restamped(row(**{name: "1999"})) or b"")
            assert (found["timestamp"], found[name], len(found)) == (STAMP, "1999", 4)

    def test_a_row_that_is_fresh_is_left_alone(self) -> None:
        for age in (0, 23 * HOUR, -HOUR, -(10**6) * HOUR):
            was = row()
            assert at(time_of(was) + age).restamped(was) is was
            assert at(time_of(was) + age, restamp=False).restamped(was) is was

    def test_where_that_is_wanted_stale_rows_are_given_up(self) -> None:
        assert at(NOW, restamp=False).restamped(row()) is None

    def test_nothing_is_stale_twice_until_23_hours_have_passed(self) -> None:
        found = at(NOW).restamped(row()) or b""
        for now in (NOW, NOW + 22 * HOUR, NOW - 500 * HOUR, 0, HOUR):
            assert at(now).restamped(found) is found
        again = at(NOW + 24 * HOUR).restamped(found) or b""
        assert orjson.loads(again)["original.timestamp"] == DAY_BEFORE

    def test_before_the_epochs_second_day_nothing_is_stale(self) -> None:
        assert at(HOUR).stale_before() == 0
        assert at(NOW).stale_before() == NOW - 23 * HOUR

    @pytest.mark.parametrize("odd", ODD)
    def test_what_cannot_be_read_is_the_servers_to_judge(self, odd: bytes) -> None:
        assert at(NOW).restamped(odd) is odd
        assert at(NOW, restamp=False).restamped(odd) is odd
        assert time_of(odd) == 0
        assert shortened(odd) is None


def test_times_are_exact() -> None:
    for ms in (1_795_430_115_123, 1_800_000_000_001, 4_102_444_799_999):
        text = orjson.loads(at(ms * 10**6 + 30 * HOUR).restamped(row()) or b"")["timestamp"]
        assert time_of(row(timestamp=text)) == (ms * 10**6 + 30 * HOUR)


class TestShortened:
    def test_long_content_is_cut_at_a_character_and_marked(self) -> None:
        was = row(content="日" * SHORT_CONTENT, **{"collector.trimmed": ["value"]})
        found = orjson.loads(shortened(was) or b"")
        assert found == orjson.loads(was) | {
            "content": "日" * (SHORT_CONTENT // 3),
            "collector.trimmed": ["content", "value"],
        }

    @pytest.mark.parametrize("mark", ["x", 1, None, [1, None]])
    def test_a_mark_that_is_none_is_replaced(self, mark: Any) -> None:
        was = row(content="x" * 70_000, **{"collector.trimmed": mark})
        assert orjson.loads(shortened(was) or b"")["collector.trimmed"] == ["content"]

    @pytest.mark.parametrize("content", ["x" * SHORT_CONTENT, "é" * (SHORT_CONTENT // 2), [1], 5])
    def test_there_is_nothing_to_cut(self, content: Any) -> None:
        assert shortened(row(content=content)) is None

    @settings(max_examples=20, deadline=None)
    @given(st.text(min_size=1, max_size=9))
    def test_once_is_enough(self, text: str) -> None:
        short = shortened(row(content=text * (SHORT_CONTENT + 1)))
        assert short is not None
        assert len(orjson.loads(short)["content"].encode()) <= SHORT_CONTENT
        assert shortened(short) is None


class TestOldest:
    def test_the_oldest_of_many_is_that_of_each(self) -> None:
        stamps = [
            "2026-01-02T00:00:00.000Z",
            "2026-01-01T23:59:59.999Z",
            "2026-01-02T00:00:00.001Z",
        ]
        rows = [orjson.dumps({"a": '"timestamp":"1', "timestamp": stamp}) for stamp in stamps]
        assert oldest_of(rows) == min(map(time_of, rows)) == time_of(rows[1])

    def test_there_may_be_none(self) -> None:
        assert oldest_of([]) == oldest_of([b'{"content":"x"}', b'{"timestamp":"soon"}']) == 0
