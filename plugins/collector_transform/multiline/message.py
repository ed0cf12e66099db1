"""The lines of one message in, one event out."""

from __future__ import annotations

from collector.api import FLAGS, FLAGS_KEY, Event, flag

INCOMPLETE = "incomplete_message"


class Message:
    """Events that are its lines. `number` is that of its source."""

    __slots__ = ("counted", "cut", "ended", "events", "held", "last", "number", "since", "size")

    def __init__(self, number: int, now: float, *, cut: bool = False) -> None:
        self.number = number
        self.events: list[Event] = []
        #: How many of them are held; the others are of the batch in hand.
        self.held = 0
        self.size = 0
        #: How much of that is counted as held.
        self.counted = 0
        self.ended = False
        self.since = self.last = now
        #: Whether something of it is in another event.
        self.cut = cut

    def add(self, event: Event, size: int, now: float) -> None:
        """One more line."""
        self.events.append(event)
        self.size += size
        self.last = now

    def fresh(self) -> list[Event]:
        """Those of the batch in hand."""
        return self.events[self.held :]

    def joined(self, with_: str) -> Event:
        """The first event with the text of all, and their flags."""
        first = self.events[0]
        if len(self.events) > 1:
            first.body = with_.join([event.body for event in self.events])
            for event in self.events[1:]:
                if FLAGS_KEY in event.attributes:
                    _take_over(event.attributes[FLAGS_KEY], first)
        if self.cut:
            flag(first, INCOMPLETE)
        return first


def _take_over(flags: object, event: Event) -> None:
    """What is in there may have come from outside."""
    for name in flags if isinstance(flags, list) else ():
        if isinstance(name, str) and name in FLAGS:
            flag(event, name)


def size_of(text: str) -> int:
    """Bytes of a text."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
