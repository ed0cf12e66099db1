"""What an operator wants to know of senders: batches in, a table and metrics out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from collector.api import Context, Event, Frames

from .cisco import MESSAGE_COUNTER, SEQUENCE_NUMBER
from .naming import ip_of
from .seen import Seen
from .sequences import Sequences

#: Digits of a number; RFC 5424 section 7.3.1 has up to 2147483647.
_DIGITS = 10


class Watching:
    """Of one receiver."""

    def __init__(self, context: Context) -> None:
        self._count = context.count
        self._clock = context.reactor.seconds
        self._seen = Seen()
        self._sequences = Sequences()
        context.table("sources", "Who has sent what to this receiver.", self._seen.rows)
        context.gauges(
            "source_clock_skew_seconds",
            "How far the clock of a source is ahead, by the last message that was looked at.",
            "source",
            lambda: self._seen.skews(time.time_ns()),
        )
        context.metrics.before_reading.append(self._settle)

    def saw(self, frames: Frames, events: Sequence[Event], now_ns: int) -> None:
        """A batch has come, and what became of it."""
        self._seen.saw(frames.shares(), events, now_ns)

    def flagged(self, ips: Counter[str]) -> None:
        """How many events of each address are flagged."""
        for ip, times in ips.items():
            self._seen.flagged(ip, times)

    def count_up(
        self, frames: Frames, events: Sequence[Event], numbered: Sequence[int], sequence_id: str
    ) -> None:
        """These events have sequence numbers; `sequence_id`: the attribute of RFC 5424's."""
        now, take = self._clock(), self._sequences.take
        shares = frames.shares()
        only = ip_of(shares[0].source.resource) if len(shares) == 1 else None
        for index in numbered:
            said = events[index].attributes
            found = said.get(sequence_id)
            if found is None:
                found = said.get(MESSAGE_COUNTER)
            if found is None:
                found = said[SEQUENCE_NUMBER]
            number = _number(found)
            if number is not None:
                ip = ip_of(frames.resource(index)) if only is None else only
                take((ip, said.get("syslog.hostname"), type(found) is str), number, now)
        if self._sequences.missing:
            self._tell()

    def _settle(self) -> None:
        self._sequences.settle(self._clock())
        self._tell()

    def _tell(self) -> None:
        for ip, times in self._sequences.missing.items():
            self._count("missing_sequence_numbers", times, source=ip)
            self._seen.missing(ip, times)
        self._sequences.missing.clear()


def _number(said: object) -> int | None:
    """RFC 5424's is text, Cisco's a number; a list, or no number, is none."""
    if type(said) is str:
        return int(said) if said.isdecimal() and len(said) <= _DIGITS else None
    return said if isinstance(said, int) else None
