"""Rows that have waited too long, or are refused alone, in; rows that can be sent out.

A row here may be days old and from a queue file: what cannot be read is given back as it is,
for the server to judge. Nothing here raises.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from .attributes import TRIMMED_KEY
from .limits import cut
from .record import ORIGINAL_KEY, STALE_NS, milliseconds

#: Content that every edition of the API takes ("Log Monitoring limits", Grail before OpenPipeline).
SHORT_CONTENT = 65_536

_STAMP = b'"timestamp":"'
_LENGTH = len(_STAMP) + len('2026-01-01T00:00:00.000Z"')
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Aging:
    """Rows by the wall clock, which may jump: a row is restamped once, and is then of now."""

    def __init__(self, now: Callable[[], int] = time.time_ns, *, restamp: bool = True) -> None:
        self._now = now
        self._restamp = restamp

    def stale_before(self) -> int:
        """Rows older than this, in ns, may be too old for the server when they arrive."""
        return max(self._now() - STALE_NS, 0)

    def restamped(self, row: bytes) -> bytes | None:
        """The row itself when it is not stale; else one with the time of now, or None."""
        said = time_of(row)
        if not said or said >= self.stale_before():
            return row
        return _at(row, milliseconds(self._now())) if self._restamp else None


def time_of(row: bytes) -> int:
    """The time in a row that encode made, ns; 0 when there is none to read."""
    try:
        found: Any = orjson.loads(row)["timestamp"]
        return (datetime.fromisoformat(found) - _EPOCH) // timedelta(microseconds=1) * 1000
    except (KeyError, OverflowError, TypeError, ValueError):
        return 0


def oldest_of(rows: Sequence[bytes]) -> int:
    """The oldest time in rows, ns; 0 when there is none.

    Texts of one form sort as their times do, and no text in a row holds the name of a member with
    its quotes: 0.2 us a row, and 4 for reading it.
    """
    found = [row[at : at + _LENGTH] for row in rows if (at := row.find(_STAMP)) >= 0]
    return time_of(b"{%b}" % min(found)) if found else 0


def shortened(row: bytes) -> bytes | None:
    """The row with the beginning of its content, marked so; None when that is short already."""
    try:
        members = orjson.loads(row)
        text = members["content"]
    except (KeyError, TypeError, ValueError):
        return None
    if not isinstance(text, str) or (short := cut(text, SHORT_CONTENT)) is text:
        return None
    marks = members.get(TRIMMED_KEY)
    others = [mark for mark in marks if type(mark) is str] if type(marks) is list else []
    members["content"] = short
    members[TRIMMED_KEY] = sorted({"content", *others})
    return orjson.dumps(members)


def _at(row: bytes, stamp: str) -> bytes:
    members = orjson.loads(row)
    if ORIGINAL_KEY not in {key.lower() for key in members}:
        members[ORIGINAL_KEY] = members["timestamp"]
    members["timestamp"] = stamp
    return orjson.dumps(members)
