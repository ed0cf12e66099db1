"""A format of times in, a reader and a writer of such times out.

The directives are upstream's, who hands them to Go's `time`, and so are the rules of reading: a
space stands for several, fractions of seconds may be missing, longer, or there unasked, and a time
without a year is of the last 51 weeks or the next one. Zones are read in every numeric form.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from ..fault import Failed
from ..values import Moment, moment

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WHOLE = {
    "D": "%m/%d/%Y", "x": "%m/%d/%Y", "F": "%Y-%m-%d", "T": "%H:%M:%S", "X": "%H:%M:%S",
    "R": "%H:%M", "r": "%I:%M:%S %P", "c": "%a %b %d %H:%M:%S %Y",
}  # fmt: skip
#: Between the two parts of a chunk: what is read, and how it is written.
_FRACTION = r"[.,](?P<{0}>\d{{1,9}})\d*"
_NUMERIC = r"(?P<{0}>Z|[-+]\d\d(?::?\d\d(?::?\d\d)?)?)"
_DIRECTIVE = re.compile(r"%(.?)|([^%]+)", re.DOTALL)
_ZONE = re.compile(r"([-+])(\d\d):?(\d\d)?:?(\d\d)?", re.ASCII)
#: What is ahead of the clock by more is of last year.
_AHEAD = timedelta(days=7)

Write = Callable[[datetime, int], str]


def _named(names: tuple[str, ...], size: int | None = None) -> str:
    return rf"(?P<{{0}}>(?i:{'|'.join(name[:size] for name in names)}))"


def _numbered(field: str, width: int) -> Write:
    return lambda date, _: f"{getattr(date, field):0{width}}"


def _offset(layout: str) -> Write:
    def write(date: datetime, _: int) -> str:
        seconds = round((date.utcoffset() or timedelta()).total_seconds())
        size = abs(seconds)
        parts = {"h": size // 3600, "m": size // 60 % 60, "s": size % 60}
        return ("-" if seconds < 0 else "+") + re.sub(
            "[hms]", lambda c: f"{parts[c[0]]:02}", layout
        )

    return write


def _fraction(digits: int) -> Write:
    return lambda _, ns: f"{ns:09}"[:digits]


#: By letter: the part of a date, how it is read, and how it is written.
_PARTS: dict[str, tuple[str, str, Write]] = {
    "Y": ("year", r"(?P<{0}>\d{{4}})", _numbered("year", 4)),
    "y": ("short_year", r"(?P<{0}>\d\d)", lambda date, _: f"{date.year % 100:02}"),
    "m": ("month", r"(?P<{0}>\d\d)", _numbered("month", 2)),
    "o": ("month", r" ?(?P<{0}>\d{{1,2}})", lambda date, _: f"{date.month:2}"),
    "q": ("month", r"(?P<{0}>\d{{1,2}})", _numbered("month", 1)),
    "b": ("month_name", _named(_MONTHS, 3), lambda date, _: _MONTHS[date.month - 1][:3]),
    "B": ("month_name", _named(_MONTHS), lambda date, _: _MONTHS[date.month - 1]),
    "d": ("day", r"(?P<{0}>\d\d)", _numbered("day", 2)),
    "e": ("day", r" ?(?P<{0}>\d{{1,2}})", lambda date, _: f"{date.day:2}"),
    "g": ("day", r"(?P<{0}>\d{{1,2}})", _numbered("day", 1)),
    "a": ("weekday", _named(_DAYS, 3), lambda date, _: _DAYS[date.weekday()][:3]),
    "A": ("weekday", _named(_DAYS), lambda date, _: _DAYS[date.weekday()]),
    "H": ("hour", r"(?P<{0}>\d{{1,2}})", _numbered("hour", 2)),
    "I": ("half_hour", r"(?P<{0}>\d\d)", lambda date, _: f"{(date.hour - 1) % 12 + 1:02}"),
    "l": ("half_hour", r"(?P<{0}>\d{{1,2}})", lambda date, _: f"{(date.hour - 1) % 12 + 1}"),
    "p": ("half", r"(?P<{0}>[AP]M)", lambda date, _: "AP"[date.hour > 11] + "M"),
    "P": ("half", r"(?P<{0}>[ap]m)", lambda date, _: "ap"[date.hour > 11] + "m"),
    "M": ("minute", r"(?P<{0}>\d\d)", _numbered("minute", 2)),
    "S": ("second", r"(?P<{0}>\d\d)", _numbered("second", 2)),
    "L": ("fraction", r"(?P<{0}>\d{{1,9}})", _fraction(3)),
    "f": ("fraction", r"(?P<{0}>\d{{1,9}})", _fraction(6)),
    "s": ("fraction", r"(?P<{0}>\d{{1,9}})", _fraction(9)),
    "z": ("zone", _NUMERIC, _offset("hm")),
    "i": ("zone", _NUMERIC, _offset("h")),
    "j": ("zone", _NUMERIC, _offset("h:m")),
    "k": ("zone", _NUMERIC, _offset("h:m:s")),
    "w": ("zone", _NUMERIC, _offset("hms")),
    "Z": ("zone_name", r"(?P<{0}>[A-Z]{{3,5}})", lambda date, _: date.tzname() or "UTC"),
}  # fmt: skip
_PARTS["h"] = _PARTS["b"]
_SIGNS = {"n": "\n", "t": "\t", "%": "%"}


class Layout:
    """A checked format."""

    def __init__(self, text: Any) -> None:
        """Raises ValueError saying what is wrong."""
        if not isinstance(text, str) or "%" not in text:
            raise ValueError("expected a format with %, such as %Y-%m-%dT%H:%M:%S%z")
        self._steps: list[str | Write] = []
        self._parts: list[str] = []
        pieces: list[str] = []
        for letter, plain in _pieces(text):
            pieces.append(self._directive(letter, pieces) if letter else self._plain(plain))
        self._pattern = re.compile("".join(pieces), re.ASCII)

    def _plain(self, text: str) -> str:
        self._steps.append(text)
        return re.sub(r"(?:\\ )+", " +", re.escape(text))

    def _directive(self, letter: str, before: list[str]) -> str:
        if letter not in _PARTS:
            raise ValueError(f"a format has no %{letter}")
        part, read, write = _PARTS[letter]
        self._steps.append(write)
        self._parts.append(part)
        name = f"g{len(self._parts)}"
        sign = before[-1][-1:] if before else ""
        if part == "fraction" and sign in {".", ","}:
            before[-1] = before[-1].removesuffix(sign).removesuffix("\\")
            return f"(?:{_FRACTION.format(name)})?"
        if part == "second":
            self._parts.append("fraction")
            return read.format(name) + f"(?:{_FRACTION.format(f'g{len(self._parts)}')})??"
        return read.format(name)

    def read(self, text: str, zone: ZoneInfo | None) -> Moment:
        """The moment of a text; `zone` is that of one without. Raises Failed."""
        found = self._pattern.fullmatch(text)
        if found is None:
            raise Failed("a time that is not of this format")
        said = {
            part: value
            for part, value in zip(self._parts, found.groups(), strict=True)
            if value is not None
        }
        try:
            date = _date(said)
            date = date.replace(tzinfo=_zone(said, date, zone or UTC))
            at = moment(date, date.tzinfo, int(said.get("fraction", "0").ljust(9, "0")))
            return at if "year" in said or "short_year" in said else _of_last_year(at, date)
        except (ValueError, OverflowError):
            raise Failed("a time that does not exist") from None

    def write(self, at: Moment) -> str:
        """A moment in this format."""
        date, ns = at.date(), at.ns % 10**9
        return "".join(step if isinstance(step, str) else step(date, ns) for step in self._steps)


def _pieces(text: str) -> list[tuple[str, str]]:
    """Letters of directives, and the text between them."""
    found: list[tuple[str, str]] = []
    for piece in _DIRECTIVE.finditer(text):
        letter, plain = piece[1], piece[2]
        if letter in _WHOLE:
            found += _pieces(_WHOLE[letter])
        elif letter in _SIGNS:
            found.append(("", _SIGNS[letter]))
        else:
            found.append((letter if plain is None else "", plain or ""))
            if plain is None and not letter:
                raise ValueError("a format ends with a letter after %")
    return found


def _date(said: dict[str, str]) -> datetime:
    year = int(said.get("year", time.gmtime().tm_year))
    if "short_year" in said and "year" not in said:
        short = int(said["short_year"])
        year = short + (1900 if short >= 69 else 2000)
    month = int(said.get("month", 1))
    if "month_name" in said:
        short_name = said["month_name"][:3].title()
        month = next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(short_name))
    minute, second = int(said.get("minute", "0")), int(said.get("second", "0"))
    return datetime(year, month, int(said.get("day", "1")), _hour(said), minute, second)  # noqa: DTZ001 its zone comes next


def _hour(said: dict[str, str]) -> int:
    hour = int(said.get("hour", said.get("half_hour", "0")))
    if "half_hour" in said and hour > 12:
        raise ValueError
    half = said.get("half", "").lower()
    if half == "pm" and hour < 12:
        return hour + 12
    return 0 if half == "am" and hour == 12 else hour


def _zone(said: dict[str, str], date: datetime, default: tzinfo) -> tzinfo:
    """Of an abbreviation that the default zone does not have, upstream knows no offset."""
    numeric = _ZONE.fullmatch(said.get("zone", ""))
    if numeric is not None:
        hours, minutes, seconds = (int(number or 0) for number in numeric.groups()[1:])
        offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return timezone(-offset if numeric[1] == "-" else offset)
    if "zone" in said:
        return UTC
    name = said.get("zone_name")
    if name is None or name in {date.replace(tzinfo=default, fold=n).tzname() for n in (0, 1)}:
        return default
    return UTC


def _of_last_year(at: Moment, date: datetime) -> Moment:
    if date - datetime.now(date.tzinfo) <= _AHEAD:
        return at
    return moment(date.replace(year=date.year - 1), date.tzinfo, at.ns % 10**9)
