"""Timestamps as devices write them: text in, nanoseconds since the epoch out.

Spec section 4, rows 1 to 9 and 11. Rules:

1. What is shaped like a timestamp and names no real time is consumed, and said to be bad. So is
   what names the year of a clock that was never set, 1970, or a time too far ahead.
2. A date without a year gets the newest one that is not too far ahead (`clock.newest`).
3. Reading a stamp costs microseconds, so all of it but its fraction is remembered: `seconds`,
   `tails`, `wholes` and `recent` are there for the parser's loop to look into by itself.
"""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import NamedTuple

from .clock import SECOND, YEARS, Civil, Year, local, undated, utc
from .memo import remember
from .priority import MONTHS
from .zone import ZoneWords
from .zone import seconds as zone_seconds

#: `.000` to `.999`: nanoseconds. The first half of a fraction, and a proof that it is one.
MILLIS = {f".{n:03d}": n * 10**6 for n in range(1000)}
#: Characters of `2003-10-11T22:14:15`, and with milliseconds.
ISO_SIZE = 19
MILLIS_SIZE = 23
#: Characters of `Oct 11 22:14:15 `, with the space that must follow.
BSD_SIZE = 16
_MONTHS = {name.lower(): number for number, name in enumerate(MONTHS, 1)}

_TIME = r"([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]{1,9}+)[0-9]*+)?"
# Rows 1 and 2.
_ISO = re.compile(
    rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})[Tt ]{_TIME}([Zz]|[+-][0-9]{{2}}(?::?[0-9]{{2}})?)?"
)
# Rows 3 to 5, 8: the year before the month or after the day; for after the time see `_year`.
_BSD = re.compile(
    rf"([*.]?)(?:([0-9]{{4}}) )?([A-Za-z]{{3}}) {{1,2}}([0-9]{{1,2}})(?: ([0-9]{{4}}))? {_TIME}"
)
# Row 11: day and month in either order, as the device is set.
_SLASHED = re.compile(rf"([0-9]{{2}})/([0-9]{{2}})/([0-9]{{4}}):{_TIME}")
_AFTER = r"(?=:?(?:[ \t]|$)|:%)"
_YEAR = re.compile(rf" ([0-9]{{4}}){_AFTER}")
# Row 6. A word of capitals is a zone when it is a known one, or where nothing else can stand:
# before a year (RFC 3164 section 5.4) or before a Cisco mnemonic.
_ZONE = re.compile(
    rf" ?([A-Z]{{1,5}}(?:[+-][0-9]{{1,2}}(?::?[0-9]{{2}})?)?|[+-][0-9]{{2}}:?[0-9]{{2}}){_AFTER}"
)
_SURELY_ZONE = re.compile(r" [A-Z]{2,5}(?=: ?%| [0-9]{4} )")
# What a zone or a year begins with: a look at it saves three searches.
_SUFFIX_STARTS = frozenset("+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
# Row 9.
_EPOCH = re.compile(r"([0-9]{9,10})(?:\.([0-9]{1,9}+)[0-9]*+)?(?= |$)")
#: Until then a clock that nobody has set runs.
_FIRST = 365 * 86400 * SECOND
#: What an offset can add to a time.
_MOST_OFFSET = 16 * 3600 * SECOND
_QUALITY = {"": "", "*": "never_synchronized", ".": "synchronization_lost"}


class Stamp(NamedTuple):
    """A timestamp that was found."""

    #: Nanoseconds since the epoch; None when it names no real time.
    time: int | None
    #: Where it ends in the text, a colon after it included.
    end: int
    #: It had a zone's word that nobody knows.
    unknown_zone: bool = False
    #: What Cisco's leading `*` or `.` says of the clock (row 8); "" = nothing.
    quality: str = ""


class _Suffix(NamedTuple):
    """What may follow a time of day: a zone and a year, in either order."""

    end: int
    #: The year, when it is here.
    year: str
    #: There is a year, here or before.
    dated: bool
    #: Seconds east of UTC; None = the listener's zone.
    offset: int | None
    unknown_zone: bool


class Timestamps:
    """Reads the timestamps of one listener, which has one zone."""

    def __init__(
        self, zone: tzinfo, words: ZoneWords, tolerance: float, year: Year = "auto"
    ) -> None:
        """`tolerance`: seconds that a date without a year may lie ahead. `year`: see `Year`."""
        self._year = year
        self._zone = zone
        self._words = words
        self._tolerance = tolerance
        #: `2003-10-11T22:14:15` read as UTC: nanoseconds.
        self.seconds: dict[str, int] = {}
        #: What comes after the milliseconds, zone included, `034Z` or `034+02:00`: nanoseconds.
        self.tails: dict[str, int] = {}
        #: Stamps with a zone and without a fraction, `2003-10-11T22:14:15Z`: nanoseconds.
        self.wholes: dict[str, int] = {}
        #: `Oct 11 22:14:15 `, valid for a `now` from `_since` until before `_until`.
        self.recent: dict[str, int] = {}
        self._now = self._since = self._until = 0.0
        self._limit = 0

    def at(self, now_ns: int) -> None:
        """It is `now_ns`. Call it before reading, and before looking into `recent`."""
        self._now = now_ns / SECOND
        self._limit = now_ns + round(self._tolerance * SECOND)
        if not self._since <= self._now < self._until:
            self.recent.clear()
            self._since, self._until = float("-inf"), float("inf")

    def iso(self, stamp: str) -> int | None:
        """The time of a stamp whose parts were read before, else None."""
        milliseconds = MILLIS.get(stamp[ISO_SIZE:MILLIS_SIZE])
        if milliseconds is None:
            return self.wholes.get(stamp)
        base, tail = self.seconds.get(stamp[:ISO_SIZE]), self.tails.get(stamp[MILLIS_SIZE:])
        return None if base is None or tail is None else base + milliseconds + tail

    def read(self, text: str, start: int) -> Stamp | None:
        """The timestamp at `start`; a space, a tab, `:%` or the end of the text must follow it."""
        stamp = self._recent(text, start) or (
            self._read_numeric(text, start)
            if text[start : start + 1].isdecimal()
            else self._read_bsd(text, start)
        )
        if stamp is None:
            return None
        end = stamp.end
        if text.startswith(":", end):  # row 7
            end += 1
            stamp = stamp._replace(end=end)
            if text.startswith("%", end):
                return stamp
        return stamp if text[end : end + 1] in {"", " ", "\t"} else None

    def _recent(self, text: str, start: int) -> Stamp | None:
        """One of the plainest form that was read before; what follows cannot belong to it."""
        end = start + BSD_SIZE
        if text[end : end + 1] in _SUFFIX_STARTS:
            return None
        time = self.recent.get(text[start:end])
        return None if time is None else Stamp(time, end - 1)

    def _read_numeric(self, text: str, start: int) -> Stamp | None:
        """One that begins with a digit."""
        if text.startswith("-", start + 4):
            return self.read_iso(text, start)
        if text.startswith("/", start + 2):
            return self._read_slashed(text, start)
        return self._read_bsd(text, start)

    def epoch(self, text: str, start: int) -> Stamp | None:
        """Seconds since the epoch, with or without a fraction (Meraki, row 9)."""
        found = _EPOCH.match(text, start)
        if found is None:
            return None
        time = int(found[1]) * SECOND + _nanoseconds(found[2])
        return Stamp(self._likely(time), found.end())

    def _likely(self, time: int) -> int | None:
        """The time, unless it cannot be the one that was meant (rule 1)."""
        return time if _FIRST <= time <= self._limit else None

    def read_iso(self, text: str, start: int) -> Stamp | None:
        """The timestamp of rows 1 and 2 at `start`, whatever follows it."""
        found = _ISO.match(text, start)
        if found is None:
            return None
        *parts, fraction, zone = found.groups()
        civil = Civil(*map(int, parts))
        if zone is None:
            suffix = self._suffix(text, found.end(), dated=True)
            return Stamp(self._time(civil, fraction, suffix), suffix.end, suffix.unknown_zone)
        offset = zone_seconds(zone)
        try:
            time = None if offset is None else utc(civil) * SECOND
        except ValueError:
            time = None
        if offset is None or time is None:
            return Stamp(None, found.end())
        meant = self._likely(time - offset * SECOND + _nanoseconds(fraction))
        if _FIRST + _MOST_OFFSET <= time <= self._limit - _MOST_OFFSET:  # whatever the offset is
            self._remember_iso(found[0], zone, time, offset)
        return Stamp(meant, found.end())

    def _remember_iso(self, text: str, zone: str, time: int, offset: int) -> None:
        if text[ISO_SIZE:MILLIS_SIZE] in MILLIS:
            tail = text[MILLIS_SIZE : -len(zone)]
            if len(tail) <= 3:  # the tails of nanoseconds would only fill the memory
                remember(self.seconds, text[:ISO_SIZE], time)
                left = _nanoseconds("000" + tail) - offset * SECOND
                remember(self.tails, text[MILLIS_SIZE:], left)
        elif text[ISO_SIZE:] == zone:
            remember(self.wholes, text, time - offset * SECOND)

    def _read_bsd(self, text: str, start: int) -> Stamp | None:
        found = _BSD.match(text, start)
        month = _MONTHS.get(found[3].lower()) if found else None
        if found is None or month is None:
            return None
        mark, first, _, day, middle, hour, minute, second, fraction = found.groups()
        suffix = self._suffix(text, found.end(), dated=bool(first or middle))
        regular = ""
        if not suffix.dated:
            regular = f"{text[found.start(3) : found.end(8)]} {text[found.end() : suffix.end]}"
            time = self.recent.get(regular)
            if time is not None:
                time += _nanoseconds(fraction)
                return Stamp(time, suffix.end, suffix.unknown_zone, _QUALITY[mark])
        year = int(first or middle or suffix.year or 0)
        civil = Civil(year, month, int(day), int(hour), int(minute), int(second))
        time = self._time(civil, fraction, suffix, regular)
        return Stamp(time, suffix.end, suffix.unknown_zone, _QUALITY[mark])

    def _read_slashed(self, text: str, start: int) -> Stamp | None:
        """NetScaler's; of two readings the one nearer to now."""
        found = _SLASHED.match(text, start)
        if found is None:
            return None
        *parts, fraction = found.groups()
        first, second, year, hour, minute, sec = map(int, parts)
        suffix = self._suffix(text, found.end(), dated=True)
        times = [
            self._time(Civil(year, month, day, hour, minute, sec), fraction, suffix)
            for month, day in ((first, second), (second, first))
        ]
        known = [time for time in times if time is not None]
        time = min(known, key=lambda time: abs(time - self._now * SECOND), default=None)
        return Stamp(time, suffix.end, suffix.unknown_zone)

    def _suffix(self, text: str, end: int, *, dated: bool) -> _Suffix:
        """What follows a time of day that ends at `end` and may have had its year before."""
        year = ""
        at = end + text.startswith(" ", end)
        if text[at : at + 1] not in _SUFFIX_STARTS:
            return _Suffix(end, year, dated, None, unknown_zone=False)
        if not dated:
            year, end = _year(text, end)
            dated = bool(year)
        found = _ZONE.match(text, end)
        offset = self._words.seconds(found[1]) if found else None
        if offset is None:
            found = _SURELY_ZONE.match(text, end)
        if found is None:
            return _Suffix(end, year, dated, None, unknown_zone=False)
        end = found.end()
        if not dated:
            year, end = _year(text, end)
            dated = bool(year)
        return _Suffix(end, year, dated, offset, unknown_zone=offset is None)

    def _time(
        self, civil: Civil, fraction: str | None, suffix: _Suffix, regular: str = ""
    ) -> int | None:
        """The nanoseconds of a civil time, None if there is no such time.

        `regular`: the text without fraction, when it may be remembered by that.
        """
        where = self._zone if suffix.offset is None else suffix.offset
        try:
            if not suffix.dated:
                seconds = self._newest(civil, where, regular)
            elif isinstance(where, int):
                seconds = utc(civil, where)
            else:
                seconds, _ = local(civil, where, self._now)
        except ValueError:
            return None
        time = seconds * SECOND + _nanoseconds(fraction)
        return self._likely(time) if suffix.dated else time

    def _newest(self, civil: Civil, where: tzinfo | int, regular: str) -> int:
        reading = undated(civil, where, self._now, self._tolerance, self._year)
        if regular and reading.since < reading.until:
            remember(self.recent, regular, reading.seconds * SECOND)
            self._since = max(self._since, reading.since)
            self._until = min(self._until, reading.until)
        return reading.seconds


def _year(text: str, end: int) -> tuple[str, int]:
    """The year after a time of day and its end, else nothing and `end`."""
    found = _YEAR.match(text, end)
    if found is None or int(found[1]) not in YEARS:
        return "", end
    return found[1], found.end()


def _nanoseconds(fraction: str | None) -> int:
    return int(fraction.ljust(9, "0")) if fraction else 0
