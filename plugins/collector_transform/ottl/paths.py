"""The paths of OTTL's log context: how each is read, and what setting it does.

The templates are ours; what a statement says chooses between them and is never part of one. In
them stand `e`, the event, `A` its attributes, `C` the cache, which lives for one event, and `W`,
the resources that were made for this batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from msgspec.structs import astuple, replace

from collector.api import Event, Resource, Scope

from .fault import Failed, Fault
from .nearest import did_you_mean
from .syntax import Path
from .values import is_int, is_map, is_moment, is_text, kept, kind, stored, text_of

_ZERO = b"\0"
_INT64 = 1 << 63
_UINT32 = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Field:
    """One path without its keys."""

    #: The code that reads it, and what that gives: `any`, or a type that it always has.
    read: str
    gives: str
    #: Sets it; None where it can only be read.
    write: Callable[[Event, Any], None] | None = None
    #: For what belongs to a resource: the one that stands for it after the change.
    replace: Callable[[Resource, Any], Resource] | None = None


def _text_body(event: Event, value: Any) -> None:
    event.body = is_text(value)


def _body(event: Event, value: Any) -> None:
    event.body = kept(value)


def _attributes(event: Event, value: Any) -> None:
    event.attributes = kept(is_map(value))


def _number(name: str, most: int) -> Callable[[Event, Any], None]:
    def write(event: Event, value: Any) -> None:
        if not 0 <= is_int(value) <= most:
            raise Failed(f"a {name} is 0 to {most}")
        setattr(event, name, value)

    return write


def _text(name: str) -> Callable[[Event, Any], None]:
    def write(event: Event, value: Any) -> None:
        setattr(event, name, stored(is_text(value)))

    return write


def _moment(name: str) -> Callable[[Event, Any], None]:
    def write(event: Event, value: Any) -> None:
        setattr(event, name, _in_range(is_moment(value).ns))

    return write


def _nanoseconds(name: str) -> Callable[[Event, Any], None]:
    def write(event: Event, value: Any) -> None:
        setattr(event, name, _in_range(is_int(value)))

    return write


def _in_range(ns: int) -> int:
    if not 0 <= ns < _INT64:
        raise Failed("a time before 1970 or after 2262")
    return ns


def _id(name: str, size: int, *, written: bool) -> Callable[[Event, Any], None]:
    def write(event: Event, value: Any) -> None:
        setattr(event, name, identity(value, size) if written else _raw(value, size))

    return write


def _raw(value: Any, size: int) -> bytes:
    if type(value) is not bytes or len(value) not in {0, size}:
        raise Failed(f"expected {size} bytes, found {kind(value)}")
    return value if value.strip(_ZERO) else b""


def identity(value: Any, size: int) -> bytes:
    """An id from its bytes or hexadecimal digits; one of zeros is none. Raises Failed."""
    if type(value) is str and len(value) == 2 * size:
        try:
            value = bytes.fromhex(value)
        except ValueError:
            raise Failed("expected hexadecimal digits") from None
    return _raw(value, size)


def _resource_attributes(resource: Resource, value: Any) -> Resource:
    return replace(resource, attributes=stored(is_map(value)))


def _schema_url(resource: Resource, value: Any) -> Resource:
    return replace(resource, schema_url=stored(is_text(value)))


def _dropped(resource: Resource, value: Any) -> Resource:
    return replace(resource, dropped_attributes_count=_count(value))


def _scope(name: str, checked: Callable[[Any], Any]) -> Callable[[Resource, Any], Resource]:
    def changed(resource: Resource, value: Any) -> Resource:
        scope = replace(resource.scope or Scope(), **{name: stored(checked(value))})
        return replace(resource, scope=scope)

    return changed


def _count(value: Any) -> int:
    if not 0 <= is_int(value) <= _UINT32:
        raise Failed(f"a count is 0 to {_UINT32}")
    return int(value)


def _fields(*names: str, **given: Any) -> dict[str, Field]:
    return dict.fromkeys(names, Field(**given))


_LOG: Mapping[str, Field] = {
    "body": Field("e.body", "any", _body),
    "body.string": Field("body_text(e.body)", "any", _text_body),
    "attributes": Field("A", "map", _attributes),
    "cache": Field("C", "map"),
    "severity_number": Field("e.severity_number", "int", _number("severity_number", 24)),
    "severity_text": Field("e.severity_text", "str", _text("severity_text")),
    "event_name": Field("e.event_name", "str", _text("event_name")),
    "flags": Field("e.flags", "int", _number("flags", _UINT32)),
    "dropped_attributes_count": Field(
        "e.dropped_attributes_count", "int", _number("dropped_attributes_count", _UINT32)
    ),
    "time": Field("Moment(e.time)", "time", _moment("time")),
    "time_unix_nano": Field("e.time", "int", _nanoseconds("time")),
    "observed_time": Field("Moment(e.observed_time)", "time", _moment("observed_time")),
    "observed_time_unix_nano": Field("e.observed_time", "int", _nanoseconds("observed_time")),
    "trace_id": Field("e.trace_id", "bytes", _id("trace_id", 16, written=False)),
    "trace_id.string": Field("e.trace_id.hex()", "str", _id("trace_id", 16, written=True)),
    "span_id": Field("e.span_id", "bytes", _id("span_id", 8, written=False)),
    "span_id.string": Field("e.span_id.hex()", "str", _id("span_id", 8, written=True)),
}
_RESOURCE: Mapping[str, Field] = {
    "attributes": Field("e.resource.attributes", "map", replace=_resource_attributes),
    "schema_url": Field("e.resource.schema_url", "str", replace=_schema_url),
    "dropped_attributes_count": Field(
        "e.resource.dropped_attributes_count", "int", replace=_dropped
    ),
    "cache": Field("C", "map"),
}
_SCOPE: Mapping[str, Field] = {
    "name": Field("scope_of(e).name", "str", replace=_scope("name", is_text)),
    "version": Field("scope_of(e).version", "str", replace=_scope("version", is_text)),
    "attributes": Field("scope_of(e).attributes", "map", replace=_scope("attributes", is_map)),
    "schema_url": Field("scope_of(e).schema_url", "str", replace=_scope("schema_url", is_text)),
    "dropped_attributes_count": Field(
        "scope_of(e).dropped_attributes_count",
        "int",
        replace=_scope("dropped_attributes_count", _count),
    ),
    "cache": Field("C", "map"),
}
#: By the word that a path begins with.
CONTEXTS: Mapping[str, Mapping[str, Field]] = {
    "log": _LOG,
    "resource": _RESOURCE,
    "scope": _SCOPE,
    "instrumentation_scope": _SCOPE,
}
_OTHERS = {"span", "spanevent", "metric", "datapoint", "exemplar", "profile"}


def resolved(path: Path, context: str | None) -> tuple[str, Field, tuple[str, ...]]:
    """The context a path speaks of, its field, and names after that, which are keys of a map.

    `context` is that of a path without one. Raises Fault.
    """
    first, *rest = path.names
    if first in CONTEXTS and rest:
        word, names = first, tuple(rest)
    elif context is not None:
        word, names = context, path.names
    else:
        raise Fault(_no_context(first, path.names), path.start, path.end)
    return (_plain_context(word), *_field(path, word, names))


def _plain_context(word: str) -> str:
    return "scope" if word == "instrumentation_scope" else word


def _field(path: Path, word: str, names: tuple[str, ...]) -> tuple[Field, tuple[str, ...]]:
    fields = CONTEXTS[word]
    whole = ".".join(names[:2])
    if whole in fields:
        field, rest = fields[whole], names[2:]
    elif names[0] in fields:
        field, rest = fields[names[0]], names[1:]
    else:
        guess = did_you_mean(names[0], fields) or f"; it has {', '.join(fields)}"
        raise Fault(f"a {word} has no {names[0]}{guess}", path.start, path.end)
    if rest and field.gives not in {"map", "any"}:
        raise Fault(f"{names[0]} has no {rest[0]}", path.start, path.end)
    return field, rest


def _no_context(first: str, names: tuple[str, ...]) -> str:
    if first in _OTHERS:
        return f"{first} is of another signal; paths here begin with log, resource or scope"
    if first == "otelcol":
        return "nothing of a request is kept; the peer's address is net.peer.ip of the resource"
    said = ".".join(names)
    having = [word for word in ("log", "resource", "scope") if first in CONTEXTS[word]]
    if having:
        return f"say whose {first}: {' or '.join(f'{word}.{said}' for word in having)}"
    guess = did_you_mean(first, {*_LOG, *CONTEXTS})
    return f"a path begins with log, resource or scope{guess}"


# --- called by the code that is made ------------------------------------------------------------


def body_text(body: Any) -> str | None:
    """`body.string`."""
    return None if body is None else text_of(body)


_NO_SCOPE = Scope()


def scope_of(event: Event) -> Scope:
    """The scope of an event's resource; one without a name where it has none."""
    return event.resource.scope or _NO_SCOPE


