"""Events into Protocol Buffers and back: nothing is lost, and the order stays."""

from __future__ import annotations

import struct

from hypothesis import given, settings
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Event, Resource
from collector_otlp.encoding import Encoder, body_of, cut, parts_of
from collector_otlp.protobuf import Decoder
from tests.plugins.collector_otlp.oracle import REQUESTS, expected, facts


def body(*events: Event) -> bytes:
    """Of these."""
    return body_of(map(Encoder().part, events))


class LosslessTests(SynchronousTestCase):
    """Of what the receiver takes."""

    @settings(max_examples=15, deadline=None)
    @given(REQUESTS)
    def test_decoding_is_the_inverse_and_the_oracle_agrees(
        self, made: ExportLogsServiceRequest
    ) -> None:
        events = Decoder().decode(made.SerializeToString()).events
        again = body(*events)
        self.assertEqual(list(map(facts, Decoder().decode(again).events)), list(map(facts, events)))
        self.assertEqual(expected(ExportLogsServiceRequest.FromString(again)), expected(made))

    @settings(max_examples=15, deadline=None)
    @given(REQUESTS)
    def test_taken_apart_and_put_together_it_is_the_same(
        self, made: ExportLogsServiceRequest
    ) -> None:
        whole = body(*Decoder().decode(made.SerializeToString()).events)
        self.assertEqual(body_of(parts_of(whole)), whole)
        rows = [body_of([part]) for part in parts_of(whole)]
        self.assertEqual(body_of(part for row in rows for part in parts_of(row)), whole)


class SharingTests(SynchronousTestCase):
    """What events of one source have in common is written once."""

    def test_a_run_of_one_source_is_one_group(self) -> None:
        one, other = Resource({"service.name": "a"}), Resource({"service.name": "b"})
        events = [Event(n, "x", {}, resource=one if n < 4 else other) for n in range(1, 5)]
        made = ExportLogsServiceRequest.FromString(body(*events, Event(9, "x", {}, resource=one)))
        sizes = [len(group.scope_logs[0].log_records) for group in made.resource_logs]
        self.assertEqual(sizes, [3, 1, 1])

    def test_a_long_list_is_cut_at_a_size(self) -> None:
        source = Resource({"service.name": "a" * 50})
        parts = [Encoder().part(Event(n, "x" * 100, {}, resource=source)) for n in range(1, 101)]
        pieces = list(cut(parts, 1000))
        self.assertEqual([part for piece in pieces for part in piece], parts)
        self.assertTrue(all(len(body_of(piece)) <= 1000 for piece in pieces))
        self.assertLess(len(pieces), 20)
        self.assertEqual([len(piece) for piece in cut(parts[:2], 10)], [1, 1])


class OddTests(SynchronousTestCase):
    """What comes from other receivers."""

    def test_a_number_that_is_too_large_is_text(self) -> None:
        (event,) = Decoder().decode(body(Event(1, 1 << 64, {"n": (1, 2)}))).events
        self.assertEqual((event.body, event.attributes), (str(1 << 64), {"n": [1, 2]}))

    def test_what_no_field_can_hold_raises(self) -> None:
        deep: list[object] = []
        for _ in range(70):
            deep = [deep]
        self.assertRaises(struct.error, body, Event(-1, "", {}))
        self.assertRaises(TypeError, body, Event(1, object(), {}))
        for odd in ("\ud800", deep):
            self.assertRaises(ValueError, body, Event(1, odd, {}))
