"""What a frame may cost, and the types that say what most entries are made of."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

Ext = msgspec.msgpack.Ext

#: What msgspec raises for bytes that are not of a type.
REFUSALS = (msgspec.DecodeError, ValueError, RecursionError, MemoryError, OverflowError)


class Limits(NamedTuple):
    """Of one frame."""

    #: Bytes of the entries, decompressed.
    expanded: int
    entries: int


#: Deeper values are read the slow way; msgspec's type is twice as large with each level.
_FAST_DEPTH = 8


def _value() -> Any:
    scalar = None | bool | int | float | str
    found: Any = scalar
    for _ in range(_FAST_DEPTH):
        found = scalar | list[found] | dict[str, found]
    return found


#: JSON-like values, which need no second look: no bytes, no extensions.
Value: Any = _value()
#: Of an entry; with Fluent Bit's metadata, if it has some.
Time = Ext | int | float | tuple[Ext | int | float, dict[str, Any]]
