"""An event as one JSON object: the file exporter's lines, and what the commands read and print.

Keys are the names of the event's fields, times are nanoseconds, ids are in hexadecimal digits,
`resource` holds the attributes of the resource, and `scope` name, version and attributes of the
scope. What an event does not say is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
import orjson

from .event import NOTHING, Event, Resource, Scope
from .text import as_text

_INT64 = 1 << 63
_DEEPEST = 32
_KEYS = orjson.OPT_NON_STR_KEYS
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_PLANE = 0xFFFF
_TRACE_ID, _SPAN_ID = 16, 8


class NoEvent(ValueError):
    """This is no event in JSON. Says why, and quotes no value."""


class _Record(msgspec.Struct, forbid_unknown_fields=True):
    """The object, as msgspec checks it. `time` may be RFC 3339 text for those who write it."""

    time: int | Annotated[datetime, msgspec.Meta(tz=True)] = 0
    body: Any = None
    attributes: dict[str, Any] = {}
    severity_number: Annotated[int, msgspec.Meta(ge=0, le=24)] = 0
    severity_text: str = ""
    observed_time: int | Annotated[datetime, msgspec.Meta(tz=True)] = 0
    trace_id: str = ""
    span_id: str = ""
    flags: Annotated[int, msgspec.Meta(ge=0, le=0xFFFFFFFF)] = 0
    event_name: str = ""
    dropped_attributes_count: Annotated[int, msgspec.Meta(ge=0, le=0xFFFFFFFF)] = 0
    resource: dict[str, Any] = {}
    schema_url: str = ""
    scope: dict[str, Any] | None = None


#: The keys of such an object.
FIELDS: Final = tuple(_Record.__struct_fields__)


def as_record(event: Event) -> dict[str, Any]:
    """The object of an event; its values are the event's own."""
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


def as_json(value: Any) -> bytes:
    """JSON on one line. What JSON cannot say becomes text; nothing raises."""
    try:
        return orjson.dumps(value, default=text_of, option=_KEYS)
    except TypeError:  # a surrogate, an integer of more than 64 bits, a tuple as key, a deep nest
        return orjson.dumps(plain(value))


def as_shown(value: Any) -> str:
    r"""The same for a terminal: what it would obey, or not show, is `\uNNNN`."""
    return shown_json(as_json(value).decode())


def shown_json(line: str) -> str:
    """A line of JSON, made fit for a terminal; it means the same."""
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else _escape(c) for c in line)


def _escape(character: str) -> str:
    r"""`\uNNNN`, twice for what is beyond the first plane."""
    code = ord(character)
    if code <= _FIRST_PLANE:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def plain(value: Any, depth: int = 0) -> Any:
    """The nearest that JSON can say."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and -_INT64 <= value < _INT64:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {text_of(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth < _DEEPEST:
        return [plain(item, depth + 1) for item in value]
    return text_of(value)


def text_of(value: Any) -> str:
    r"""As text without surrogates; bytes that are not UTF-8 become `\xNN`."""
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "backslashreplace")
    return as_text(value)


def read_event(line: bytes) -> Event:
    """The event of a line of JSON. Raises NoEvent."""
    try:
        return _event(_DECODER.decode(line))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise NoEvent(_why(e)) from None


def event_of(value: Any) -> Event:
    """The event of an object that has been read already. Raises NoEvent."""
    try:
        return _event(msgspec.convert(value, _Record))
    except (msgspec.MsgspecError, RecursionError) as e:
        raise NoEvent(_why(e)) from None


_DECODER = msgspec.json.Decoder(_Record)


def _why(error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError):
        return str(error).replace("`", "").replace(" $.", " ").replace("Object ", "it ")
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return "it is not JSON" if isinstance(error, msgspec.DecodeError) else "it is not UTF-8"


def _event(said: _Record) -> Event:
    return Event(
        _nanoseconds(said.time),
        said.body,
        said.attributes,
        said.severity_number,
        said.severity_text,
        _nanoseconds(said.observed_time),
        _id("trace_id", said.trace_id, _TRACE_ID),
        _id("span_id", said.span_id, _SPAN_ID),
        said.flags,
        said.event_name,
        _resource(said),
        said.dropped_attributes_count,
    )


def _nanoseconds(said: int | datetime) -> int:
    if isinstance(said, int):
        return said
    return (said - _EPOCH) // timedelta(microseconds=1) * 1000


def _id(name: str, said: str, size: int) -> bytes:
    try:
        found = bytes.fromhex(said)
    except ValueError:
        found = b"?"
    if found and len(found) != size:
        raise NoEvent(f"{name} needs {2 * size} hexadecimal digits")
    return found


def _resource(said: _Record) -> Resource:
    if not said.resource and said.scope is None and not said.schema_url:
        return NOTHING
    return Resource(said.resource, _scope(said.scope), said.schema_url)


def _scope(said: dict[str, Any] | None) -> Scope | None:
    if said is None:
        return None
    named = {key: said[key] for key in ("name", "version") if isinstance(said.get(key), str)}
    rest = {key: value for key, value in said.items() if key not in named}
    return Scope(**named, attributes=rest)
