"""Events that say the same within an interval: what is remembered of them."""

from __future__ import annotations

from collector.api import Event


class Origin:
    """A batch that had events which nobody had said before."""

    __slots__ = ("is_safe", "keys", "waiting")

    def __init__(self) -> None:
        #: Whether it was delivered.
        self.is_safe = False
        #: Of those events.
        self.keys: list[int] = []
        #: Those of which repetitions wait for that.
        self.waiting: list[Repeats] = []


class Repeats:
    """The first of them, and those that came after it.

    Most events come once: what they do not need is the class's.
    """

    #: What `event` stands for; None: there is no event yet.
    count = 0
    event: Event | None = None
    #: When the first and the last of those came, in nanoseconds.
    first = last = 0
    #: Held until the first is safe.
    pending: list[Event] | None = None

    def __init__(self, since: float, size: int, origin: Origin) -> None:
        self.since = since
        self.size = size
        self.origin = origin

    def add(self, event: Event | None, wall: int) -> None:
        """One more, which stands for all; None: the one there is goes on to do so."""
        if not self.count:
            self.first = wall
        self.count += 1
        self.last = wall
        self.event = event or self.event
