"""Events in, ExportLogsServiceRequest as Protocol Buffers out, in their order.

A body is a row of ResourceLogs, so that bodies one after the other are a body too. Events of one
resource and scope that follow each other share both. A row is a body of one record. What no field
can hold raises: the core then gives a copy that is plain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from struct import Struct
from typing import Any, NamedTuple

from collector.api import Event, Resource

from .decoded import MOST_RECORDS
from .groups import records, scopes
from .values import MOST_DEPTH
from .wire import bytes_field, fields, text_field, varint_field

_FIXED64, _FIXED32, _DOUBLE = Struct("<Q").pack, Struct("<I").pack, Struct("<d").pack
_INT64 = 1 << 63
#: Resources and keys that are remembered.
_MOST = 4096
_RESOURCE_LOGS = 1
_HEAD, _MEMBER, _SCHEMA_URL = 1, 2, 3
#: Records of a body: a limit for those who set `batch` high, well below what receivers take.
_MOST_PARTS = 10_000
#: Tags and lengths of a ResourceLogs and a ScopeLogs, at most.
_AROUND = 16


class Origin(NamedTuple):
    """A ResourceLogs without its scopes, and a ScopeLogs without its records."""

    resource: bytes
    scope: bytes


#: A record, as a field of its scope, and whose it is.
Part = tuple[Origin, bytes]


class Encoder:
    """Remembers what events have in common. One for an exporter."""

    def __init__(self) -> None:
        self._origins: dict[Resource, Origin] = {}
        self._keys: dict[str, bytes] = {}

    def part(self, event: Event) -> Part:
        """One event."""
        resource = event.resource
        origin = self._origins.get(resource)
        if origin is None:
            if len(self._origins) >= _MOST:
                self._origins.clear()
            origin = self._origins[resource] = self._origin(resource)
        return origin, bytes_field(_MEMBER, self._record(event))

    def _origin(self, resource: Resource) -> Origin:
        head = self._attributes(1, resource.attributes)
        head += _number(2, resource.dropped_attributes_count)
        scope, named, url = resource.scope, b"", ""
        if scope is not None:
            named = _text(1, scope.name) + _text(2, scope.version)
            named += self._attributes(3, scope.attributes)
            named += _number(4, scope.dropped_attributes_count)
            url = scope.schema_url
        return _origin(head, resource.schema_url.encode(), named, url.encode())

    def _record(self, event: Event) -> bytes:
        """A LogRecord, its fields in the order of their numbers."""
        parts = [b"\x09", _FIXED64(event.time)] if event.time else []
        parts.append(_number(2, event.severity_number))
        parts.append(_text(3, event.severity_text))
        if event.body is not None:
            parts.append(bytes_field(5, self._value(event.body, 0)))
        parts.append(self._attributes(6, event.attributes))
        parts.append(_number(7, event.dropped_attributes_count))
        if event.flags:
            parts += (b"\x45", _FIXED32(event.flags))
        parts += (_bytes(9, event.trace_id), _bytes(10, event.span_id))
        if event.observed_time:
            parts += (b"\x59", _FIXED64(event.observed_time))
        parts.append(_text(12, event.event_name))
        return b"".join(parts)

    def _attributes(self, field: int, of: Mapping[str, Any], depth: int = 0) -> bytes:
        return b"".join(
            [
                bytes_field(field, self._key(key) + bytes_field(2, self._value(value, depth)))
                for key, value in of.items()
            ]
        )

    def _key(self, key: str) -> bytes:
        found = self._keys.get(key)
        if found is None:
            if len(self._keys) >= _MOST:
                self._keys.clear()
            found = self._keys[key] = text_field(1, key)
        return found

    def _value(self, value: Any, depth: int) -> bytes:  # noqa: PLR0911 one for each kind
        """What is in an AnyValue."""
        if type(value) is str:
            return text_field(1, value)
        if value is None:
            return b""
        if isinstance(value, bool):
            return b"\x10\x01" if value else b"\x10\x00"
        if isinstance(value, int):
            # As attributes from elsewhere can be.
            fits = -_INT64 <= value < _INT64
            return varint_field(3, value) if fits else text_field(1, str(value))
        if isinstance(value, float):
            return b"\x21" + _DOUBLE(value)
        if isinstance(value, bytes):
            return bytes_field(7, value)
        if depth >= MOST_DEPTH:
            raise ValueError("nested too deep")
        if isinstance(value, Mapping):
            return bytes_field(6, self._attributes(1, value, depth + 1))
        if isinstance(value, list | tuple):
            items = [bytes_field(1, self._value(item, depth + 1)) for item in value]
            return bytes_field(5, b"".join(items))
        raise TypeError(f"no attribute is a {type(value).__name__}")


def _origin(resource: bytes, url: bytes, scope: bytes, scope_url: bytes) -> Origin:
    return Origin(
        _bytes(_HEAD, resource) + _bytes(_SCHEMA_URL, url),
        _bytes(_HEAD, scope) + _bytes(_SCHEMA_URL, scope_url),
    )


def _number(field: int, value: int) -> bytes:
    return varint_field(field, value) if value else b""


def _text(field: int, text: str) -> bytes:
    return text_field(field, text) if text else b""


def _bytes(field: int, content: bytes) -> bytes:
    return bytes_field(field, content) if content else b""


def body_of(parts: Iterable[Part]) -> bytes:
    """A body of these records."""
    groups = []
    for resource, some in groupby(parts, lambda part: part[0].resource):
        group = [resource]
        for scope, members in groupby(some, lambda part: part[0].scope):
            group.append(bytes_field(_MEMBER, scope + b"".join(map(itemgetter(1), members))))
        groups.append(bytes_field(_RESOURCE_LOGS, b"".join(group)))
    return b"".join(groups)


def parts_of(body: bytes) -> Iterator[Part]:
    """The inverse."""
    data = body + b"\0"  # as `records` wants it
    for field in fields(data, 0, len(body)):
        group = scopes(data, field.begin, field.end)
        for at, end in group.members:
            scope = records(data, at, end, MOST_RECORDS)
            origin = _origin(group.head, group.schema_url, scope.head, scope.schema_url)
            for begin, stop in scope.members:
                yield origin, bytes_field(_MEMBER, data[begin:stop])


def cut(parts: Sequence[Part], most: int) -> Iterator[list[Part]]:
    """The same in pieces whose bodies have about `most` bytes, and no more unless alone."""
    piece: list[Part] = []
    size, before = 0, None
    for part in parts:
        origin, record = part
        more = len(record)
        if origin != before:
            more, before = more + len(origin.resource) + len(origin.scope) + _AROUND, origin
        if piece and (size + more > most or len(piece) == _MOST_PARTS):
            yield piece
            piece, size = [], len(origin.resource) + len(origin.scope) + _AROUND
            more = len(record)
        piece.append(part)
        size += more
    if piece:
        yield piece
