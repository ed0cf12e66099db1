"""Protocol Buffers into events: as OpenTelemetry's own decoder has it, whatever the bytes are."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any
from unittest.mock import patch

from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber
from twisted.trial.unittest import SynchronousTestCase

from collector.api import FLAGS_KEY
from collector_otlp import protobuf
from collector_otlp.failure import Malformed, TooMany
from collector_otlp.protobuf import Decoder
from collector_otlp.record import read_record
from collector_otlp.wire import fields
from tests.plugins.collector_otlp.oracle import RECORDS, REQUESTS, expected, facts


def request(*records: LogRecord) -> ExportLogsServiceRequest:
    """One of these records."""
    made = ExportLogsServiceRequest()
    made.resource_logs.add().scope_logs.add().log_records.extend(records)
    return made


def wrapped(record: bytes) -> bytes:
    """A request of one record that consists of these bytes."""
    for tag in (b"\x12", b"\x12", b"\x0a"):
        record = tag + _size(len(record)) + record
    return record


def _size(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + _size(number >> 7)


def _shuffled(data: bytes, seed: int) -> bytes:
    """The record's fields in another order."""
    cuts = [0, *(field.end for field in fields(data, 0, len(data)))]
    pieces = [data[a:b] for a, b in pairwise(cuts)]
    random.Random(seed).shuffle(pieces)
    return b"".join(pieces)


class OracleTests(SynchronousTestCase):
    """Against opentelemetry-proto."""

    @settings(max_examples=30, deadline=None)
    @given(REQUESTS)
    def test_every_field_survives(self, made: ExportLogsServiceRequest) -> None:
        decoded = Decoder().decode(made.SerializeToString())
        self.assertEqual([facts(event) for event in decoded.events], expected(made))
        self.assertEqual(decoded.refused, [])

    @settings(max_examples=25, deadline=None)
    @given(RECORDS, st.integers(0, 1000))
    def test_fields_may_come_in_any_order(self, record: LogRecord, seed: int) -> None:
        raw = _shuffled(record.SerializeToString(), seed)
        (event,) = Decoder().decode(wrapped(raw)).events
        same = ExportLogsServiceRequest.FromString(wrapped(raw))
        self.assertEqual([facts(event)], expected(same))

    @settings(max_examples=40, deadline=None)
    @given(RECORDS, st.data())
    def test_of_damaged_records_it_takes_what_the_oracle_takes(
        self, record: LogRecord, data: st.DataObject
    ) -> None:
        """The oracle refuses text that is not UTF-8; that is shown here, and flagged."""
        raw = bytearray(record.SerializeToString() or b"\x00")
        for _ in range(data.draw(st.integers(1, 3))):
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
        self._same(wrapped(bytes(raw)))

    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=60))
    def test_any_bytes_are_read_or_malformed(self, raw: bytes) -> None:
        for body in (raw, wrapped(raw)):
            self._same(body)

    def _same(self, body: bytes) -> None:
        try:
            decoded = Decoder().decode(body)
        except Malformed as e:
            self.assertRegex(str(e), "byte")
            self.assertRaises(DecodeError, ExportLogsServiceRequest.FromString, body)
            return
        try:
            theirs = expected(ExportLogsServiceRequest.FromString(body))
        except DecodeError:
            return
        plain = [event for event in decoded.events if not _is_odd(event.attributes)]
        if len(plain) == len(theirs):
            self.assertEqual([facts(event) for event in plain], theirs)


def _is_odd(attributes: dict[str, Any]) -> bool:
    return any(key.startswith(("otlp.", FLAGS_KEY)) for key in attributes)


class FastWayTests(SynchronousTestCase):
    """Two ways, one result."""

    @settings(max_examples=25, deadline=None)
    @given(RECORDS)
    def test_both_ways_read_the_same(self, record: LogRecord) -> None:
        raw = record.SerializeToString()
        (event,) = Decoder().decode(wrapped(raw)).events
        strictly, _ = read_record(raw, 0, len(raw), event.resource)
        self.assertEqual(facts(event), facts(strictly))

    def test_what_exporters_write_goes_the_fast_way(self) -> None:
        record = LogRecord(
            time_unix_nano=1,
            observed_time_unix_nano=2,
            severity_number=SeverityNumber.SEVERITY_NUMBER_INFO,
            severity_text="INFO",
            trace_id=b"t" * 16,
            span_id=b"s" * 8,
            flags=1,
            event_name="made",
        )
        record.body.string_value = "x" * 300
        for key in ("short", "long"):
            attribute = record.attributes.add()
            attribute.key, attribute.value.string_value = key, key * 50
        record.attributes.add(key="n").value.int_value = -1
        record.attributes.add(key="b").value.bool_value = True
        record.attributes.add(key="d").value.double_value = 0.5
        body = request(record, record).SerializeToString()
        with patch.object(protobuf, "read_record", side_effect=AssertionError):
            events = Decoder().decode(body).events
        self.assertEqual([facts(event) for event in events], expected(request(record, record)))


