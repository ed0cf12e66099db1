"""ExportLogsServiceRequest as Protocol Buffers in, events out.

Most records go the fast way, one loop that looks for the fields in the order of their numbers, as
exporters write them, and goes round again where they come in another order. It checks only that it
ends where the record does. Whatever is in doubt is read once more by `read_record`, strictly: that
alone says what is wrong and where. Resources and attributes are remembered by their bytes.
"""

from __future__ import annotations

from struct import Struct, error
from typing import Any

from collector.api import Event, Resource

from .decoded import MOST_RECORDS, Decoded, Refused
from .failure import Malformed, Unacceptable
from .groups import records, scopes
from .memo import Attributes, Doubt, Texts, long_text
from .origin import Origins, resource_of
from .record import read_record
from .values import Span
from .wire import Field, fields

_TIME = Struct("<Q").unpack_from
#: A time, then severity number and text, as far as the text's length.
_HEAD = Struct("<QBBBB").unpack_from
#: Flags, trace id and span id with their tags and lengths, as they follow each other.
_CONTEXT = Struct("<IH16sH8s").unpack_from
_TRACE_ID, _SPAN_ID = 0x104A, 0x0852
_IN_DOUBT = (Doubt, IndexError, UnicodeDecodeError, error, Malformed)
_RESOURCE_LOGS = 10


class Decoder:
    """Remembers what requests have in common. One for a receiver."""

    def __init__(self) -> None:
        self._texts = Texts()
        self._attributes = Attributes(self._texts)
        self._origins = Origins()

    def decode(self, body: bytes) -> Decoded:
        """The events of a request. Raises Malformed and TooMany."""
        decoded = Decoded()
        # The fast way may look at the byte after a record.
        data = body + b"\0"
        for field in fields(data, 0, len(body)):
            if field.tag == _RESOURCE_LOGS:
                self._resource_logs(data, field, decoded)
        return decoded

    def _resource_logs(self, data: bytes, field: Field, decoded: Decoded) -> None:
        resource = scopes(data, field.begin, field.end)
        for at, end in resource.members:
            room = MOST_RECORDS - decoded.records
            scope = records(data, at, end, room)
            key = (resource.head, resource.schema_url, scope.head, scope.schema_url)
            origin = self._origins.of(key, lambda key=key: resource_of(*key))  # type: ignore[misc]
            self._records(data, scope.members, origin, decoded)

    def _records(  # noqa: C901, PLR0912, PLR0915  one loop, for a call costs as much as a field
        self, data: bytes, spans: list[Span], resource: Resource, decoded: Decoded
    ) -> None:
        add, texts, known = decoded.events.append, self._texts, self._attributes
        for begin, end in spans:
            p = begin
            time = severity = observed = flags = 0
            text = name = ""
            trace = span = b""
            body: Any = None
            attributes: dict[str, Any] = {}
            try:
                while p < end:
                    start, tag = p, data[p]
                    if tag == 9:
                        time, tag, number, following, n = _HEAD(data, p + 1)
                        if tag == 16 and following == 26 and n < 128:
                            severity, p = number, p + 13 + n
                            text = texts[data[p - n : p]]
                            tag = data[p]
                        else:
                            p += 9
                    if tag == 16:
                        severity, p = data[p + 1], p + 2
                        tag = data[p]
                    if tag == 26 and (n := data[p + 1]) < 128:
                        p += 2 + n
                        text = texts[data[p - n : p]]
                        tag = data[p]
                    if tag == 42:
                        n = data[p + 1]
                        if n < 128:
                            q = p + 2 + n
                            if data[p + 2] != 10 or data[p + 3] != n - 2:
                                raise Doubt
                            body = data[p + 4 : q].decode()
                        else:
                            q = p + 3 + (n & 127 | data[p + 2] << 7)
                            body = _long_body(data, p + 2, q)
                        p = q
                        tag = data[p]
                    while tag == 50:
                        n = data[p + 1]
                        if n < 128:
                            q = p + 2 + n
                            key, value = known[data[p:q]]
                        else:
                            q = p + 3 + (n & 127 | data[p + 2] << 7)
                            key, value = long_text(data, p + 3, q, texts)
                        attributes[key] = value
                        p = q
                        tag = data[p]
                    if tag == 69:
                        flags, tag, trace, following, span = _CONTEXT(data, p + 1)
                        if tag != _TRACE_ID or following != _SPAN_ID:
                            raise Doubt
                        p += 33
                        tag = data[p]
                    if tag == 89:
                        (observed,) = _TIME(data, p + 1)
                        p += 9
                        tag = data[p]
                    if tag == 98 and p < end and (n := data[p + 1]) < 128:
                        p += 2 + n
                        name = texts[data[p - n : p]]
                    if p == start:
                        raise Doubt
                if p != end or severity > 24 or (time | observed) >> 63:
                    raise Doubt
            except _IN_DOUBT:
                _read_strictly(data, (begin, end), resource, decoded)
                continue
            add(
                Event(
                    time, body, attributes, severity, text, observed, trace, span, flags, name,
                    resource,
                )
            )  # fmt: skip


def _long_body(data: bytes, at: int, end: int) -> str:
    """The string of a body of two length bytes, the second of which lies there."""
    size = end - at - 4
    if data[at] > 127 or data[at + 1] != 10 or data[at + 2] != (size & 127 | 128):
        raise Doubt
    if data[at + 3] != size >> 7:
        raise Doubt
    return data[at + 4 : end].decode()


def _read_strictly(data: bytes, span: Span, resource: Resource, decoded: Decoded) -> None:
    at, end = span
    try:
        event, invalid = read_record(data, at, end, resource)
    except Unacceptable as e:
        decoded.refused.append(Refused(data[at:end], f"{e}, in the log record at byte {at}"))
    else:
        decoded.events.append(event)
        decoded.invalid += invalid
