"""Encoding: one event that cannot be encoded costs itself at most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.event import FLAGS_KEY, Batch, Event, Resource, Scope
from collector.outputs.encoding import Encoding, plain, sanitised
from collector.outputs.rows import Rows
from collector.request import Request
from collector.testing import LetterBox, ScriptedExporter, context, events

ODD: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.binary()
    | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(), inner, max_size=3),
    max_leaves=6,
)


class Strict(ScriptedExporter):
    """JSON without mercy: raises for what JSON cannot say, and for a body named `never`."""

    def encode(self, batches: Sequence[Batch]) -> list[Request]:
        rows = [self.row(event) for batch in batches for event in batch.events]
        return [self.pack(rows)] if rows else []

    def row(self, event: Event) -> bytes:
        if event.body == "never":
            raise ValueError("never")
        return orjson.dumps([event.body, event.attributes, event.resource.attributes, event.time])


class EncodingTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.letters = LetterBox()
        self.context = context("exporter", letters=self.letters)
        self.exporter = Strict(self.context)
        self.rows_of = Rows(self.exporter)
        self.encoding = Encoding(self.exporter, self.rows_of)

    def requests(self, *found: Event) -> list[Request]:
        return self.encoding.requests([Batch([event]) for event in found])

    def rows(self, *found: Event) -> list[Any]:
        return [
            orjson.loads(row)
            for request in self.requests(*found)
            for row in self.rows_of.of(request)
        ]

    def failed(self) -> int:
        self.flushLoggedErrors()
        return self.context.metrics.get("exporter_encode_failures")


class FailureTests(EncodingTestCase):
    def test_good_batches_become_one_request(self) -> None:
        self.assertEqual([request.events for request in self.requests(*events("a", "b"))], [2])
        self.assertEqual(self.failed(), 0)

    def test_an_odd_event_is_sanitised_and_says_so(self) -> None:
        rows = self.rows(*events("a"), Event(1, "\ud800", {"n": 1 << 70}), *events("b"))
        self.assertEqual([row[0] for row in rows], ["a", "\\ud800", "b"])
        self.assertEqual(rows[1][1], {"n": str(1 << 70), FLAGS_KEY: ["encode_failed"]})
        self.assertEqual(self.failed(), 1)

    def test_an_odd_resource_is_sanitised_too(self) -> None:
        event = Event(1, "x", {}, resource=Resource({"n": {1, 2}, "s": "\ud800"}))
        self.assertEqual(self.rows(event)[0][2], {"n": "{1, 2}", "s": "\\ud800"})
        self.failed()

    def test_what_still_fails_is_dead_lettered(self) -> None:
        rows = self.rows(*events("a", "never", "b"))
        self.assertEqual([row[0] for row in rows], ["a", "b"])
        (raw, reason) = self.letters.said[0]
        self.assertEqual((orjson.loads(raw)["body"], reason), ("never", "encode_failed"))
        lost = self.context.metrics.get("exporter_dead_lettered_log_records")
        self.assertEqual((self.failed(), lost), (1, 1))

    def test_all_that_fail_are_kept_with_one_write(self) -> None:
        self.requests(*events("never", "a", "never"))
        self.assertEqual(self.letters.writes, [2])
        self.assertEqual((self.encoding.ended, self.encoding.lost), (2, 0))
        said = [(letter.text, letter.format) for letter in self.letters.letters]
        self.assertEqual(said, [("ValueError", "")] * 2)
        self.letters.full = True
        self.requests(*events("never"))
        self.assertEqual((self.encoding.ended, self.encoding.lost), (1, 1))
        self.requests(*events("a"))
        self.assertEqual((self.encoding.ended, self.failed()), (0, 2))

    def test_the_events_are_only_read(self) -> None:
        odd = Event(1, b"\xff", {"k": 1 << 70})
        self.requests(odd)
        self.assertEqual((odd.body, odd.attributes), (b"\xff", {"k": 1 << 70}))
        self.failed()

    def test_an_exporter_that_cannot_merge_sends_one_by_one(self) -> None:
        self.patch(self.exporter, "unpack", lambda _: 1 / 0)
        found = self.requests(*events("a", "never", "b"))
        self.assertEqual([request.events for request in found], [1, 1])
        self.failed()

    def test_requests_without_events_are_not_sent(self) -> None:
        self.assertEqual(self.requests(), [])

    @given(st.lists(st.tuples(ODD, st.dictionaries(st.text(), ODD)), max_size=4))
    def test_every_event_ends_somewhere(self, drawn: list[tuple[Any, Any]]) -> None:
        self.letters.letters.clear()
        found = self.requests(*[Event(0, body, attributes) for body, attributes in drawn])
        kept = sum(request.events for request in found)
        self.assertEqual(kept + len(self.letters.said), len(drawn))
        self.assertEqual(self.letters.letters, [])
        self.failed()


class CompressionTests(EncodingTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.rows_of = Rows(self.exporter, "fast")
        self.encoding = Encoding(self.exporter, self.rows_of)

    def test_a_request_is_compressed_once_and_remembers_its_size(self) -> None:
        (request,) = self.requests(*events("x" * 1000))
        self.assertEqual((request.encoding, request.raw_size > 1000), ("gzip", True))
        self.assertLess(len(request.body), 200)
        self.assertEqual(orjson.loads(self.rows_of.of(request)[0])[0], "x" * 1000)


class PlainTests(SynchronousTestCase):
    @given(ODD)
    def test_anything_becomes_json(self, value: Any) -> None:
        orjson.dumps(plain(value))

    def test_what_is_json_stays_as_it_is(self) -> None:
        value = {"a": [1, 2.5, True, None, "é"], "b": {"c": -(1 << 63)}}
        self.assertEqual(plain(value), value)

    def test_a_nest_ends(self) -> None:
        nest: list[Any] = []
        for _ in range(2000):
            nest = [nest]
        orjson.dumps(plain(nest))

    def test_an_event_is_sanitised_whatever_is_in_it(self) -> None:
        scope = Scope("\ud800", "1", {"x": b"\xff"}, "\ud800", 2)
        wrong: Any = {"attributes": None, "severity_text": 5, "severity_number": 99}
        source = Resource({"a": {1}}, scope, "\ud800", 3)
        event = Event(1 << 70, object, resource=source, dropped_attributes_count=4, **wrong)
        clean = sanitised(event)
        self.assertEqual((clean.time, clean.severity_number), (0, 0))
        self.assertEqual(clean.attributes, {FLAGS_KEY: ["encode_failed"]})
        assert clean.resource.scope is not None
        self.assertEqual(clean.resource.scope.attributes, {"x": "\\xff"})
        self.assertEqual(clean.resource.scope.schema_url, "\\ud800")
        dropped = [part.dropped_attributes_count for part in (clean.resource.scope, clean.resource)]
        self.assertEqual([*dropped, clean.dropped_attributes_count], [2, 3, 4])
        orjson.dumps([clean.body, clean.severity_text, clean.resource.scope.name])
