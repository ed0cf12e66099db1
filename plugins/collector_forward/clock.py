"""The forms a time comes in, and what each means in nanoseconds."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import msgspec

Ext = msgspec.msgpack.Ext

SECOND = 1_000_000_000
#: A number this large is not seconds (the year 5138), but a thousand times that is milliseconds.
_UNITS = ((1e17, 1), (1e14, 1_000), (1e11, 1_000_000))
#: What OpenTelemetry's field holds.
_MOST = (1 << 63) - 1
#: Whole seconds of Fluent Bit's group markers.
GROUP_START, GROUP_END = 0xFFFFFFFF, 0xFFFFFFFE
_TIMESTAMP = -1
_UTC_Z = "+00:00"


def nanoseconds(time: Any) -> tuple[int, str]:
    """A time, and the flag it deserves; 0: there is none, so that of receipt serves."""
    if type(time) is Ext:
        return _extension(time)
    if isinstance(time, bool) or time is None:
        return 0, "" if time is None else "bad_timestamp"
    if isinstance(time, int | float):
        return _number(time)
    if isinstance(time, str):
        return _text(time)
    return 0, "bad_timestamp"


def event_time(time: Any) -> int:
    """Whole seconds of an EventTime without nanoseconds, as group markers have; else -1."""
    if type(time) is not Ext or time.code != 0:
        return -1
    data = bytes(time.data)
    return int.from_bytes(data[:4]) if len(data) == 8 and not any(data[4:]) else -1


def _extension(time: Ext) -> tuple[int, str]:
    """Fluentd's EventTime, or MessagePack's own timestamp."""
    data = bytes(time.data)
    if time.code == 0 and len(data) == 8:
        seconds, nanos = int.from_bytes(data[:4]), int.from_bytes(data[4:])
    elif time.code == _TIMESTAMP and len(data) == 4:
        seconds, nanos = int.from_bytes(data), 0
    elif time.code == _TIMESTAMP and len(data) == 8:
        both = int.from_bytes(data)
        seconds, nanos = both & 0x3FFFFFFFF, both >> 34
    elif time.code == _TIMESTAMP and len(data) == 12:
        seconds, nanos = int.from_bytes(data[4:], signed=True), int.from_bytes(data[:4])
    else:
        return 0, "bad_timestamp"
    return _whole(seconds * SECOND + nanos, "bad_timestamp" if nanos >= SECOND else "")


def _number(time: float) -> tuple[int, str]:
    if not math.isfinite(time):
        return 0, "bad_timestamp"
    for above, factor in _UNITS:
        if time > above:
            return _whole(round(time * 1000) * factor // 1000, "scaled_timestamp")
    if isinstance(time, int):
        return _whole(time * SECOND, "")
    # Through microseconds: a double has no more digits than that today.
    return _whole(round(time * 1_000_000) * 1000, "")


def _whole(found: int, flag: str) -> tuple[int, str]:
    return (found, flag) if 0 <= found <= _MOST else (0, "bad_timestamp")


def _text(time: str) -> tuple[int, str]:
    """RFC 3339, or a number: JSON written by hand has both."""
    try:
        return _number(float(time) if "." in time else int(time))
    except (ValueError, OverflowError):
        pass
    try:
        found = datetime.fromisoformat(time)
        if found.tzinfo is None:
            found = datetime.fromisoformat(time + _UTC_Z)
        return _whole(round(found.timestamp() * 1_000_000) * 1000, "")
    except (ValueError, OverflowError):
        return 0, "bad_timestamp"
