"""What a request holds, in whichever encoding it came."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from collector.api import Event

#: Records of one request. An empty one is two bytes long there, and 300 in memory.
MOST_RECORDS = 100_000


class Refused(NamedTuple):
    """A record that cannot be taken, as it was written, and why."""

    raw: bytes
    why: str


@dataclass
class Decoded:
    """The events of a request, in order, and the records that are none."""

    events: list[Event] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    #: How many events are flagged for text that is not UTF-8.
    invalid: int = 0

    @property
    def records(self) -> int:
        """How many there were."""
        return len(self.events) + len(self.refused)
