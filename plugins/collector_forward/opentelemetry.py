"""OpenTelemetry log records that came through Fluent Bit, made whole again.

Its OTLP input wraps the records of a resource and scope in two marker entries, and puts what a
Fluent record has no place for into each entry's metadata. None of it is lost on the way.
"""

from __future__ import annotations

from typing import Any

from collector.api import Event, Resource, Scope

from .lenient import clean

_KEY = "otlp"
_TRACE_ID, _SPAN_ID = 16, 8
_MOST_SEVERITY = 24


def group(record: dict[str, Any]) -> Resource:
    """The resource and scope that a start marker names."""
    resource, scope = _map(record, "resource"), _map(record, "scope")
    named = Scope(_string(scope, "name"), _string(scope, "version"), _map(scope, "attributes"))
    return Resource(_map(resource, "attributes"), named, _string(resource, "schema_url"))


def is_log(metadata: dict[str, Any]) -> bool:
    """Whether an entry with this metadata was an OpenTelemetry log record."""
    return isinstance(metadata.get(_KEY), dict)


def log(time: int, now: int, metadata: dict[str, Any], record: dict[str, Any]) -> Event:
    """The log record. What is not as it should be stays, as an attribute."""
    said = dict(metadata[_KEY])
    trace_id, span_id = _id(said, "trace_id", _TRACE_ID), _id(said, "span_id", _SPAN_ID)
    severity = _number(said, "severity_number", _MOST_SEVERITY)
    event = Event(
        _number(said, "timestamp") or time,
        record["log"] if record.keys() == {"log"} else record,
        _attributes(said),
        severity_number=severity,
        severity_text=_taken(said, "severity_text"),
        observed_time=_number(said, "observed_timestamp") or now,
        trace_id=trace_id,
        span_id=span_id,
        flags=_number(said, "trace_flags", 0xFFFFFFFF),
        event_name=_taken(said, "event_name"),
        dropped_attributes_count=_number(said, "dropped_attributes_count", 0xFFFFFFFF),
    )
    said.pop("dropped_attributes_count", None)  # 0, or no number
    event.attributes.update((f"otlp.{key}", clean(value)) for key, value in said.items())
    return event


def _attributes(said: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _map(said, "attributes")
    if isinstance(said.get("attributes"), dict):
        del said["attributes"]
    return found


def _map(of: dict[str, Any], key: str) -> dict[str, Any]:
    found = of.get(key)
    return clean(found) if isinstance(found, dict) else {}


def _string(of: dict[str, Any], key: str) -> str:
    found = of.get(key)
    return found if isinstance(found, str) else ""


def _taken(said: dict[str, Any], key: str) -> str:
    return said.pop(key) if isinstance(said.get(key), str) else ""


def _number(said: dict[str, Any], key: str, most: int = (1 << 63) - 1) -> int:
    found = said.get(key)
    return said.pop(key) if type(found) is int and 0 <= found <= most else 0


def _id(said: dict[str, Any], key: str, size: int) -> bytes:
    found = said.get(key)
    if isinstance(found, bytes) and len(found) in {0, size}:
        del said[key]
        return found
    return b""
