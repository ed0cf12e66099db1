"""What a request holds, in whichever encoding it came."""

from __future__ import annotations

from typing import NamedTuple

from collector.api import Event

#: Records of one request. An empty one is two bytes long there, and 300 in memory.
MOST_RECORDS = 100_000


class Refused(NamedTuple):
    """A record that cannot be taken, as it was written, and why."""

    raw: bytes
    why: str


class Decoded(NamedTuple):
    """The events of a request, in order, and the records that are none."""

    events: list[Event]
    refused: list[Refused]
