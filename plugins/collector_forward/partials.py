"""Docker's parts of long lines in, whole lines out.

Docker cuts a line at 16 KiB. Each part says `partial_message`, and since Docker 19 which line it
is of, its place there, and whether it is the last; older parts end with the first record of the
same container and stream that is none. Parts may come in any order.

A part is never acknowledged before it is handed on, and a sender may wait for that before it sends
the next: so where answers are asked for, parts are joined within a frame only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from collector.api import INCOMPLETE, Event, flag

from .lenient import Entry

_PART, _ID, _ORDINAL, _LAST = "partial_message", "partial_id", "partial_ordinal", "partial_last"
#: Characters of a line and of all that wait, and their number.
_LINE, _ALL, _MOST = 1 << 20, 16 << 20, 10_000


#: The peer, and the line's id, or the container and the stream.
Key = tuple[Any, ...]
_OLD_KEY = 3


class Line:
    """The parts of one line that have come."""

    def __init__(self, since: float) -> None:
        self.since = since
        self.size = 0
        self._parts: list[tuple[int, Event]] = []
        self._last = 0

    def has(self, place: int) -> bool:
        """Whether the part of this place is here."""
        return any(place == one for one, _ in self._parts)

    def add(self, place: int, part: Event, *, last: bool) -> bool:
        """Whether that completes it."""
        self._parts.append((place, part))
        self.size += len(part.body)
        if last:
            self._last = place
        return len(self._parts) == self._last

    def after(self) -> int:
        """The place behind the parts that are here."""
        return len(self._parts) + 1

    def event(self, *, is_whole: bool) -> Event:
        """The first part with the text of all."""
        self._parts.sort(key=lambda part: part[0])
        event = self._parts[0][1]
        event.body = "".join(part.body for _, part in self._parts)
        if not is_whole:
            flag(event, INCOMPLETE)
            return event
        for name in (_PART, _ID, _ORDINAL, _LAST):
            event.attributes.pop(name, None)
        return event


class Partials:
    """The unfinished lines of all connections. `clock` in seconds."""

    def __init__(self, clock: Callable[[], float], timeout: float) -> None:
        self._clock = clock
        self._timeout = timeout
        self._lines: dict[Key, Line] = {}
        self._old = 0  # of them, of parts without an id
        self._size = 0
        #: Lines that were given up unfinished, until somebody takes the number.
        self.given_up = 0

    def __len__(self) -> int:
        return len(self._lines)

    def concerns(self, entries: Iterable[Entry]) -> bool:
        """Whether there are parts, or what may be the end of a line."""
        if self._old:
            return True
        for _, record in entries:  # noqa: SIM110 `any` takes twice the time, for each event
            if _PART in record:
                return True
        return False

    def joined(self, events: list[Event], peer: str) -> list[Event]:
        """The events with whole lines in place of their last parts."""
        found: list[Event] = []
        for event in events:
            self._take(event, peer, found)
        return found

    def overdue(self) -> list[Event]:
        """Lines whose parts have not come in time, of what there is."""
        before = self._clock() - self._timeout
        return self._let_go([key for key, line in self._lines.items() if line.since <= before])

    def all(self) -> list[Event]:
        """Everything that waits: the process is ending."""
        return self._let_go(list(self._lines))

    def _take(self, event: Event, peer: str, found: list[Event]) -> None:
        said = event.attributes
        source = (peer, str(said.get("container_id")), str(said.get("source")))
        is_part = _is_true(said.get(_PART))
        if type(event.body) is not str or (not is_part and source not in self._lines):
            found.append(event)
            return
        id = said.get(_ID)
        place = _number(said.get(_ORDINAL))
        if is_part and type(id) is str and place:
            last = _is_true(said.get(_LAST))
            self._add((peer, id), event, place, last=last, found=found)
        else:
            self._add(source, event, 0, last=not is_part, found=found)

    def _add(self, key: Key, part: Event, place: int, *, last: bool, found: list[Event]) -> None:
        line = self._lines.get(key)
        if line is None:
            if len(self._lines) >= _MOST:
                found += self._let_go([next(iter(self._lines))])
            line = self._lines[key] = Line(self._clock())
            self._old += not place
        if line.has(place):  # it came twice
            flag(part, INCOMPLETE)
            self.given_up += 1
            found.append(part)
            return
        self._size += len(part.body)
        if line.add(place or line.after(), part, last=last):
            found.append(self._removed(key).event(is_whole=True))
        elif line.size > _LINE:
            found += self._let_go([key])
        while self._size > _ALL:
            found += self._let_go([next(iter(self._lines))])

    def _removed(self, key: Key) -> Line:
        line = self._lines.pop(key)
        self._old -= len(key) == _OLD_KEY
        self._size -= line.size
        return line

    def _let_go(self, keys: list[Key]) -> list[Event]:
        self.given_up += len(keys)
        return [self._removed(key).event(is_whole=False) for key in keys]


def _is_true(said: Any) -> bool:
    return said is True or said == "true"


def _number(said: Any) -> int:
    """A place; 0: none."""
    try:
        return max(0, int(said))
    except (TypeError, ValueError, OverflowError):
        return 0
