"""The time and the severity of an event, from fields that say them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collector.api import Event, flag
from collector_syslog.priority import SEVERITIES, WORDS
from collector_syslog.timestamp import Timestamps
from collector_syslog.zone import ZoneWords, zone

_WEEK = 7 * 86400.0
_INT64 = 1 << 63
#: Numbers up to which a time is in seconds, milliseconds and microseconds, and nanoseconds in one:
#: in each, that is the year 5138.
_UNITS = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3))
#: OpenTelemetry's severity number by a word in lower case.
_LEVELS = {word: SEVERITIES[severity][0] for word, severity in WORDS.items()} | {
    "trace": 1,
    "verbose": 1,
    "fatal": 21,
}


class Facts:
    """Reads the fields that a configuration names."""

    def __init__(self, timestamp: str | None, severity: str | None, timezone: str) -> None:
        """`timezone`: of times that do not say theirs. Raises ValueError."""
        self._timestamp = timestamp
        self._severity = severity
        self._stamps = Timestamps(zone(timezone), ZoneWords({}), _WEEK)

    def at(self, now_ns: int) -> None:
        """It is `now_ns`: a date without a year gets its year by that."""
        self._stamps.at(now_ns)

    def note(self, event: Event, fields: Mapping[str, Any]) -> None:
        """Tell the event what its fields say. A time that cannot be read is flagged."""
        if self._timestamp is not None and (said := fields.get(self._timestamp)) is not None:
            time = self._time(said)
            if time is None:
                flag(event, "bad_timestamp")
            else:
                event.time = time
        if self._severity is not None:
            level = fields.get(self._severity)
            number = _LEVELS.get(level.lower()) if type(level) is str else None
            if number is not None:
                event.severity_number, event.severity_text = number, str(level)

    def _time(self, said: Any) -> int | None:
        if type(said) is int or type(said) is float:
            return _nanoseconds(said)
        if type(said) is not str:
            return None
        if said.isascii() and said.isdecimal() and len(said) < 20:
            return _nanoseconds(int(said))
        known = self._stamps.iso(said)  # 0.3 us, where reading takes 8
        if known is not None:
            return known
        stamp = self._stamps.epoch(said, 0) or self._stamps.read(said, 0)
        return stamp.time if stamp and stamp.end == len(said) else None


def _nanoseconds(number: float) -> int | None:
    """Since the epoch, in the unit that gives a time of our days."""
    if not 0 < number < _INT64:
        return None
    unit = next((size for most, size in _UNITS if number < most), 1)
    return number * unit if isinstance(number, int) else round(number * 10**6) * unit // 10**6
