"""What passes an edge, kept for a moment for somebody who looks at it from another process."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from itertools import compress
from typing import Any

from twisted.logger import Logger

from ..edge import Predicate
from ..event import Event
from ..event_json import as_json, as_record, plain, shown_json
from .redactor import Redactor

log = Logger(namespace="collector")
#: Bytes of lines that wait to be asked for.
MOST_HELD = 2 << 20
#: Bytes of lines made in a second: events of 1 MB at the usual rate would take a whole core.
_A_SECOND = 1 << 20
#: Characters of one text of an event, and of a whole line.
LONGEST_TEXT, LONGEST_LINE = 16 << 10, 64 << 10
#: What a line takes beside its characters: a tuple, a number, a place in a list.
_BESIDE = 100


class Tap:
    """A watcher of an edge: never raises, and never holds more than `MOST_HELD` bytes.

    At most `rate` events a second become lines; the others that match are counted. A line is JSON
    without secrets, and fit for a terminal.
    """

    def __init__(
        self,
        clock: Any,
        redact: Redactor,
        rate: int,
        matches: Predicate | None = None,
    ) -> None:
        self._clock = clock
        self._redact = redact
        self._matches = matches
        self.rate = rate
        #: A bug has ended it.
        self.is_broken = False
        self._lines: deque[tuple[int, str]] = deque()
        self._held = 0
        self._left_out = 0
        self._since = clock.seconds()
        self._shown = self._bytes = 0

    def saw(self, events: list[Event]) -> None:
        """See `Watcher`."""
        if self.is_broken:
            return
        try:
            self._see(events)
        except Exception:  # noqa: BLE001 a plugin's bug must not cost an event
            self.is_broken = True
            log.failure("a tap failed, and is over")

    def taken(self) -> tuple[list[tuple[int, str]], int]:
        """What came since it was asked last: lines with their times, and how many were left out."""
        taken = list(self._lines), self._left_out
        self._lines.clear()
        self._held = self._left_out = 0
        return taken

    def _see(self, events: list[Event]) -> None:
        if self._matches is not None:
            events = list(compress(events, self._matches(events)))
        for n, event in enumerate(events):
            if not self._has_room():
                self._left_out += len(events) - n
                return
            self._keep(self._line(event))

    def _has_room(self) -> bool:
        now = self._clock.seconds()
        if now - self._since >= 1:
            self._since, self._shown, self._bytes = now, 0, 0
        return self._shown < self.rate and self._bytes < _A_SECOND

    def _keep(self, line: str) -> None:
        size = _size(line)
        self._shown += 1
        self._bytes += size
        self._held += size
        self._lines.append((time.time_ns(), line))
        while self._held > MOST_HELD:
            self._held -= _size(self._lines.popleft()[1])
            self._left_out += 1

    def _line(self, event: Event) -> str:
        record = _each_text(plain(as_record(event)), self._shortened)
        line = shown_json(as_json(record).decode())
        if len(line) > LONGEST_LINE:
            return shown_json(as_json({"time": event.time, "cut": line[:LONGEST_LINE]}).decode())
        return line

    def _shortened(self, text: str) -> str:
        """Without secrets, of which none may begin before the cut and end after it."""
        return self._redact(text[: 2 * LONGEST_TEXT])[:LONGEST_TEXT]


def _size(line: str) -> int:
    return sys.getsizeof(line) + _BESIDE


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """The same with every text changed, keys too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(key): _each_text(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_each_text(item, change) for item in value]
    return value
