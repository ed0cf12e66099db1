"""What every reader of events does first: data model, parameters, and the lookup of fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..limits import CONTENT_KEYS, RAW_CONTENT_KEY, TIMESTAMP_KEYS
from . import timestamp
from .model import Flat, Room, is_plain, raw, spare, text_of, whole_text
from .parameters import FLATTENED

#: Lower-case key -> the key as it is spelled.
Names = dict[str, str]


class Reader:
    """Reads the events of one request.

    `parameters` are added to every event before its fields are looked up. `too_nested` gathers
    the numbers of events that lost attributes for their depth.
    """

    def __init__(
        self, model: str, parameters: dict[str, Any], now: int, room: Room, depth: int
    ) -> None:
        self.too_nested: list[int] = []
        self.now = now
        self._depth = depth
        self._flattened = model == FLATTENED
        self.content_keys: tuple[str, ...] = (
            CONTENT_KEYS if self._flattened else (*CONTENT_KEYS, RAW_CONTENT_KEY)
        )
        self._parameters = parameters
        self._room = room

    def attributes(self, event: dict[str, Any], number: int) -> dict[str, Any]:
        """Those of the event with this number, before any was looked up. May be the event."""
        found = event if is_plain(event) else self._modelled(event, number)
        return self.with_parameters(found)

    def _modelled(self, event: dict[str, Any], number: int) -> dict[str, Any]:
        if not self._flattened:
            return raw(event)
        flat = Flat(self._depth, self._room)
        flat.add(event)
        if flat.too_nested:
            self.too_nested.append(number)
        return flat.attributes

    def with_parameters(self, attributes: dict[str, Any]) -> dict[str, Any]:
        """The attributes of an event and those of its request, which win."""
        if not self._parameters:
            return attributes
        merged = attributes | self._parameters
        numbers: dict[str, int] = {}
        for key in self._parameters:
            if key in attributes:
                merged[spare(key, merged, numbers)] = attributes[key]
        return merged

    def content(
        self, event: dict[str, Any], attributes: dict[str, Any], names: Names | None
    ) -> str:
        """Taken out of the attributes."""
        key = find(self.content_keys, attributes, names, lists=not self._flattened)
        if key is not None:
            return text_of(attributes.pop(key))
        if not self._flattened:
            return ""
        text = whole_text(event)
        self._room.take(len(text))
        return text

    def time(self, attributes: dict[str, Any], names: Names | None) -> int | None:
        """Taken out of the attributes, or now. None: it could not be read, and is kept as text."""
        key = find(TIMESTAMP_KEYS, attributes, names)
        if key is None:
            return self.now
        said = attributes.pop(key)
        time = timestamp.parse(said, self.now)
        if time is None:
            attributes["unparsed_timestamp"] = text_of(said)
        return time


def spellings(attributes: dict[str, Any]) -> Names | None:
    """Lower-case key -> its first spelling; None where all are lower-case, as they should be."""
    joined = "".join(attributes)
    if joined == joined.lower():
        return None
    names: Names = {}
    for key in attributes:
        names.setdefault(key.lower(), key)
    return names


def find(
    keys: Sequence[str], attributes: dict[str, Any], names: Names | None, *, lists: bool = False
) -> str | None:
    """The key, as it is spelled in the event, of the first that is there and may be used."""
    for wanted in keys:
        key = wanted if names is None else names.get(wanted, "")
        if key in attributes and (lists or not isinstance(attributes[key], list)):
            return key
    return None
