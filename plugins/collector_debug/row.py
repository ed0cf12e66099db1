"""An event as one line of JSON; any event, whatever a plugin has put into it."""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from collector.api import Batch, Event, Request, Resource, Row

_INT64 = 1 << 63
_DEEPEST = 32
_KEYS = orjson.OPT_NON_STR_KEYS


def record(event: Event) -> dict[str, Any]:
    """What an event says, by the names of its fields; what it does not say is left out."""
    said: dict[str, Any] = {"time": event.time, "body": event.body}
    if event.attributes:
        said["attributes"] = event.attributes
    if event.severity_number:
        said["severity_number"] = event.severity_number
    if event.severity_text:
        said["severity_text"] = event.severity_text
    if event.observed_time:
        said["observed_time"] = event.observed_time
    if event.trace_id:
        said["trace_id"] = event.trace_id.hex()
    if event.span_id:
        said["span_id"] = event.span_id.hex()
    if event.flags:
        said["flags"] = event.flags
    if event.event_name:
        said["event_name"] = event.event_name
    if event.dropped_attributes_count:
        said["dropped_attributes_count"] = event.dropped_attributes_count
    said.update(_origin(event.resource))
    return said


def _origin(resource: Resource) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if resource.attributes:
        said["resource"] = resource.attributes
    if resource.schema_url:
        said["schema_url"] = resource.schema_url
    scope = resource.scope
    if scope is not None:
        said["scope"] = {"name": scope.name, "version": scope.version, **scope.attributes}
    return said


def dumps(value: Any) -> bytes:
    """JSON on one line. What JSON cannot say becomes text; nothing raises."""
    try:
        return orjson.dumps(value, default=text, option=_KEYS)
    except TypeError:  # a surrogate, an integer of more than 64 bits, a tuple as key, a deep nest
        return orjson.dumps(plain(value))


def plain(value: Any, depth: int = 0) -> Any:
    """The nearest that JSON can say."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and -_INT64 <= value < _INT64:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {text(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth < _DEEPEST:
        return [plain(item, depth + 1) for item in value]
    return text(value)


def text(value: Any) -> str:
    r"""As text without surrogates; bytes that are not UTF-8 become `\xNN`."""
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "backslashreplace")
    try:
        said = str(value)
    except Exception:  # noqa: BLE001 a broken __str__, a nest too deep for repr
        said = f"<{type(value).__name__}>"
    return said.encode("utf-8", "backslashreplace").decode()


def row(event: Event) -> Row:
    """One line, without its LF."""
    return dumps(record(event))


def lines(batches: Iterable[Batch]) -> list[Row]:
    """A row for each event."""
    return [row(event) for batch in batches for event in batch.events]


def packed(rows: Iterable[Row]) -> Request:
    """Rows as a request: each ends with LF."""
    said = [*rows, b""]
    return Request(body=b"\n".join(said), events=len(said) - 1)


def unpacked(request: Request) -> list[Row]:
    """The inverse."""
    return request.body.split(b"\n")[:-1]


def body(request: Request) -> bytes:
    """The bytes as they were before the core compressed them."""
    return gzip.decompress(request.body) if request.encoding else request.body
