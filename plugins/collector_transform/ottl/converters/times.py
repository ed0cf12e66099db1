"""Converters of times and durations."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ..fault import Failed
from ..signature import DURATION, INT, TEXT, TIME, function, literal, table
from ..values import Moment, Span, wrapped
from .layouts import Layout

_UNITS = {
    "ns": 1,
    "us": 1000,
    "µs": 1000,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_LENGTH = re.compile(r"[-+]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?(?:ns|us|µs|ms|s|m|h))+")
_PART = re.compile(r"([0-9]{1,18})(?:\.([0-9]{0,18}))?(ns|us|µs|ms|s|m|h)")
_INT64 = 1 << 63
#: Of the epoch: Go counts multiples of a duration from the year 1 on, which began on a Monday.
_SINCE_YEAR_1 = 62_135_596_800 * 10**9


def _zone(name: Any) -> ZoneInfo | None:
    if name == "":
        return None
    try:
        return ZoneInfo(str(name))
    except (OSError, ValueError):
        raise ValueError("expected the IANA name of a time zone, such as Europe/Vienna") from None


def _locale(name: Any) -> str:
    if not isinstance(name, str) or name.lower()[:3] not in {"", "en", "en-", "en_"}:
        raise ValueError("no locale but en: names of months and days are English")
    return name


def _parsed(target: str, layout: Layout, zone: ZoneInfo | None, _: object) -> Moment:
    return layout.read(target, zone)


def _formatted(at: Moment, layout: Layout) -> str:
    return layout.write(at)


def _length(duration: str) -> Span:
    if _LENGTH.fullmatch(duration) is None:
        raise Failed("not a duration, such as 1h30m")
    total = 0
    for whole, part, unit in _PART.findall(duration):
        size = _UNITS[unit]
        total += int(whole) * size + (int(part) * size // 10 ** len(part) if part else 0)
    if total >= _INT64:
        raise Failed("a duration of more than 64 bits")
    return Span(-total if duration[0] == "-" else total)


def _truncated(at: Moment, by: Span) -> Moment:
    return Moment(at.ns - (at.ns + _SINCE_YEAR_1) % by.ns, at.zone) if by.ns > 0 else at


def _part(read: Callable[[datetime], int]) -> Callable[[Moment], int]:
    return lambda at: read(at.date())


def _unix(unit: int) -> Callable[[Moment], int]:
    return lambda at: wrapped(at.ns // unit)


def _whole(unit: int) -> Callable[[Span], int]:
    return lambda span: abs(span.ns) // unit * (-1 if span.ns < 0 else 1)


def _real(unit: int) -> Callable[[Span], float]:
    return lambda span: span.ns / unit


_LAYOUT = literal("a format", Layout)
_ZONE = literal("a time zone", _zone)

TIMES = table(
    replace(function("Now", lambda: Moment(time.time_ns()), "time"), pure=False),
    function(
        "Time",
        _parsed,
        "time",
        target=TEXT,
        format=_LAYOUT,
        location=(_ZONE, None),
        locale=(literal("a locale", _locale), "en"),
    ),
    function("FormatTime", _formatted, "str", time=TIME, format=_LAYOUT),
    function("TruncateTime", _truncated, "time", time=TIME, duration=DURATION),
    function("Duration", _length, "duration", duration=TEXT),
    function("Unix", lambda s, n: Moment(s * 10**9 + n), "time", seconds=INT, nanoseconds=(INT, 0)),
    function("UnixNano", _unix(1), "int", value=TIME),
    function("UnixMicro", _unix(10**3), "int", value=TIME),
    function("UnixMilli", _unix(10**6), "int", value=TIME),
    function("UnixSeconds", _unix(10**9), "int", value=TIME),
    function("Year", _part(lambda at: at.year), "int", value=TIME),
    function("Month", _part(lambda at: at.month), "int", value=TIME),
    function("Day", _part(lambda at: at.day), "int", value=TIME),
    function("Hour", _part(lambda at: at.hour), "int", value=TIME),
    function("Minute", _part(lambda at: at.minute), "int", value=TIME),
    function("Second", _part(lambda at: at.second), "int", value=TIME),
    function("Nanosecond", lambda at: at.ns % 10**9, "int", value=TIME),
    function("Weekday", _part(lambda at: at.isoweekday() % 7), "int", value=TIME),
    function("Nanoseconds", _whole(1), "int", value=DURATION),
    function("Microseconds", _whole(10**3), "int", value=DURATION),
    function("Milliseconds", _whole(10**6), "int", value=DURATION),
    function("Seconds", _real(10**9), "float", value=DURATION),
    function("Minutes", _real(60 * 10**9), "float", value=DURATION),
    function("Hours", _real(3600 * 10**9), "float", value=DURATION),
)
