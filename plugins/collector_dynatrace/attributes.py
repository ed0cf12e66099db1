"""Any attributes in, attributes the API takes unchanged out: flat, legal names, within limits.

The careful way, some microseconds an event; `rows` decides which events need it. What is
cut, renamed for a clash or removed is named in `Tidy.trimmed`. Nothing here raises,
whatever the values are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

import orjson

from .limits import Limits, cut

#: Names that would change the record's meaning when they came as attributes (the API looks
#: special keys up in any case). `status` and `event.type` are computed by the server.
GUARDED = frozenset({"timestamp", "loglevel", "content", "status", "event.type"})
#: The server's own.
GUARDED_PREFIXES = ("dt.ingest.", "dt.openpipeline.")
#: The attribute that lists what was trimmed in a record.
TRIMMED_KEY = "collector.trimmed"

_JSON = orjson.OPT_NON_STR_KEYS
_INT64 = 1 << 63
_UINT64 = 1 << 64
#: A value nested deeper, or of more parts, is not worth showing whole.
_MAX_DEPTH, _MAX_PARTS = 16, 10_000


def is_guarded(key: str) -> bool:
    """Whether an attribute of this name is renamed `attr.<key>`."""
    lowered = key.lower()
    return lowered in GUARDED or lowered.startswith(GUARDED_PREFIXES)


def clean(text: str) -> str:
    """The same text; what UTF-8 cannot hold, a surrogate, becomes visible as its escape."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text


def json_text(value: Any) -> str:
    """JSON of any value at all; what JSON cannot say becomes text."""
    try:
        return orjson.dumps(value, str, _JSON).decode()
    except (TypeError, ValueError, RecursionError):
        return orjson.dumps(_Plain().of(value, 1)).decode()


def scalar(value: Any) -> str | int | float | bool | None:
    """A single value as JSON has it, of any length; None where there is nothing to send."""
    match value:
        case str() if type(value) is str:
            return clean(value)
        case bool() | None:
            return value
        case int() if type(value) is int:
            return value if -_INT64 <= value < _UINT64 else _digits(value)
        case float() if type(value) is float:
            return value if math.isfinite(value) else str(value)
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "backslashreplace")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return _shown(value)


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError:  # more digits than Python likes to write in decimal
        return hex(value)


def _shown(value: Any) -> str:
    try:
        return clean(str(value))
    except Exception:  # noqa: BLE001  whatever an object's __str__ raises
        return f"<{type(value).__name__}>"


def _listed(value: Any) -> bool:
    return isinstance(value, list | tuple | set | frozenset)


class _Plain:
    """Copies a value into what orjson takes for certain, up to a depth and a number of parts."""

    def __init__(self) -> None:
        self._left = _MAX_PARTS

    def of(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if depth > _MAX_DEPTH or self._left < 0:
            return "..."
        if isinstance(value, Mapping):
            return {str(scalar(k)): self.of(v, depth + 1) for k, v in self._some(value.items())}
        if _listed(value):
            return [self.of(item, depth + 1) for item in self._some(value)]
        return scalar(value)

    def _some(self, items: Any) -> list[Any]:
        return list(items)[: max(self._left, 0)]


class Tidy:
    """Makes one attribute dict at a time fit `limits`; afterwards `trimmed` says what it took.

    `trimmed` holds `key`, `value`, `values` (of a list), `count` and `depth` for what was
    cut or removed there, `clash` for a second attribute of one name (in any case: the server
    does not tell them apart), which is kept as `overwritten1.<key>`, as the server names it.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._short = limits.value
        self._names: dict[str, tuple[str, str, bool]] = {}
        self._out: dict[str, Any] = {}
        self._taken: set[str] = set()
        self._room = 0
        self.trimmed: set[str] = set()

    def tidy(self, attributes: Mapping[Any, Any], room: int) -> dict[str, Any]:
        """At most `room` flat attributes. Of too many the last are left out."""
        self._out, self._taken, self.trimmed = {}, set(), set()
        out, taken = self._out, self._taken
        self._room = room
        names, short = self._names, self._short
        for key, value in attributes.items():
            # Most values of most events need nothing: 0.2 us instead of 1.
            kind, named = type(value), names.get(key)
            if (
                named is not None
                and named[2]
                and named[1] not in taken
                and (
                    (kind is str and len(value) <= short and value.isascii())
                    or (kind is int and -_INT64 <= value < _INT64)
                )
                and len(out) < room
            ):
                out[named[0]] = value
                taken.add(named[1])
            else:
                self._put(key if type(key) is str else str(scalar(key)), value, 1)
        return out

    def cut(self, text: str, limit: int, what: str) -> str:
        """The beginning of a clean text that has at most `limit` bytes; noted when it is less."""
        short = cut(text, limit)
        if short is not text:
            self.trimmed.add(what)
        return short

    def _put(self, key: str, value: Any, depth: int) -> None:
        if len(self._out) >= self._room:
            self.trimmed.add("count")
        elif isinstance(value, Mapping) and value:
            self._flatten(key, value, depth)
        elif _listed(value):
            self._set(key, self._list(value))
        else:
            found = json_text(value) if isinstance(value, Mapping) else scalar(value)
            if type(found) is str:
                found = self.cut(found, self._limits.value, "value")
            if found is not None:
                self._set(key, found)

    def _flatten(self, key: str, value: Mapping[Any, Any], depth: int) -> None:
        if depth >= self._limits.depth:
            self.trimmed.add("depth")
            self._set(key, self.cut(json_text(value), self._limits.value, "value"))
            return
        for name, inner in value.items():
            self._put(f"{key}.{name if type(name) is str else scalar(name)}", inner, depth + 1)

    def _list(self, values: Any) -> list[Any]:
        """Of one type, as the server stores it: else all become strings, objects JSON."""
        most = self._limits.values
        if len(values) > most:
            self.trimmed.add("values")
        found = [
            json_text(item) if isinstance(item, Mapping) or _listed(item) else scalar(item)
            for item in list(values)[:most]
        ]
        kinds = {type(item) for item in found if item is not None}
        if not (len(kinds) <= 1 or kinds == {int, float}):
            found = [
                item if item is None or type(item) is str else json_text(item) for item in found
            ]
        limit = self._limits.value
        return [self.cut(x, limit, "value") if type(x) is str else x for x in found]

    def _set(self, key: str, value: Any) -> None:
        name, lowered, whole = self._names.get(key) or self._named(key)
        if not whole:
            self.trimmed.add("key")
        if lowered in self._taken:
            name, lowered = self._free(name)
        self._taken.add(lowered)
        self._out[name] = value

    def _named(self, key: str) -> tuple[str, str, bool]:
        """A legal name for a key, the same in lower case, and whether none of it was cut."""
        full = clean(key) or "_"
        if is_guarded(full):
            full = f"attr.{full}"
        name = cut(full, self._limits.key)
        if len(self._names) >= 10_000:  # keys are the senders': a bound, and a cheap one
            self._names.clear()
        self._names[key] = named = (name, name.lower(), name is full)
        return named

    def _free(self, name: str) -> tuple[str, str]:
        self.trimmed.add("clash")
        number = 1
        while True:
            other = cut(f"overwritten{number}.{name}", self._limits.key)
            if other.lower() not in self._taken:
                return other, other.lower()
            number += 1
