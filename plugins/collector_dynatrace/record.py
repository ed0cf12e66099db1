"""The three fields that every record has: timestamp, loglevel and content, made from an event."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import orjson

from collector.api import Event

from .attributes import clean, json_text
from .limits import NO_LEVEL, level_of

#: OpenTelemetry's severity numbers, 0 to 24, as Dynatrace's levels. 10 is syslog's notice, 18
#: its critical, 19 its alert and 21 its emergency.
LOGLEVELS = (
    NO_LEVEL,
    *["DEBUG"] * 8,
    "INFO",
    *["NOTICE"] * 3,
    *["WARN"] * 4,
    "ERROR",
    "CRITICAL",
    *["ALERT"] * 2,
    *["EMERGENCY"] * 4,
)
#: Where a restamped event keeps the time it said, to the nanosecond.
ORIGINAL_KEY = "original.timestamp"

_SECOND, _MS = 10**9, 10**6
#: Older than 24 h is refused, and an hour is left for what a request meets on its way.
STALE_NS = 23 * 3600 * _SECOND
#: From 10 minutes ahead on the server restamps by itself, and forgets what the event said.
_AHEAD = 9 * 60 * _SECOND
#: How long a stamp is remembered: what is 23 h old changes slowly.
_LIFE = 60 * _SECOND
_MAX_STAMPS = 4096


def loglevel(severity: Any) -> str:
    """The level for a severity number, or for a text where there was no number."""
    if type(severity) is int:
        return LOGLEVELS[severity] if 0 <= severity < len(LOGLEVELS) else NO_LEVEL
    return level_of(severity) if type(severity) is str else NO_LEVEL


def content(body: Any) -> str:
    """Text of any body, of any length: a string as it is, nothing as "", the rest as JSON."""
    if type(body) is str:
        return clean(body)
    if body is None:
        return ""
    if isinstance(body, bytes | bytearray):
        return bytes(body).decode("utf-8", "backslashreplace")
    return json_text(body)


def instant(ns: int) -> tuple[str, int]:
    """`2026-11-23T10:15:00.` and the nanoseconds that follow."""
    second, rest = divmod(ns, _SECOND)
    return time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(second)), rest


class Stamps:
    """Timestamps as RFC 3339 in UTC with exactly three digits: six were answered with 400.

    `cached` maps milliseconds since the epoch to what goes into the row: text, or, for a
    time that the server would not take, the time of now and the original beside it.
    """

    def __init__(self, now: Callable[[], int] = time.time_ns, *, restamp: bool = True) -> None:
        self._now = now
        self._restamp = restamp
        self._born = 0
        self.cached: dict[int, str | orjson.Fragment] = {}
        #: Whether a restamped time is among them.
        self.restamps = False

    def refresh(self) -> None:
        """Forget what may have grown old. Once a batch."""
        now = self._now()
        if not 0 <= now - self._born < _LIFE:
            self._clear(now)

    def stamp(self, time_ns: Any, observed_ns: Any) -> str | orjson.Fragment:
        """For an event that says this time, or was seen at that, or has neither."""
        chosen = self._chosen(time_ns, observed_ns)
        ms = chosen // _MS
        found = self.cached.get(ms)
        if found is None:
            if len(self.cached) >= _MAX_STAMPS:
                self._clear(self._now())
            found = self.cached[ms] = self._made(chosen)
        return found

    def restamped(self, time_ns: Any, observed_ns: Any) -> bool:
        """Whether `stamp` gives such an event another time."""
        chosen, now = self._chosen(time_ns, observed_ns), self._now()
        return (chosen < now - STALE_NS and self._restamp) or chosen > now + _AHEAD

    def oldest(self, events: Sequence[Event]) -> int:
        """The oldest time, in ns, that the rows of these events have: there is at least one."""
        with suppress(TypeError):
            oldest = min([event.time for event in events])
            if type(oldest) is int and oldest > 0 and not self.restamped(oldest, 0):
                return oldest
        now = self._now()
        chosen = [self._chosen(event.time, event.observed_time) for event in events]
        return min(now if self.restamped(time, 0) else time for time in chosen)

    def _chosen(self, time_ns: Any, observed_ns: Any) -> int:
        chosen = time_ns or observed_ns
        return chosen if type(chosen) is int and chosen > 0 else self._now()

    def _made(self, ns: int) -> str | orjson.Fragment:
        if not self.restamped(ns, 0):
            return milliseconds(ns)
        self.restamps = True
        text = f'"{milliseconds(self._now())}","{ORIGINAL_KEY}":"{_nanoseconds(ns)}"'
        return orjson.Fragment(text)

    def _clear(self, now: int) -> None:
        self.cached.clear()
        self.restamps = False
        self._born = now


def milliseconds(ns: int) -> str:
    """A timestamp as the API has it."""
    text, rest = instant(ns)
    return f"{text}{rest // _MS:03d}Z"


def _nanoseconds(ns: int) -> str:
    try:
        text, rest = instant(ns)
    except (OverflowError, ValueError, OSError):  # no calendar reaches that far
        return str(ns)
    return f"{text}{rest:09d}Z"
