"""OpenTelemetry's own messages: made at random, and as what the collector must make of them."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
    KeyValueList,
)
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from collector.api import Event

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
UINT32 = st.integers(0, (1 << 32) - 1)
TIME = st.one_of(st.just(0), st.integers(0, (1 << 63) - 1))
TEXT = st.text(max_size=20) | st.sampled_from(["", "INFO", "x" * 130, "é" * 70])


def _any_values(inner: st.SearchStrategy[AnyValue]) -> st.SearchStrategy[AnyValue]:
    arrays = st.lists(inner, max_size=3).map(lambda some: ArrayValue(values=some))
    maps = st.builds(_map, st.dictionaries(TEXT, inner, max_size=3))
    return st.builds(lambda array: AnyValue(array_value=array), arrays) | st.builds(
        lambda found: AnyValue(kvlist_value=found), maps
    )


def _map(of: dict[str, AnyValue]) -> KeyValueList:
    return KeyValueList(values=_pairs(of))


def _pairs(of: dict[str, AnyValue]) -> list[KeyValue]:
    return [KeyValue(key=key, value=value) for key, value in of.items()]


SCALARS = st.one_of(
    st.builds(AnyValue),
    st.builds(lambda text: AnyValue(string_value=text), TEXT),
    st.builds(lambda found: AnyValue(bool_value=found), st.booleans()),
    st.builds(lambda number: AnyValue(int_value=number), INT64),
    st.builds(lambda number: AnyValue(double_value=number), st.floats()),
    st.builds(lambda raw: AnyValue(bytes_value=raw), st.binary(max_size=200)),
)
VALUES = st.recursive(SCALARS, _any_values, max_leaves=6)
ATTRIBUTES = st.dictionaries(TEXT, VALUES, max_size=4).map(_pairs)
RECORDS = st.builds(
    lambda body, **said: LogRecord(**said, **({} if body is None else {"body": body})),
    st.none() | VALUES,
    time_unix_nano=TIME,
    observed_time_unix_nano=TIME,
    severity_number=st.integers(0, 24),
    severity_text=TEXT,
    attributes=ATTRIBUTES,
    dropped_attributes_count=st.just(0) | UINT32,
    flags=st.just(0) | UINT32,
    trace_id=st.just(b"") | st.binary(min_size=16, max_size=16),
    span_id=st.just(b"") | st.binary(min_size=8, max_size=8),
    event_name=TEXT,
)
SCOPES = st.builds(
    lambda scope, url, records: ScopeLogs(
        schema_url=url, log_records=records, **({} if scope is None else {"scope": scope})
    ),
    st.none()
    | st.builds(
        InstrumentationScope,
        name=TEXT,
        version=TEXT,
        attributes=ATTRIBUTES,
        dropped_attributes_count=UINT32,
    ),
    TEXT,
    st.lists(RECORDS, max_size=3),
)
REQUESTS = st.lists(
    st.builds(
        ResourceLogs,
        resource=st.builds(Resource, attributes=ATTRIBUTES, dropped_attributes_count=UINT32),
        scope_logs=st.lists(SCOPES, max_size=2),
        schema_url=TEXT,
    ),
    max_size=2,
).map(lambda some: ExportLogsServiceRequest(resource_logs=some))


def expected(request: ExportLogsServiceRequest) -> list[Any]:
    """What `facts` must give for the events of a request."""
    return [
        {
            "time": record.time_unix_nano,
            "observed_time": record.observed_time_unix_nano,
            "severity": (record.severity_number, record.severity_text),
            "body": told(record.body),
            "attributes": _attributes(record),
            "dropped": record.dropped_attributes_count,
            "context": (record.trace_id, record.span_id, record.flags),
            "event_name": record.event_name,
            "resource": (_attributes(group.resource), group.resource.dropped_attributes_count),
            "schema_url": group.schema_url,
            "scope": _scope(part),
        }
        for group in request.resource_logs
        for part in group.scope_logs
        for record in part.log_records
    ]


def told(value: AnyValue) -> Any:
    """A value, in Python's types; NaN, which is not equal to itself, as a word."""
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [told(item) for item in value.array_value.values]
        case "kvlist_value":
            return {item.key: told(item.value) for item in value.kvlist_value.values}
        case name:
            return comparable(getattr(value, name))


def _attributes(of: Any) -> dict[str, Any]:
    return {item.key: told(item.value) for item in of.attributes}


def _scope(part: ScopeLogs) -> Any:
    if not part.scope.ByteSize() and not part.schema_url:
        return None
    scope = part.scope
    dropped = scope.dropped_attributes_count
    return scope.name, scope.version, _attributes(scope), part.schema_url, dropped


def comparable(value: Any) -> Any:
    """The same with its types, so that 1, 1.0 and True are three things."""
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    nan = isinstance(value, float) and math.isnan(value)
    return None if value is None else (type(value).__name__, "nan" if nan else value)


def facts(event: Event) -> dict[str, Any]:
    """All that an event says."""
    resource, scope = event.resource, event.resource.scope
    return {
        "time": event.time,
        "observed_time": event.observed_time,
        "severity": (event.severity_number, event.severity_text),
        "body": comparable(event.body),
        "attributes": comparable(event.attributes),
        "dropped": event.dropped_attributes_count,
        "context": (event.trace_id, event.span_id, event.flags),
        "event_name": event.event_name,
        "resource": (comparable(resource.attributes), resource.dropped_attributes_count),
        "schema_url": resource.schema_url,
        "scope": scope
        and (
            scope.name,
            scope.version,
            comparable(scope.attributes),
            scope.schema_url,
            scope.dropped_attributes_count,
        ),
    }