class SharingTests(SynchronousTestCase):
    """What is the same is one object, for what follows remembers it by identity."""

    def test_the_resource_of_two_requests_is_one(self) -> None:
        decoder, made = Decoder(), request(LogRecord(), LogRecord())
        made.resource_logs[0].resource.attributes.add(key="service.name").value.string_value = "a"
        events = [event for _ in "ab" for event in decoder.decode(made.SerializeToString()).events]
        self.assertEqual(len({id(event.resource) for event in events}), 1)
        self.assertEqual(events[0].resource.attributes, {"service.name": "a"})

    def test_another_schema_is_another_resource(self) -> None:
        decoder, made = Decoder(), request(LogRecord())
        made.resource_logs[0].scope_logs[0].schema_url = "https://example.org/1"
        (one,) = decoder.decode(made.SerializeToString()).events
        made.resource_logs[0].scope_logs[0].schema_url = "https://example.org/2"
        (other,) = decoder.decode(made.SerializeToString()).events
        assert one.resource.scope
        assert other.resource.scope
        self.assertNotEqual(one.resource.scope.schema_url, other.resource.scope.schema_url)

    def test_attributes_of_two_records_are_two(self) -> None:
        record = LogRecord()
        record.attributes.add(key="k").value.array_value.values.add().string_value = "v"
        one, other = Decoder().decode(request(record, record).SerializeToString()).events
        self.assertEqual(one.attributes, other.attributes)
        self.assertIsNot(one.attributes["k"], other.attributes["k"])


class OddTests(SynchronousTestCase):
    """Taken nevertheless."""

    def test_text_that_is_not_utf8_is_shown_and_flagged(self) -> None:
        (event,) = Decoder().decode(wrapped(b"\x2a\x05\x0a\x03a\xffb")).events
        self.assertEqual(event.body, "a\\xffb")
        self.assertEqual(event.attributes, {FLAGS_KEY: ["invalid_utf8"]})

    def test_what_the_event_has_no_room_for_is_an_attribute(self) -> None:
        record = LogRecord(
            time_unix_nano=1 << 63,
            trace_id=b"short",
            severity_number=99,  # type: ignore[arg-type]
        )
        (event,) = Decoder().decode(request(record).SerializeToString()).events
        self.assertEqual((event.time, event.trace_id, event.severity_number), (0, b"", 0))
        self.assertEqual(
            event.attributes,
            {"otlp.time": 1 << 63, "otlp.trace_id": b"short", "otlp.severity_number": 99},
        )

    def test_fields_of_a_later_version_are_skipped(self) -> None:
        later = b"\xba\x3e\x02hi" + b"\xc0\x3e\x01" + b"\xc3\x3e\x08\x01\xc4\x3e"
        (event,) = Decoder().decode(wrapped(later + b"\x1a\x01x" + later)).events
        self.assertEqual((event.severity_text, event.attributes), ("x", {}))


class BoundTests(SynchronousTestCase):
    """What nobody sends in good faith."""

    def _nested(self, depth: int) -> bytes:
        value = b""
        for _ in range(depth):
            inner = b"\x0a" + _size(len(value)) + value
            value = b"\x2a" + _size(len(inner)) + inner
        return b"\x2a" + _size(len(value)) + value

    def test_a_record_nested_too_deep_is_refused_alone(self) -> None:
        made = b"".join(
            b"\x12" + _size(len(raw)) + raw
            for raw in (b"\x1a\x01a", self._nested(65), self._nested(64), b"\x1a\x01b")
        )
        for tag in (b"\x12", b"\x0a"):
            made = tag + _size(len(made)) + made
        decoded = Decoder().decode(made)
        self.assertEqual([event.severity_text for event in decoded.events], ["a", "", "b"])
        ((raw, why),) = decoded.refused
        self.assertEqual(raw, self._nested(65))
        self.assertRegex(why, r"64 deep, in the log record at byte \d+$")

    def test_a_thousand_deep_is_no_recursion_error(self) -> None:
        self.assertEqual(len(Decoder().decode(wrapped(self._nested(10_000))).refused), 1)

    def test_a_resource_nested_too_deep_is_malformed(self) -> None:
        value = self._nested(65)[1:]
        attribute = b"\x12" + value
        resource = b"\x0a" + _size(len(attribute)) + attribute
        group = b"\x0a" + _size(len(resource)) + resource + b"\x12\x02\x12\x00"
        body = b"\x0a" + _size(len(group)) + group
        self.assertRaises(Malformed, Decoder().decode, body)

    def test_more_records_than_are_taken_at_once(self) -> None:
        with patch("collector_otlp.protobuf.MOST_RECORDS", 3):
            taken = Decoder().decode(request(*[LogRecord()] * 3).SerializeToString())
            self.assertEqual(len(taken.events), 3)
            many = request(*[LogRecord()] * 4).SerializeToString()
            self.assertRaises(TooMany, Decoder().decode, many)

    def test_the_place_of_an_error_is_told(self) -> None:
        error = self.assertRaises(Malformed, Decoder().decode, wrapped(b"\x1a\x7fx"))
        self.assertEqual(str(error), "a field of 127 bytes at byte 6, where 1 are left")
