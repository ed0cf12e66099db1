"""The two data models: how a JSON object becomes attributes without objects in them.

Raw keeps an object as its JSON text; flattened replaces it with dotted keys. In both an array
becomes a list of one type. Keys that clash are renamed `overwritten1.<key>` and so on.
("Ingest JSON and TXT logs", "Data models")
"""

from __future__ import annotations

import json
from typing import Any

import orjson

from .refusal import PREPROCESSED, Refused, Violation, too_large

_PLAIN = frozenset({str, int, float, bool})
_NUMBERS = frozenset({int, float})
_NULL = type(None)
#: Levels of objects and arrays in a value; half of what Python's own JSON writer survives.
MAX_NESTING = 500


def is_plain(event: dict[str, Any]) -> bool:
    """Whether every value is text, a number or a boolean: then there is nothing to do."""
    return _PLAIN.issuperset(map(type, event.values()))


def raw(event: dict[str, Any]) -> dict[str, Any]:
    """Objects as JSON text, arrays of one type, nulls left out."""
    return {key: _value(value) for key, value in event.items() if value is not None}


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return json_text(value)
    return _array(value) if isinstance(value, list) else value


def _array(values: list[Any]) -> list[Any]:
    """All numbers, all booleans or all text; null fits any."""
    kinds = set(map(type, values))
    kinds.discard(_NULL)
    if kinds <= _NUMBERS or kinds <= {bool} or kinds <= {str}:
        return values
    return [None if value is None else text_of(value) for value in values]


def text_of(value: Any) -> str:
    """A JSON value as text: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json_text(value)


def json_text(value: Any) -> str:
    """JSON with a blank after colon and comma, as the page's examples have it. Refuses the absurd.

    orjson would write none, and no more than 254 levels.
    """
    refuse_deep(value)
    return json.dumps(value, ensure_ascii=False)


def refuse_deep(value: Any) -> None:
    """Raises Refused for more levels than MAX_NESTING."""
    if _is_deep(value):
        message = "The nesting is too deep."
        raise Refused(400, "invalid_json_format", message, [Violation(message)])


def _is_deep(value: Any) -> bool:
    """Whether there are more than MAX_NESTING levels; level by level, for recursion may fail."""
    level = _nests([value])
    for _ in range(MAX_NESTING):
        if not level:
            return False
        level = [below for nest in level for below in _nests(nest)]
    return bool(level)


def _nests(values: Any) -> list[Any]:
    inside = values.values() if isinstance(values, dict) else values
    return [value for value in inside if isinstance(value, dict | list)]


def whole_text(event: dict[str, Any]) -> str:
    """The JSON text of an event that has no content of its own."""
    try:
        return orjson.dumps(event).decode()
    except orjson.JSONEncodeError:  # more than 254 levels
        return json_text(event)


class Room:
    """How many bytes a request may still grow by before it is too large after preprocessing."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self, size: int) -> None:
        """Raises Refused when there is no room for `size` bytes more."""
        self._left -= size
        if self._left < 0:
            raise too_large(PREPROCESSED, "internal_buffer_size_limit_reached")


class Flat:
    """One event being flattened: dotted keys to `depth` levels, and what became of the rest.

    `room` also bounds what dotted keys take: one long key around a million short ones would
    otherwise fill the memory.
    """

    def __init__(self, depth: int, room: Room) -> None:
        self.attributes: dict[str, Any] = {}
        #: Whether something lay deeper than `depth` and was removed.
        self.too_nested = False
        self._depth = depth
        self._room = room
        self._losers: dict[str, int] = {}

    def add(self, event: dict[str, Any], prefix: str = "", level: int = 1) -> None:
        """Put the members of an object at `level` under `prefix`."""
        for key, value in event.items():
            path = prefix + key
            if prefix:
                self._room.take(len(prefix))
            if isinstance(value, dict):
                if level < self._depth:
                    self.add(value, path + ".", level + 1)
                else:
                    self.too_nested = True
            elif value is not None:
                self._put(path, _array(value) if isinstance(value, list) else value)

    def _put(self, key: str, value: Any) -> None:
        if key in self.attributes:
            key = spare(key, self.attributes, self._losers)
        self.attributes[key] = value


def spare(key: str, taken: dict[str, Any], numbers: dict[str, int]) -> str:
    """A free name for the value that loses a clash. `numbers` remembers where to go on."""
    n = numbers.get(key, 1)
    while (name := f"overwritten{n}.{key}") in taken:
        n += 1
    numbers[key] = n + 1
    return name
