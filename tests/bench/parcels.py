"""Files of what a sender writes at a time: each with its size and the number of its events."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

_HEAD = struct.Struct(">II")


def parcel(data: bytes, events: int) -> bytes:
    """As it lies in a file: how many events it has cannot be seen in it."""
    return _HEAD.pack(len(data), events) + data


def parcels(data: Any) -> Sequence[tuple[memoryview, int]]:
    """Each parcel of a file, and how many events it has."""
    found, at, view = [], 0, memoryview(data)
    while at < len(view):
        size, events = _HEAD.unpack_from(view, at)
        at += _HEAD.size
        found.append((view[at : at + size], events))
        at += size
    return found
