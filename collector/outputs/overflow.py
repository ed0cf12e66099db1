"""What becomes of events that a queue has no room for: their receivers pause, or some are dropped.

Dropped by policy is delivered: the sender need not come again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..context import Context
from ..delivery import Outcome
from .item import Item
from .options import QueueOptions
from .queue import Queue

#: Receivers pause above the one and resume below the other, in parts of `max_size`.
HIGH, LOW = 0.8, 0.5


class Overflow:
    """Of one outlet's queue. `on_full(True)` asks the receivers to pause."""

    def __init__(
        self,
        context: Context,
        options: QueueOptions,
        queue: Queue,
        on_full: Callable[[bool], None],
    ) -> None:
        self._context = context
        self._policy, self._capacity = options.on_full, options.size
        self._queue = queue
        self._on_full = on_full
        self._is_full = False

    def put(self, item: Item) -> None:
        """Into the queue; by its policy another, or this, is dropped for that."""
        queue = self._queue
        while self._policy == "drop_oldest" and queue.bytes + item.size > self._capacity:
            if not self._drop_oldest("queue_full_oldest"):
                break
        if self._policy == "drop_newest" and queue.bytes + item.size > self._capacity:
            self.drop(item.events, "queue_full_newest")
            item.ended(Outcome.DELIVERED)
            return
        queue.put(item)

    def _drop_oldest(self, reason: str) -> int:
        """The bytes of the first that waits, which is dropped; 0 when there is none."""
        oldest = self._queue.take()
        if oldest is None:
            return 0
        self.give_up(oldest, reason)
        return oldest.size

    def no_room(self, items: Sequence[Item]) -> Sequence[Item]:
        """The disk has none for these: those to keep in spite of that."""
        needed = sum(item.loaded_size for item in items)
        if self._policy == "block":
            return items
        while self._policy == "drop_oldest" and needed > 0 and self._queue.waiting:
            needed -= self._drop_oldest("disk_full")
        if needed <= 0:
            return items
        for item in items:
            self.give_up(item, "disk_full")
        return ()

    def give_up(self, item: Item, reason: str, outcome: Outcome = Outcome.DELIVERED) -> None:
        """An item that was the queue's ends here."""
        self.drop(item.events, reason)
        self._queue.done(item, outcome)

    def drop(self, events: int, reason: str) -> None:
        """Count events that end here."""
        if events > 0:
            self._context.count("dropped_log_records", events, reason=reason)

    def changed(self) -> None:
        """The queue has more, or less."""
        if self._policy != "block":
            return
        used, limit = self._queue.bytes, self._capacity
        full = bool(self._queue.trouble) or used > limit * (LOW if self._is_full else HIGH)
        if full != self._is_full:
            self._is_full = full
            self._on_full(full)
