"""Civil time in, seconds since the epoch out: zones, their changes, and the missing year.

All raise ValueError for a date or time that does not exist.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Literal, NamedTuple

SECOND = 10**9  # in nanoseconds
# What fits 64 bits of nanoseconds, and is not some device's zero.
YEARS = range(1970, 2262)
_EPOCH = date(1970, 1, 1).toordinal()


class Civil(NamedTuple):
    """A date and a time of day without a zone."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int


def utc(civil: Civil, offset: int = 0) -> int:
    """Seconds since the epoch, where clocks are `offset` seconds east of UTC.

    A second of 60 is the first one of the next minute: RFC 5424 section 6.2.3 forbids it, and
    in a leap second clocks show it.
    """
    year, month, day, hour, minute, second = civil
    if year not in YEARS or hour > 23 or minute > 59 or second > 60:
        raise ValueError("no such time")
    days = date(year, month, day).toordinal() - _EPOCH
    return days * 86400 + hour * 3600 + minute * 60 + second - offset


def local(civil: Civil, zone: tzinfo, now: float) -> tuple[int, bool]:
    """Seconds since the epoch in a zone, and whether there was a choice.

    Of an hour that comes twice the reading nearer to `now`, in seconds; in an hour that is left
    out the clock is taken as not yet put forward (spec section 4, "Zone").
    """
    plain = utc(civil)
    if zone is UTC:
        return plain, False
    moment = datetime(*civil[:5])  # noqa: DTZ001  the zone is what is looked up
    first, second = (
        plain - round((zone.utcoffset(moment.replace(fold=fold)) or timedelta()).total_seconds())
        for fold in (0, 1)
    )
    if second <= first:  # one reading, or none: there `first` is the one shifted forward
        return first, False
    return (first if abs(first - now) <= abs(second - now) else second), True


class Reading(NamedTuple):
    """A time whose year was found, and for which `now`s the year holds: since <= now < until."""

    seconds: int
    since: float
    until: float


#: Of a date that says none: the newest in which it is not too far ahead, that in which it is
#: received, or always the same.
Year = Literal["auto", "receive"] | int


def undated(
    civil: Civil, offset: tzinfo | int, now: float, tolerance: float, year: Year
) -> Reading:
    """The time of a date that says no year. `tolerance`: see `newest`."""
    if year == "auto":
        return newest(civil, offset, now, tolerance)
    return in_year(civil, offset, now, None if year == "receive" else year)


def newest(civil: Civil, offset: tzinfo | int, now: float, tolerance: float) -> Reading:
    """The newest year in which the date exists and lies at most `tolerance` after `now`.

    The year of `civil` is not looked at. A reading that chose between two equal hours holds for
    no other `now` (since = until).
    """
    limit = now + tolerance
    until = float("inf")
    year = datetime.fromtimestamp(limit, UTC).year
    # The 29th of February is 8 years apart around 2100; any other date is there every year.
    leap = civil.month == 2 and civil.day == 29
    for candidate in range(year + (8 if leap else 1), year - 10, -1):
        chosen = False
        try:
            if isinstance(offset, int):
                found = utc(civil._replace(year=candidate), offset)
            else:
                found, chosen = local(civil._replace(year=candidate), offset, now)
        except ValueError:
            continue
        if found <= limit:
            return Reading(found, now if chosen else found - tolerance, now if chosen else until)
        until = found - tolerance
    raise ValueError("no such date")


def in_year(civil: Civil, offset: tzinfo | int, now: float, year: int | None) -> Reading:
    """The date in a year; None: in that of `now`, which holds until that ends."""
    zone = timezone(timedelta(seconds=offset)) if isinstance(offset, int) else offset
    since, until = float("-inf"), float("inf")
    if year is None:
        year = datetime.fromtimestamp(now, zone).year
        since, until = (local(Civil(y, 1, 1, 0, 0, 0), zone, now)[0] for y in (year, year + 1))
    found, chosen = local(civil._replace(year=year), zone, now)
    return Reading(found, now if chosen else since, now if chosen else until)
