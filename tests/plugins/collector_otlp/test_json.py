"""JSON into events, and what is no JSON of OTLP."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import orjson
from google.protobuf.json_format import MessageToDict
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from twisted.trial.unittest import SynchronousTestCase

from collector_otlp.failure import Malformed, TooMany
from collector_otlp.json import JsonDecoder
from tests.plugins.collector_otlp.oracle import REQUESTS, expected, facts

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            [
                "resourceLogs", "scopeLogs", "logRecords", "resource", "scope", "attributes", "key",
                "value", "body", "timeUnixNano", "traceId", "stringValue", "arrayValue", "values",
                "intValue", "doubleValue", "bytesValue", "kvlistValue", "schemaUrl", "flags",
            ]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


def written(request: ExportLogsServiceRequest) -> bytes:
    """As OTLP has it: ids in hexadecimal, not in base64."""
    said = MessageToDict(request, use_integers_for_enums=True)
    for group, ours in zip(said.get("resourceLogs", []), request.resource_logs, strict=True):
        for part, theirs in zip(group.get("scopeLogs", []), ours.scope_logs, strict=True):
            for made, record in zip(part.get("logRecords", []), theirs.log_records, strict=True):
                for name, raw in (("traceId", record.trace_id), ("spanId", record.span_id)):
                    if raw:
                        made[name] = raw.hex()
    return orjson.dumps(said)


def body(record: Any) -> bytes:
    """A request of one record."""
    return orjson.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]})


class OracleTests(SynchronousTestCase):
    """Against protobuf's own JSON."""

    @settings(max_examples=20, deadline=None)
    @given(REQUESTS)
    def test_every_field_survives(self, made: ExportLogsServiceRequest) -> None:
        decoded = JsonDecoder().decode(written(made))
        self.assertEqual([facts(event) for event in decoded.events], expected(made))

    @settings(max_examples=60, deadline=None)
    @given(JSON)
    def test_any_json_is_read_or_malformed(self, said: Any) -> None:
        for raw in (json.dumps(said).encode(), json.dumps({"resourceLogs": said}).encode()):
            try:
                JsonDecoder().decode(raw)
            except Malformed:
                continue


class LenientTests(SynchronousTestCase):
    """What writers do, within the letter of it or nearly."""

    def _event(self, record: dict[str, Any]) -> Any:
        (event,) = JsonDecoder().decode(body(record)).events
        return event

    def test_numbers_come_as_digits_too(self) -> None:
        event = self._event({"timeUnixNano": 1500, "observedTimeUnixNano": "1600", "flags": 1.0})
        self.assertEqual((event.time, event.observed_time, event.flags), (1500, 1600, 1))

    def test_ids_in_capitals(self) -> None:
        event = self._event({"traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": None})
        self.assertEqual(event.trace_id.hex(), "5b8efff798038103d269b633813fc60c")

    def test_unknown_names_and_null_say_nothing(self) -> None:
        event = self._event({"time_unix_nano": "5", "body": {"newValue": 1}, "attributes": None})
        self.assertEqual((event.time, event.body, event.attributes), (0, None, {}))

    def test_bytes_in_either_alphabet(self) -> None:
        for digits in ("-_8=", "+/8", "+/8="):
            self.assertEqual(self._event({"body": {"bytesValue": digits}}).body, b"\xfb\xff")


class RefusalTests(SynchronousTestCase):
    """Each says where it is."""

    def _error(self, raw: bytes) -> str:
        return str(self.assertRaises(Malformed, JsonDecoder().decode, raw))

    def test_what_is_no_json(self) -> None:
        self.assertRegex(self._error(b'{"resourceLogs": [}'), "at character 18$")
        self.assertRegex(self._error(b"[]"), "no JSON object")
        self.assertRegex(self._error(b""), "at character 0$")

    def test_the_place_is_told(self) -> None:
        where = r"resourceLogs\[0\]\.scopeLogs\[0\]\.logRecords\[0\]$"
        for record, why in (
            ({"timeUnixNano": "soon"}, "timeUnixNano: no integer"),
            ({"timeUnixNano": -1}, "64 bits from 0"),
            ({"traceId": "xy"}, "traceId: no hexadecimal digits"),
            ({"severityText": 5}, "severityText: no string"),
            ({"body": "x"}, "a value is no object"),
            ({"body": {"boolValue": 1}}, "boolValue is neither"),
            ({"body": {"intValue": 1 << 63}}, "no integer of 64 bits"),
            ({"body": {"bytesValue": "&"}}, "no base64"),
            ({"body": {"doubleValue": []}}, "no number"),
            ({"attributes": {}}, "attributes is no list"),
            ({"attributes": [1]}, r"attributes\[0\] is no object"),
        ):
            self.assertRegex(self._error(body(record)), f"{why}.*, in {where}")
        said: Any = {"resourceLogs": [{"resource": [], "scopeLogs": [{}]}]}
        self.assertRegex(self._error(orjson.dumps(said)), "in the resource or scope of")

    def test_a_record_nested_too_deep_is_refused_alone(self) -> None:
        deep: dict[str, Any] = {"stringValue": "x"}
        for _ in range(65):
            deep = {"arrayValue": {"values": [deep]}}
        said = {"logRecords": [{"body": deep}, {"severityText": "b"}]}
        raw = orjson.dumps({"resourceLogs": [{"scopeLogs": [said]}]})
        decoded = JsonDecoder().decode(raw)
        self.assertEqual([event.severity_text for event in decoded.events], ["b"])
        self.assertEqual(decoded.refused[0].raw, orjson.dumps({"body": deep}))

    def test_a_thousand_deep(self) -> None:
        for depth in (300, 900, 100_000):
            deep = b"[" * depth + b"]" * depth
            for place in (b'"resource":{"x":%b}', b'"scopeLogs":[{"logRecords":[{"body":%b}]}]'):
                self._error(b'{"resourceLogs":[{"scopeLogs":[{}],' + place % deep + b"}]}")

    def test_more_records_than_are_taken_at_once(self) -> None:
        with patch("collector_otlp.json.MOST_RECORDS", 1):
            raw = orjson.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [{}, {}]}]}]})
            self.assertRaises(TooMany, JsonDecoder().decode, raw)
