"""Values of events in, numbers that stand for them out.

The number is Python's hash of bytes: 64 bits, keyed for each process, so that no sender can make
two values that share one. By chance, one new event in 10^15 meets one of 10,000 that are known.
"""

from __future__ import annotations

from secrets import token_bytes
from typing import Any

import orjson

from collector.api import Resource, Scope

#: Resources whose number is remembered.
MAX_RESOURCES = 1000
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
_NO_SCOPE = Scope()


def written(value: Any) -> bytes:
    """The same bytes for the same value, whatever the order of its keys; 1 and true differ.

    A value that is nested too deeply is like no other.
    """
    try:
        return orjson.dumps(value, default=_other, option=_OPTIONS)
    except (TypeError, ValueError, RecursionError):  # ints beyond 64 bits, or nesting
        pass
    try:
        return repr(value).encode("utf-8", "backslashreplace")
    except RecursionError:
        return token_bytes(16)


def _other(value: Any) -> Any:
    """Bytes and the like, so that no text is the same."""
    return ["\0", repr(value)]


def fingerprint(value: Any) -> int:
    """Its number."""
    return hash(written(value))


class Sources:
    """The numbers of resources: equal ones have the same, whichever batch they come with."""

    def __init__(self, *without: str) -> None:
        """`without`: attributes that do not count."""
        self._without = without
        self._known: dict[Resource, int] = {}

    def number(self, resource: Resource) -> int:
        """Of a resource and its scope."""
        found = self._known.get(resource)
        if found is None:
            if len(self._known) >= MAX_RESOURCES:
                self._known.clear()
            scope = resource.scope or _NO_SCOPE
            attributes = dict(resource.attributes)
            for name in self._without:
                attributes.pop(name, None)
            whole = [attributes, scope.name, scope.version, scope.attributes]
            found = self._known[resource] = fingerprint(whole)
        return found
