"""Messages that devices send in parts: events in, whole messages in place of their parts out.

1. Cisco's ISE numbers the parts of an event; they come in any order.
2. ESXi begins each further line of a message with `--> `. Nothing says which is the last: where a
   program has done so, its messages wait for the next one, or for the end of their time.
3. Nothing is dropped: what does not become whole in its time, or its size, goes on flagged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from collector.api import INCOMPLETE, Event, flag

from .memo import learn
from .naming import ip_of
from .rfc3164 import PART_COUNT, PART_ID, PART_INDEX

_MORE = "-->"
#: Characters of a message and of all that wait, and their number.
_LONGEST, _ALL, _MOST = 1 << 20, 16 << 20, 10_000
_JOINTS = {"log.record.original": "\n"}
Key = tuple[Any, ...]


class _Message:
    """The parts of one message that have come. `count`: how many there are, 0 where nobody says."""

    def __init__(self, since: float, count: int) -> None:
        self.since = since
        self.count = count
        self.size = 0
        self.parts: dict[int, Event] = {}

    def add(self, index: int, part: Event) -> bool:
        """Whether that completes it."""
        self.parts[index] = part
        self.size += len(part.body)
        return len(self.parts) == self.count

    def event(self, *, is_whole: bool) -> Event:
        """The first part with the text of all."""
        parts = [self.parts[index] for index in sorted(self.parts)]
        event = parts[0]
        event.body = ("" if self.count else "\n").join(part.body for part in parts)
        for name, joint in _JOINTS.items():
            if name in event.attributes:
                event.attributes[name] = joint.join(part.attributes[name] for part in parts)
        if not is_whole:
            flag(event, INCOMPLETE)
        elif self.count:
            del event.attributes[PART_INDEX]
        return event


class Parts:
    """The unfinished messages of a receiver. `clock` in seconds."""

    def __init__(
        self,
        clock: Callable[[], float],
        timeout: float,
        programs: set[Key],
        describe: Callable[[Event], object],
    ) -> None:
        """`programs`: those that have sent further lines; shared, and added to.

        `describe`: adds to a joined message what its body says.
        """
        self._describe = describe
        self._clock = clock
        self._timeout = timeout
        self._programs = programs
        self._open: dict[Key, _Message] = {}
        self._size = 0
        #: Messages that were given up unfinished, until somebody takes the number.
        self.given_up = 0

    def __len__(self) -> int:
        return len(self._open)

    def concerns(self, events: Iterable[Event]) -> bool:
        """Whether there are parts among these, or what may have further lines."""
        if self._open or self._programs:
            return True
        return any(
            PART_INDEX in event.attributes or event.body.startswith(_MORE) for event in events
        )

    def joined(self, events: Iterable[Event]) -> list[Event]:
        """The events with whole messages in place of their last parts."""
        found: list[Event] = []
        for event in events:
            if PART_INDEX in event.attributes:
                self._number(event, found)
            elif "syslog.appname" in event.attributes:
                self._line(event, found)
            else:
                found.append(event)
        return found

    def overdue(self) -> list[Event]:
        """What has waited for its time."""
        before = self._clock() - self._timeout
        return self._let_go([key for key, open_ in self._open.items() if open_.since <= before])

    def all(self) -> list[Event]:
        """Everything that waits."""
        return self._let_go(list(self._open))

    def _number(self, event: Event, found: list[Event]) -> None:
        said = event.attributes
        index, count = said[PART_INDEX], said[PART_COUNT]
        key = (ip_of(event.resource), said.get("syslog.hostname"), said[PART_ID], count)
        open_ = self._open.get(key)
        if index >= count or (open_ and index in open_.parts):  # or it came twice
            self.given_up += 1
            flag(event, INCOMPLETE)
            found.append(event)
        else:
            self._add(key, open_ or self._begin(key, count, found), index, event, found)

    def _line(self, event: Event, found: list[Event]) -> None:
        said = event.attributes
        program = (ip_of(event.resource), said.get("syslog.hostname"), said["syslog.appname"])
        key = (*program, said.get("syslog.proc_id"), None)
        open_ = self._open.get(key)
        if event.body.startswith(_MORE):
            learn(self._programs, program)
            event.body = event.body.removeprefix(_MORE).removeprefix(" ")
            if open_ is None:  # the line before is gone already
                self.given_up += 1
                flag(event, INCOMPLETE)
        elif open_ is not None:
            found += self._let_go([key])
            open_ = None
        elif program not in self._programs:
            found.append(event)
            return
        open_ = open_ or self._begin(key, 0, found)
        self._add(key, open_, len(open_.parts), event, found)

    def _begin(self, key: Key, count: int, found: list[Event]) -> _Message:
        if len(self._open) >= _MOST:
            found += self._let_go([next(iter(self._open))])
        open_ = self._open[key] = _Message(self._clock(), count)
        return open_

    def _add(self, key: Key, open_: _Message, index: int, part: Event, found: list[Event]) -> None:
        self._size += len(part.body)
        if open_.add(index, part):
            found.append(self._made(self._removed(key), is_whole=True))
        elif open_.size > _LONGEST:
            found += self._let_go([key])
        while self._size > _ALL:
            found += self._let_go([next(iter(self._open))])

    def _removed(self, key: Key) -> _Message:
        open_ = self._open.pop(key)
        self._size -= open_.size
        return open_

    def _let_go(self, keys: list[Key]) -> list[Event]:
        """What nobody numbers is whole when its time has come."""
        removed = [self._removed(key) for key in keys]
        self.given_up += sum(1 for open_ in removed if open_.count)
        return [self._made(open_, is_whole=not open_.count) for open_ in removed]

    def _made(self, open_: _Message, *, is_whole: bool) -> Event:
        event = open_.event(is_whole=is_whole)
        if len(open_.parts) > 1:
            self._describe(event)
        return event
