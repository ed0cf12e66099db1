"""What clients write as a timestamp, to nanoseconds since the epoch; and back to text.

Read are epochs as numbers or text (the unit follows from the magnitude), RFC 3339 with what
clients do to it (a blank for the T, no zone, any number of digits) and RFC 3164. Without a
zone UTC is meant. ("Ingest JSON and TXT logs", OpenPipeline limits)
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

SECOND = 1_000_000_000
DAY = 86400

# OpenPipeline limits: the largest number that still counts seconds, milliseconds, microseconds.
_MAX_S, _MAX_MS, _MAX_US = 10**11, 10**14, 10**16 - 1
# No form is longer; a megabyte of digits need not be looked at.
_LONGEST = 64

_MOST_SECONDS = 4096
#: What follows the point of a timestamp with three digits.
_MILLISECONDS = {f"{n:03d}Z": n * 1_000_000 for n in range(1000)}

_EPOCH = re.compile(r"(\d{1,17})(?:[.,](\d+))?", re.ASCII)
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt _](\d\d:\d\d:\d\d)(?:[.,](\d+))?\s*([Zz]|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
_RFC3164 = re.compile(
    r"([A-Z][a-z]{2})\s{1,2}(\d{1,2})(?:\s(\d{4}))?\s(\d\d):(\d\d):(\d\d)(?:\.(\d+))?", re.ASCII
)
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


def parse(value: Any, now: int) -> int | None:
    """The time that `value` means, or None. `now` gives RFC 3164 its year."""
    if isinstance(value, str):
        return _text(value.strip(), now) if len(value) <= _LONGEST else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return _epoch(repr(value))


class Instants:
    """Timestamps as good clients send them, `2026-11-23T10:15:00.123Z`: two look-ups each."""

    def __init__(self) -> None:
        self._seconds: dict[str, int] = {}

    def parse(self, value: Any, now: int) -> int | None:
        """As `parse` does."""
        if type(value) is str:
            second, rest = self._seconds.get(value[:20]), _MILLISECONDS.get(value[20:])
            if second is not None and rest is not None:
                return second + rest
            if rest is not None and value[19] == ".":
                return self._first(value, rest)
        return parse(value, now)

    def _first(self, value: str, rest: int) -> int | None:
        """The first of its second."""
        second = _second(value[:19])
        if second is None:
            return None
        if len(self._seconds) >= _MOST_SECONDS:
            self._seconds.clear()
        self._seconds[value[:20]] = second * SECOND
        return second * SECOND + rest


def _text(text: str, now: int) -> int | None:
    found = _RFC3339.fullmatch(text)
    if found:
        return _rfc3339(found)
    return _epoch(text) if text[:1].isdecimal() else _rfc3164(text, now)


def _epoch(text: str) -> int | None:
    found = _EPOCH.fullmatch(text)
    if found is None:
        return None
    size = int(found[1])
    if size > _MAX_US:
        return None
    digits = 9 if size <= _MAX_S else 6 if size <= _MAX_MS else 3
    return int(found[1] + (found[2] or "")[:digits].ljust(digits, "0"))


def _rfc3339(found: re.Match[str]) -> int | None:
    second = _second(f"{found[1]}T{found[2]}")
    if second is None:
        return None
    zone = found[4] or "Z"
    if zone not in "Zz":
        minutes = int(zone[1:3]) * 60 + int(zone[-2:] if len(zone) > 3 else 0)
        second -= minutes * 60 if zone[0] == "+" else -minutes * 60
    return second * SECOND + _fraction(found[3])


def _rfc3164(text: str, now: int) -> int | None:
    found = _RFC3164.fullmatch(text)
    if found is None:
        return None
    month = _MONTHS.find(found[1]) // 3 + 1  # 0, which no calendar has, for what is no month
    today = datetime.fromtimestamp(now // SECOND, UTC)
    year = int(found[3] or today.year)
    date = f"{year:04d}-{month:02d}-{int(found[2]):02d}T"
    clock = ":".join(found.group(4, 5, 6))
    second = _second(date + clock)
    # The year that is not said: this one, unless that lies more than a day ahead.
    if not found[3] and (second is None or second > now // SECOND + DAY):
        second = _second(f"{year - 1:04d}{date[4:]}{clock}")
    return None if second is None else second * SECOND + _fraction(found[7])


def _fraction(digits: str | None) -> int:
    return int(digits[:9].ljust(9, "0")) if digits else 0


@lru_cache(4096)
def _second(text: str) -> int | None:
    """The epoch of `YYYY-MM-DDTHH:MM:SS` in UTC. Records of one second come together."""
    leap = text.endswith(":60")
    try:
        moment = datetime.strptime(text[:-2] + "59" if leap else text, "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007
    except ValueError:
        return None
    return (moment - datetime(1970, 1, 1)) // timedelta(seconds=1) + leap  # noqa: DTZ001


def text_of(time: int) -> str:
    """RFC 3339 in UTC: milliseconds, or as many digits as it takes."""
    second, rest = divmod(time, SECOND)
    if rest % 1_000_000 == 0:
        return f"{_second_text(second)}.{rest // 1_000_000:03d}Z"
    return f"{_second_text(second)}.{rest:09d}Z"


@lru_cache(4096)
def _second_text(second: int) -> str:
    return f"{datetime(1970, 1, 1) + timedelta(seconds=second):%Y-%m-%dT%H:%M:%S}"  # noqa: DTZ001