def replace_resource(event: Event, after: Resource, made: dict[Any, Resource]) -> None:
    """Give an event another resource: the same one to all whose change is the same."""
    try:
        scope = after.scope
        said = (after.attributes, after.schema_url, after.dropped_attributes_count)
        parts = astuple(scope) if scope else None
        key = (event.resource, orjson.dumps((said, parts), default=repr))
    except (TypeError, ValueError, RecursionError):
        event.resource = after
    else:
        event.resource = made.setdefault(key, after)


def index(value: Any, key: Any) -> Any:
    """`value[key]`: nil where a map has no such key. Raises Failed where it cannot be indexed."""
    if value is None:
        return None
    if type(value) is dict:
        return value.get(is_text(key))
    if type(value) is list:
        at = is_int(key)
        if 0 <= at < len(value):
            return value[at]
        raise Failed("an index beyond the end of a list")
    raise Failed(f"{kind(value)} has no keys")


def put(value: Any, keys: tuple[Any, ...], new: Any) -> Any:
    """A copy of a map or list in which what the keys lead to is `new`; missing maps are made.

    A copy, since events that came of one share what is below their attributes.
    """
    if not keys:
        return new
    key, rest = keys[0], keys[1:]
    if value is None and type(key) is str:
        value = {}
    if type(value) is dict:
        return {**value, is_text(key): put(value.get(is_text(key)), rest, new)}
    if type(value) is not list:
        raise Failed(f"{kind(value)} has no keys")
    changed = [*value]
    changed[key] = put(index(value, key), rest, new)
    return changed
