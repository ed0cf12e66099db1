"""What an operator wants to know of senders: batches in, a table and metrics out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence as Ordered

from collector.api import Context, Event, Frames

from .cisco import MESSAGE_COUNTER, SEQUENCE_NUMBER
from .naming import ip_of
from .seen import Seen
from .sequences import Sender, Sequence, Sequences

#: Digits of a number that is text; RFC 5424 section 7.3.1 has up to 2147483647.
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

    def saw(self, frames: Frames, events: Ordered[Event], now_ns: int) -> None:
        """A batch has come, and what became of it."""
        self._seen.saw(frames.shares(), events, now_ns)

    def flagged(self, ips: Counter[str]) -> None:
        """How many events of each address are flagged."""
        for ip, times in ips.items():
            self._seen.flagged(ip, times)

    def count_up(
        self, frames: Frames, events: Ordered[Event], numbered: Ordered[int], sequence_id: str
    ) -> None:
        """These events have sequence numbers; `sequence_id`: the attribute of RFC 5424's."""
        now, sequences = self._clock(), self._sequences
        shares = frames.shares()
        ip = ip_of(shares[0].source.resource) if shares else ""
        several = len(shares) > 1
        known: dict[Sender, Sequence] = {}
        for index in numbered:
            said = events[index].attributes
            found = said.get(sequence_id)
            if found is None:
                found = said.get(MESSAGE_COUNTER)
            if found is None:
                found = said[SEQUENCE_NUMBER]
            is_text = type(found) is str
            if is_text and found.isdecimal() and len(found) <= _DIGITS:
                found = int(found)
            if type(found) is not int:  # a list, or no number
                continue
            if several:
                ip = ip_of(frames.resource(index))
            sender = ip, said.get("syslog.hostname"), is_text
            sequence = known.get(sender)
            if sequence is None:
                sequence = known[sender] = sequences.of(sender, found, now)
            if found == sequence.top + 1 and sequence.is_whole:
                sequence.top = found
            else:
                sequences.take(ip, sequence, found)
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
