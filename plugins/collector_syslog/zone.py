"""Time zones: a name, an offset or a word in, seconds east of UTC or a `tzinfo` out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_OFFSET = re.compile(r"([+-])([0-9]{1,2})(?::?([0-9]{2}))?")
_PREFIX = re.compile(r"(?:GMT|UTC|TZ)(?=[+-])")
_MAX_HOURS = 15

#: Words that devices write (Cisco `show-timezone`, NX-OS, NetScaler), by hours east of UTC. Of the
#: ambiguous ones BST is British, CST and EST American, IST Indian; a parser's own words go first.
WORDS: Mapping[float, str] = {
    0: "UTC GMT Z WET",
    1: "WEST BST CET MET",
    2: "CEST MEST EET SAST",
    3: "EEST MSK TRT",
    4: "GST",
    5: "PKT",
    5.5: "IST",
    7: "ICT WIB",
    8: "HKT SGT AWST",
    9: "JST KST",
    9.5: "ACST",
    10: "AEST",
    10.5: "ACDT",
    11: "AEDT",
    12: "NZST",
    13: "NZDT",
    -3: "BRT ART ADT",
    -3.5: "NST",
    -4: "AST EDT",
    -5: "EST CDT",
    -6: "CST MDT",
    -7: "MST PDT",
    -8: "PST AKDT",
    -9: "AKST",
    -10: "HST",
}


def seconds(text: str) -> int | None:
    """Seconds east of UTC of `Z`, `+02:00`, `-0500` or `+02`; None if it is none of them."""
    if text in {"Z", "z"}:
        return 0
    found = _OFFSET.fullmatch(text)
    if found is None:
        return None
    hours, minutes = int(found[2]), int(found[3] or 0)
    if hours > _MAX_HOURS or minutes > 59:
        return None
    return (hours * 3600 + minutes * 60) * (-1 if found[1] == "-" else 1)


def zone(name: str) -> tzinfo:
    """The zone of an IANA name, `UTC` or an offset. Raises ValueError."""
    if name.upper() == "UTC":  # needs no zone database
        return UTC
    offset = seconds(name)
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # OSError: a folder of the database
        raise ValueError(
            f"unknown time zone {name!r}: expected an IANA name such as Europe/Vienna, "
            "UTC, or an offset such as +02:00"
        ) from error


class ZoneWords:
    """What a zone's word in a timestamp means, the user's own meanings first."""

    def __init__(self, own: Mapping[str, str]) -> None:
        """`own`: word to offset, such as `{"IST": "+02:00"}`. Raises ValueError."""
        self._words = {
            word: round(hours * 3600) for hours, words in WORDS.items() for word in words.split()
        }
        for word, text in own.items():
            offset = seconds(text)
            if offset is None:
                raise ValueError(f"zone word {word}: expected an offset such as +02:00")
            self._words[word.upper()] = offset

    def seconds(self, text: str) -> int | None:
        """Seconds east of UTC of `CET`, `+02:00`, `GMT+2` or `TZ-6`; None if unknown.

        The sign is the one of ISO 8601, east is plus: RFC 3164 section 5.4 writes `TZ-6` for
        the middle of America, where POSIX would write `TZ+6`.
        """
        known = self._words.get(text)
        if known is not None:
            return known
        prefix = _PREFIX.match(text)
        return seconds(text[prefix.end() :] if prefix else text)
