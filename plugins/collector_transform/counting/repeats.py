"""Events that say the same within an interval: what is remembered of them."""

from __future__ import annotations

from collector.api import Event


class Origin:
    """A batch that had events which nobody had said before."""

    __slots__ = ("is_safe", "repeats", "waiting")

    def __init__(self) -> None:
        #: Whether it was delivered.
        self.is_safe = False
        self.repeats: list[Repeats] = []
        #: Those of which repetitions wait for that.
        self.waiting: list[Repeats] = []


class Repeats:
    """The first of them, and those that came after it."""

    __slots__ = (
        "count",
        "event",
        "first",
        "key",
        "last",
        "origin",
        "pending",
        "since",
        "size",
    )

    def __init__(self, key: int, since: float, size: int, wall: int, origin: Origin) -> None:
        self.key = key
        self.since = since
        self.size = size
        self.origin = origin
        #: What `event` stands for; None: there is no event yet.
        self.count = 0
        self.event: Event | None = None
        self.first = self.last = wall
        #: Held until the first is safe.
        self.pending: list[Event] = []

    def add(self, event: Event, wall: int) -> None:
        """One that stands for all so far."""
        self.event = event
        if not self.count:
            self.first = wall
        self.count += 1
        self.last = wall

    def count_one(self, wall: int) -> None:
        """One that the event there is stands for."""
        self.count += 1
        self.last = wall
