"""Events as JSON objects, there and back."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.event import NOTHING, Event, Resource, Scope
from collector.event_json import (
    FIELDS,
    NoEvent,
    as_json,
    as_record,
    as_shown,
    event_of,
    read_event,
)

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
maps = st.dictionaries(st.text(max_size=3), values, max_size=3)
events = st.builds(
    Event,
    st.integers(0, 1 << 62),
    values,
    maps,
    st.integers(0, 24),
    st.text(max_size=5),
    st.integers(0, 1 << 62),
    st.just(b"") | st.binary(min_size=16, max_size=16),
    st.just(b"") | st.binary(min_size=8, max_size=8),
    st.integers(0, 255),
    st.text(max_size=5),
)


class Broken:
    def __str__(self) -> str:
        raise RuntimeError("no text")


def said(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(as_json(as_record(event)))
    return found


class EventJsonTests(SynchronousTestCase):
    def test_says_what_the_event_says_and_no_more(self) -> None:
        self.assertEqual(said(Event(7, "hello", {})), {"time": 7, "body": "hello"})

    def test_carries_every_field(self) -> None:
        origin = Resource({"host.name": "h"}, Scope("lib", "1", {"x": 2}), "https://schema")
        ids = b"\x01" * 16, b"\x02" * 8
        event = Event(7, "b", {"a": 1}, 9, "INFO", 8, *ids, 1, "login", origin, 3)
        record = {
            "time": 7,
            "body": "b",
            "attributes": {"a": 1},
            "severity_number": 9,
            "severity_text": "INFO",
            "observed_time": 8,
            "trace_id": "01" * 16,
            "span_id": "02" * 8,
            "flags": 1,
            "event_name": "login",
            "dropped_attributes_count": 3,
            "resource": {"host.name": "h"},
            "schema_url": "https://schema",
            "scope": {"name": "lib", "version": "1", "x": 2},
        }
        self.assertEqual(said(event), record)
        self.assertEqual(set(FIELDS), set(record))
        self.assertEqual(as_record(event_of(record)), record)

    def test_shows_bytes_that_are_not_text(self) -> None:
        self.assertEqual(said(Event(0, b"a\xff", {}))["body"], "a\\xff")

    def test_takes_what_json_has_no_word_for(self) -> None:
        event = Event(0, Broken(), {"big": 1 << 80, "nan": float("nan"), "s": "\ud800", "t": {1}})
        self.assertEqual(
            said(event),
            {
                "time": 0,
                "body": "<Broken>",
                "attributes": {"big": str(1 << 80), "nan": "nan", "s": "\\ud800", "t": [1]},
            },
        )

    def test_takes_a_nest_that_is_too_deep(self) -> None:
        nest: list[Any] = []
        for _ in range(5000):
            nest = [nest]
        as_json(as_record(Event(0, nest, {})))

    @given(events)
    def test_what_was_written_is_read_as_it_was(self, event: Event) -> None:
        again = read_event(as_json(as_record(event)))
        self.assertEqual(as_record(again), as_record(event))

    @given(values)
    def test_what_is_shown_is_printable_and_means_the_same(self, value: Any) -> None:
        shown = as_shown(value)
        self.assertTrue(shown.isprintable())
        self.assertEqual(orjson.loads(shown), value)

    def test_a_time_may_be_text_with_its_zone(self) -> None:
        event = event_of({"time": "2026-01-02T03:04:05.000006+01:00"})
        self.assertEqual(event.time, 1767319445000006000)
        self.assertIs(event.resource, NOTHING)

    def test_says_what_is_wrong_and_quotes_no_value(self) -> None:
        for line, why in {
            b"": "it is not JSON",
            b"secret": "it is not JSON",
            b'{"body": "\xff"}': "UTF-8",
            b'"secret"': "Expected object, got str",
            b'{"bodi": "secret"}': "unknown field bodi",
            b'{"time": "secret"}': "time",
            b'{"time": "2026-01-02T03:04:05"}': "timezone",
            b'{"severity_number": 25}': "severity_number",
            b'{"attributes": ["secret"]}': "Expected object, got array - at attributes",
            b'{"trace_id": "secret"}': "trace_id needs 32 hexadecimal digits",
            b'{"span_id": "0102"}': "span_id needs 16 hexadecimal digits",
            b"[" * 100_000: "",
        }.items():
            with self.assertRaises(NoEvent) as caught:
                read_event(line)
            self.assertIn(why, str(caught.exception))
            self.assertNotIn("secret", str(caught.exception))
