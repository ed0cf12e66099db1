"""Rows of the debug plugins: one line of JSON for any event."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Batch, Event, Resource, Scope
from collector_debug.row import lines, packed, row, unpacked

odd: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.binary(max_size=8)
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(["\ud800", "a\nb", "\x1b[2J"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.integers() | st.none(), inner, max_size=3)
        | st.tuples(inner, inner)
    ),
    max_leaves=8,
)


class Broken:
    def __str__(self) -> str:
        raise RuntimeError("no text")


def said(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(row(event))
    return found


class RowTests(SynchronousTestCase):
    def test_says_what_the_event_says_and_no_more(self) -> None:
        self.assertEqual(said(Event(7, "hello", {})), {"time": 7, "body": "hello"})

    def test_carries_every_field(self) -> None:
        origin = Resource({"host.name": "h"}, Scope("lib", "1", {"x": 2}), "https://schema")
        ids = b"\x01" * 16, b"\x02" * 8
        event = Event(7, "b", {"a": 1}, 9, "INFO", 8, *ids, 1, "login", origin, 3)
        self.assertEqual(
            said(event),
            {
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
            },
        )

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
        row(Event(0, nest, {}))

    @given(st.lists(st.tuples(odd, st.dictionaries(st.text(max_size=3), odd, max_size=3))))
    def test_any_events_are_as_many_lines(self, drawn: list[tuple[Any, dict[str, Any]]]) -> None:
        rows = lines([Batch([Event(0, body, attributes) for body, attributes in drawn])])
        request = packed(rows)
        self.assertEqual(unpacked(request), rows)
        self.assertEqual((request.events, request.body.count(b"\n")), (len(drawn), len(drawn)))
        for line in rows:
            orjson.loads(line)
