"""Values of events: their bounds, their text, and times, which OTTL keeps apart from numbers."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final, TypeVar

import msgspec
import orjson

from .fault import Failed

#: Characters of one value that a statement makes, all of it together; each item counts as some, for
#: its own memory and the time to look at it (0.5 us).
MAX_SIZE = 1 << 20
_ITEM = 16
#: A map of scalars with no more items than this is not measured.
_FEW = 1000
#: Nesting of one value.
MAX_DEPTH = 64

#: Types of which a value can be stored as it is, when an event had it before.
SCALARS: Final = frozenset({str, int, float, bool})
NUMBERS: Final = frozenset({int, float})
_INT64 = 1 << 63
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")


class Moment(msgspec.Struct, frozen=True, order=True):
    """A point in time, in nanoseconds since the epoch, and the zone it is shown in."""

    ns: int
    zone: Any = None  # tzinfo; UTC where it is None

    def date(self) -> datetime:
        """The same to the microsecond, in its zone. Raises Failed where a year is not 1 to 9999."""
        try:
            base = _EPOCH + timedelta(microseconds=self.ns // 1000)
            return base.astimezone(self.zone or UTC)
        except (OverflowError, ValueError):
            raise Failed("a time outside of the years 1 to 9999") from None


class Span(msgspec.Struct, frozen=True, order=True):
    """A length of time in nanoseconds."""

    ns: int


def moment(date: datetime, zone: tzinfo | None = None, ns: int = 0) -> Moment:
    """The moment of a date that has a zone, with the nanoseconds that a datetime cannot hold."""
    since = date - _EPOCH
    seconds = since.days * 86_400 + since.seconds
    return Moment((seconds * 10**6 + since.microseconds) * 1000 + ns, zone)


def wrapped(number: int) -> int:
    """The number as 64 bits keep it."""
    return (number + _INT64) % (1 << 64) - _INT64


def kind(value: Any) -> str:
    """What a value is, for a message: never the value."""
    names = {
        type(None): "nil",
        bool: "a bool",
        int: "an int",
        float: "a double",
        str: "a string",
        bytes: "bytes",
        dict: "a map",
        list: "a list",
        Moment: "a time",
        Span: "a duration",
    }
    return names.get(type(value), "a value of another kind")


def stored(value: Any) -> Any:
    """A value as an event may keep it. Raises Failed where it may not."""
    match value:
        case Moment() | Span():
            said = "FormatTime or UnixNano makes" if isinstance(value, Moment) else "Seconds makes"
            raise Failed(f"{kind(value)} cannot be stored; {said} it a value")
        case bytes():
            return value.hex()
        case dict() if len(value) <= _FEW and SCALARS.issuperset(map(type, value.values())):
            pass  # each is bounded where it was made; measured, this is a fifth of the time
        case dict() | list():
            _measure(value, MAX_SIZE, 0)
        case str() if len(value) > MAX_SIZE:
            raise Failed(f"a string over {MAX_SIZE} characters")
        case int() if not -_INT64 <= value < _INT64:
            return wrapped(value)
    return value


def kept(value: Any) -> Any:
    """As `stored`; a map is copied, for the event's own are changed in place."""
    found = stored(value)
    return found.copy() if type(found) is dict else found


def _measure(value: Any, left: int, depth: int) -> int:
    """How much of the room is left after a value. Lists that share items count them each time."""
    if depth > MAX_DEPTH:
        raise Failed(f"a value nested deeper than {MAX_DEPTH}")
    left -= _ITEM + (len(value) if isinstance(value, str | bytes) else 0)
    if isinstance(value, dict):
        for key, below in value.items():
            left = _measure(below, left - len(key), depth + 1)
    elif isinstance(value, list):
        for below in value:
            left = _measure(below, left, depth + 1)
    elif isinstance(value, Moment | Span):
        raise Failed(f"{kind(value)} cannot be stored")
    if left < 0:
        raise Failed(f"a value larger than {MAX_SIZE} characters and items")
    return left


def text_of(value: Any) -> str:  # noqa: PLR0911 one for each type
    """A value as OpenTelemetry writes it. Raises Failed for nil and what cannot be written."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(wrapped(value))
        case float():
            return number_text(value)
        case bytes():
            return base64.b64encode(value).decode()
        case dict() | list():
            return json_text(value)
        case Moment():
            return str(value.date())
        case Span():
            return f"{value.ns / 1e9:g}s"
    raise Failed(f"expected text, found {kind(value)}")


def number_text(value: float) -> str:
    """A double in the shortest form that reads back the same; short ones without an exponent."""
    if abs(value) < 1e21 and value == int(value):
        return str(int(value))
    return repr(value)


def json_text(value: Any) -> str:
    """JSON, without spaces. Raises Failed."""
    try:
        return orjson.dumps(value, default=_plain_json).decode()
    except (TypeError, ValueError, RecursionError):
        raise Failed("a value that JSON cannot write") from None


def _plain_json(value: Any) -> Any:
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case Moment() | Span():
            return text_of(value)
    raise TypeError


def _of(type_: type[T], name: str) -> Callable[[Any], T]:
    def checked(value: Any) -> T:
        if type(value) is type_:
            return value
        raise Failed(f"expected {name}, found {kind(value)}")

    return checked


# Each gives the value when it is of its type, and raises Failed when not.
is_text = _of(str, "a string")
is_int = _of(int, "an int")
is_bool = _of(bool, "a bool")
is_moment = _of(Moment, "a time")
is_span = _of(Span, "a duration")
is_map: Callable[[Any], dict[str, Any]] = _of(dict, "a map")
is_list: Callable[[Any], list[Any]] = _of(list, "a list")
