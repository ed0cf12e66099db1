"""Where records are from: Resource and InstrumentationScope in, the event's resource out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from collector.api import Resource, Scope

from .failure import Malformed, Unacceptable
from .values import Reader
from .wire import fields

_UINT32 = (1 << 32) - 1
#: Resources with their scopes that are remembered, of at most `_LONGEST` bytes.
_MOST, _LONGEST = 2048, 4096
_NAMES: Final = {10: "name", 18: "version"}


#: The bytes of a resource, its schema URL, a scope, and its schema URL.
Key = tuple[bytes, bytes, bytes, bytes]


class Origins:
    """Resources by the bytes they came as: the same ones are one object, as exporters like it."""

    def __init__(self) -> None:
        self._known: dict[Key, Resource] = {}

    def of(self, key: Key, make: Callable[[], Resource]) -> Resource:
        """The one that was made before, or is now."""
        found = self._known.get(key)
        if found is None:
            found = make()
            if len(self._known) >= _MOST:
                self._known.clear()
            if sum(map(len, key)) <= _LONGEST:
                self._known[key] = found
        return found


def resource_of(resource: bytes, url: bytes, scope: bytes, scope_url: bytes) -> Resource:
    """Both, and their schema URLs, from the messages' bytes. Raises Malformed."""
    try:
        named = _scope(scope, scope_url) if scope or scope_url else None
        attributes, dropped, _ = _facts(resource, attribute=10, dropped=16)
    except (Malformed, Unacceptable) as e:
        raise Malformed(f"{e}, in a resource or a scope") from None
    return Resource(attributes, named, _shown(url), dropped)


def _scope(scope: bytes, url: bytes) -> Scope:
    attributes, dropped, names = _facts(scope, attribute=26, dropped=32)
    return Scope(names.get("name", ""), names.get("version", ""), attributes, _shown(url), dropped)


def _facts(data: bytes, attribute: int, dropped: int) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Attributes, how many were dropped, and of a scope its names."""
    reader = Reader(data)
    found: dict[str, Any] = {}
    names: dict[str, str] = {}
    count = 0
    for field in fields(data, 0, len(data)):
        if field.tag == attribute:
            key, found[key] = reader.attribute(field.begin, field.end)
        elif field.tag == dropped:
            count = field.number & _UINT32
        elif field.tag in _NAMES:
            names[_NAMES[field.tag]] = reader.text(field)
    return found, count, names


def _shown(text: bytes) -> str:
    return text.decode("utf-8", "backslashreplace")
