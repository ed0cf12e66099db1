"""ExportLogsServiceRequest as JSON in, events out.

JSON as Protocol Buffers map it, except that ids are hexadecimal and enums are numbers; null is the
same as nothing. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson

from collector.api import Event, Resource, Scope

from .decoded import MOST_RECORDS, Decoded, Refused
from .failure import Malformed, TooMany, Unacceptable
from .jsonvalues import attributes, entries, fixed, hexadecimal, integer, member, text, value
from .origin import Origins
from .record import event_of

#: Of a log record, by name: the event's name for it, and how it is read.
_SINGLE: Final[dict[str, tuple[str, Callable[[Any], Any]]]] = {
    "timeUnixNano": ("time", fixed),
    "observedTimeUnixNano": ("observed_time", fixed),
    "severityNumber": ("severity_number", integer),
    "severityText": ("severity_text", text),
    "droppedAttributesCount": ("dropped_attributes_count", fixed),
    "flags": ("flags", fixed),
    "traceId": ("trace_id", hexadecimal),
    "spanId": ("span_id", hexadecimal),
    "eventName": ("event_name", text),
}


class JsonDecoder:
    """Remembers resources. One for a receiver."""

    def __init__(self) -> None:
        self._origins = Origins()

    def decode(self, body: bytes) -> Decoded:
        """The events of a request. Raises Malformed and TooMany."""
        try:
            request = orjson.loads(body)
        except orjson.JSONDecodeError as e:
            raise Malformed(f"no JSON: {e.msg}, at character {e.pos}") from None
        if not isinstance(request, dict):
            raise Malformed("no JSON object, at character 0")
        decoded = Decoded()
        for where, resource, record in self._records(request):
            if decoded.records >= MOST_RECORDS:
                raise TooMany(f"more than {MOST_RECORDS} log records")
            try:
                decoded.events.append(_event(record, resource))
            except Malformed as e:
                raise Malformed(f"{e}, in {where}") from None
            except Unacceptable as e:
                decoded.refused.append(Refused(_written(record), f"{e}, in {where}"))
        return decoded

    def _records(self, request: dict[str, Any]) -> Iterator[tuple[str, Resource, dict[str, Any]]]:
        """Every record: where it is, whose it is, and what it says."""
        for number, group in entries(request, "resourceLogs"):
            for position, part in entries(group, "scopeLogs"):
                where = f"resourceLogs[{number}].scopeLogs[{position}]"
                resource = self._resource(group, part, where)
                for n, record in entries(part, "logRecords"):
                    yield f"{where}.logRecords[{n}]", resource, record

    def _resource(self, group: dict[str, Any], part: dict[str, Any], where: str) -> Resource:
        try:
            url, scope_url = text(group.get("schemaUrl")), text(part.get("schemaUrl"))
            said, scope = member(group, "resource"), member(part, "scope")
            key = (_written(said), url.encode(), _written(scope), scope_url.encode())
            return self._origins.of(key, lambda: _made(said, url, scope, scope_url))
        except (Malformed, Unacceptable) as e:
            raise Malformed(f"{e}, in the resource or scope of {where}") from None


def _written(said: dict[str, Any]) -> bytes:
    """As JSON again. orjson reads 1,024 levels and writes 254; what is taken has 200 at most."""
    try:
        return orjson.dumps(said)
    except TypeError:
        raise Malformed("nested too deep") from None


def _made(said: dict[str, Any], url: str, scope: dict[str, Any], scope_url: str) -> Resource:
    named = None
    if scope or scope_url:
        named = Scope(
            text(scope.get("name")),
            text(scope.get("version")),
            attributes(scope),
            scope_url,
            fixed(scope.get("droppedAttributesCount")),
        )
    return Resource(attributes(said), named, url, fixed(said.get("droppedAttributesCount")))


def _event(record: dict[str, Any], resource: Resource) -> Event:
    said = {}
    for key, (name, read) in _SINGLE.items():
        if key in record:
            try:
                said[name] = read(record[key])
            except Malformed as e:
                raise Malformed(f"{key}: {e}") from None
    return event_of(value(record.get("body")), attributes(record), said, resource)
