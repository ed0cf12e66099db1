"""One log record, whatever it holds: what the event model has no room for becomes an attribute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from collector.api import Event, Resource, flag

from .values import Reader, Span
from .wire import Field, fields, signed

BODY, ATTRIBUTE = 42, 50
_MOST_SEVERITY = 24
_MOST_TIME = (1 << 63) - 1
_UINT32 = (1 << 32) - 1
#: What names are, to fit into an event.
_FITS: Final[dict[str, Callable[[Any], bool]]] = {
    "time": lambda ns: bool(ns <= _MOST_TIME),
    "observed_time": lambda ns: bool(ns <= _MOST_TIME),
    "severity_number": lambda number: number in range(_MOST_SEVERITY + 1),
    "trace_id": lambda id: len(id) in {0, 16},
    "span_id": lambda id: len(id) in {0, 8},
}
#: Of LogRecord, by tag: the event's name for it, and how it is read.
_SINGLE: Final[dict[int, tuple[str, Callable[[Reader, Field], Any]]]] = {
    9: ("time", lambda _, field: field.number),
    16: ("severity_number", lambda _, field: _int32(field.number)),
    26: ("severity_text", Reader.text),
    56: ("dropped_attributes_count", lambda _, field: field.number & _UINT32),
    69: ("flags", lambda _, field: field.number),
    74: ("trace_id", Reader.raw),
    82: ("span_id", Reader.raw),
    89: ("observed_time", lambda _, field: field.number),
    98: ("event_name", Reader.text),
}


def _int32(number: int) -> int:
    return signed((number & _UINT32) << 32) >> 32


def event_of(
    body: Any, attributes: dict[str, Any], said: dict[str, Any], resource: Resource
) -> Event:
    """An event of these fields. `attributes` is its own; `said` goes by the event's names."""
    for name in [name for name, fits in _FITS.items() if name in said and not fits(said[name])]:
        attributes[f"otlp.{name}"] = said.pop(name)
    said.setdefault("time", 0)
    return Event(body=body, attributes=attributes, resource=resource, **said)


def read_record(data: bytes, at: int, end: int, resource: Resource) -> tuple[Event, bool]:
    """The LogRecord that lies there, and whether it is flagged for its text.

    Raises Malformed and Unacceptable.
    """
    reader = Reader(data)
    attributes: dict[str, Any] = {}
    said: dict[str, Any] = {}
    body: list[Span] = []
    for field in fields(data, at, end):
        if field.tag == ATTRIBUTE:
            key, value = reader.attribute(field.begin, field.end)
            attributes[key] = value
        elif field.tag == BODY:
            body.append((field.begin, field.end))
        elif field.tag in _SINGLE:
            name, read = _SINGLE[field.tag]
            said[name] = read(reader, field)
    event = event_of(reader.value(body), attributes, said, resource)
    if reader.invalid:
        flag(event, "invalid_utf8")
    return event, reader.invalid
