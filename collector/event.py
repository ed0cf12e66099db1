r"""What flows: log records in OpenTelemetry's data model, always in batches.

Rules that the whole project keeps:

1. No `str` in an event holds a surrogate. Bytes that are not text arrive as `\xNN`.
2. A `Resource` is shared by many events and never changed in place.
3. Processors may change events; exporters only read them.
4. What is wrong with an event is said in its attribute `collector.flags`, a list of names
   from `FLAGS`, put there by `flag`.
"""

from __future__ import annotations

from typing import Any

import msgspec

# OpenTelemetry's severity numbers: the first of each range of four, and 0 for "not said".
# https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
UNSPECIFIED, TRACE, DEBUG, INFO, WARN, ERROR, FATAL = 0, 1, 5, 9, 13, 17, 21

#: The attribute in which an event carries its flags.
FLAGS_KEY = "collector.flags"
#: The attribute that says how many bytes a truncated frame had.
ORIGINAL_SIZE_KEY = "collector.original_size"
#: The attribute that names a record for good: the same over retries, splits and restarts.
UID_KEY = "log.record.uid"

#: Every flag there is, and what it tells the reader of an event.
FLAGS = {
    "bad_body": "a text that was to be read as of a format breaks it; it stays",
    "bad_structured_data": "RFC 5424 structured data that could not be read; it stays in the body",
    "bad_timestamp": "the timestamp names no time that can be; that of receipt stands in for it",
    "duplicate_sd_id": "an SD-ID came twice in one message; its parameters were merged",
    "encode_failed": "an exporter could not encode the event as it was; it was sanitised",
    "framing_error": "the sender miscounted the bytes of a frame; its end was found again",
    "incomplete_message": "other parts of the line did not come in time, or it is too long",
    "invalid_utf8": "bytes that are not UTF-8; they are shown as \\xNN",
    "lenient_structured_data": "RFC 5424 structured data that breaks the format; it was guessed",
    "missing_pri": "no valid syslog PRI; 13 (user.notice) was assumed",
    "parse_error": "the message broke its format; the rest of it, unparsed, is the body",
    "parser_failed": "the receiver's parser raised; the body is the whole input",
    "processor_failed": "a processor raised; the event went on as it stood",
    "scaled_timestamp": "a number too large for seconds; taken for milli-, micro- or nanoseconds",
    "truncated": "longer than the limit; cut, the size it had is in collector.original_size",
    "unexpected_framing": "a datagram began with an octet count; it was removed",
    "unknown_zone": "a time zone word nobody knows; the listener's zone was assumed",
}


class Scope(msgspec.Struct, frozen=True, eq=False):
    """OpenTelemetry's instrumentation scope: the library that made the record."""

    name: str = ""
    version: str = ""
    attributes: dict[str, Any] = {}
    schema_url: str = ""
    dropped_attributes_count: int = 0


class Resource(msgspec.Struct, frozen=True, eq=False):
    """What is true of an event's source. Compared, and hashed, by identity."""

    attributes: dict[str, Any]
    scope: Scope | None = None
    schema_url: str = ""
    dropped_attributes_count: int = 0


#: The resource of an event whose source is not known.
NOTHING = Resource({})


class Event(msgspec.Struct, gc=False):
    """One log record.

    `gc=False` keeps events out of the cyclic collector (68 ns and 80 bytes to make), so
    nothing in `attributes` may ever refer back to the event.
    """

    time: int  # nanoseconds since the epoch; 0 = the source did not say
    body: Any  # almost always str; otherwise JSON-like
    attributes: dict[str, Any]  # flat keys, or JSON-like values
    severity_number: int = UNSPECIFIED
    severity_text: str = ""
    observed_time: int = 0  # nanoseconds; when the collector saw it, 0 = not noted
    trace_id: bytes = b""
    span_id: bytes = b""
    flags: int = 0  # W3C trace flags, not to be confused with `collector.flags`
    event_name: str = ""
    resource: Resource = NOTHING
    dropped_attributes_count: int = 0  # that its source left out


class Batch:
    """Events that travel together. `size` is about how many bytes they are; 0 = not known."""

    __slots__ = ("events", "size")

    def __init__(self, events: list[Event], size: int = 0) -> None:
        self.events = events
        self.size = size

    def __len__(self) -> int:
        return len(self.events)

    def copy(self) -> Batch:
        """A batch whose events may be changed without touching this one's.

        Attributes are copied one level deep: a processor that changes a nested value
        replaces it.
        """
        return Batch([copy_event(event) for event in self.events], self.size)


def copy_event(event: Event) -> Event:
    """The same record, with an attribute dict of its own."""
    twin: Event = event.__copy__()  # type: ignore[attr-defined]  # not in msgspec's stubs
    twin.attributes = event.attributes.copy()
    return twin


def flag(event: Event, name: str) -> None:
    """Say in the event what is wrong with it. `name` is a key of `FLAGS`."""
    assert name in FLAGS, name
    flags = event.attributes.get(FLAGS_KEY)
    if not isinstance(flags, list):
        event.attributes[FLAGS_KEY] = [name]
    elif name not in flags:
        event.attributes[FLAGS_KEY] = [*flags, name]
