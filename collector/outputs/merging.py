"""Which items go in one request, and how many small ones become one.

A queue that stores quickly has many small items. Those that nobody has seen yet are merged: at
the latest when they are sent, and sooner when many pile up. One that is worth a request, a
quarter of what it may hold, stays as it is: merging costs as much as encoding did.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from .item import Item
from .pace import Pace
from .queue import Queue
from .rows import Rows

#: Small items at the end of the queue that are made one though none is sent.
MANY = 64
_WORTH = 4


class _Run:
    """Items that go together."""

    def __init__(self, first: Item) -> None:
        self.items = [first]
        request = first.parts[0].request
        self._form = request.headers, request.encoding
        self._events, self._size = request.events, request.raw_size

    def takes(self, item: Item, pace: Pace) -> bool:
        """Whether one more fits; it is in then."""
        request = item.parts[0].request
        events, size = self._events + request.events, self._size + request.raw_size
        if self._form != (request.headers, request.encoding):
            return False
        if events > pace.max_events or size > pace.max_bytes:
            return False
        self.items.append(item)
        self._events, self._size = events, size
        return True


class Merging:
    """Of one queue. `is_there` loads a leased item; False: it is not to be had, and dealt with."""

    def __init__(
        self, queue: Queue, rows: Rows, pace: Pace, is_there: Callable[[Item], Awaitable[bool]]
    ) -> None:
        self._queue = queue
        self._rows = rows
        self._pace = pace
        self._is_there = is_there
        #: Send what there is, whether more could go with it or not.
        self.is_hurried = False

    def next_run(self, now: float) -> tuple[list[Item], float]:
        """Lease what the next request is made of; or nothing, and the time to ask again.

        0: ask when something has changed.
        """
        head = self._queue.peek()
        if head is not None and not self._is_ready(head, now):
            return [], head.due
        first = self._queue.take()
        if first is None:
            return [], 0.0
        run = _Run(first)
        if self._is_small(first):
            while (more := self._queue.peek()) and self._is_small(more):
                if not run.takes(more, self._pace):
                    break
                self._queue.take()
        return run.items, 0.0

    def _is_ready(self, head: Item, now: float) -> bool:
        return (
            self.is_hurried
            or head.due <= now
            or head.is_awaited
            or not self._is_small(head)
            or self._queue.stored_events >= self._pace.max_events
        )

    def _is_small(self, item: Item) -> bool:
        request = item.parts[0].request
        return (
            bool(item.ids)
            and item.is_fresh
            and request.events * _WORTH < self._pace.max_events
            and request.raw_size * _WORTH < self._pace.max_bytes
        )

    def last_run(self) -> list[Item]:
        """Lease small items at the end when they are many; else nothing."""
        run: _Run | None = None
        for item in self._queue.newest():
            if not self._is_small(item):
                break
            if run is None:
                run = _Run(item)
            elif not run.takes(item, self._pace):
                break
        if run is None or len(run.items) < MANY:
            return []
        self._queue.lease(run.items)
        return run.items[::-1]

    async def merged(self, run: Sequence[Item]) -> Sequence[Item]:
        """One item of a run that was leased; or those that are left, as they are."""
        # A copy: `is_there` takes those that are not there out of the run.
        items = [item for item in tuple(run) if await self._is_there(item)]
        if len(items) < 2:
            return items
        request = self._rows.merged([item.parts[0].request for item in items])
        if request is None:
            return items
        ids = [id for item in items for id in item.ids]
        gathered = [gathered for item in items for gathered in item.gathered]
        merged = Item(request, gathered, ids=ids, due=min(item.due for item in items))
        merged.size, merged.place = sum(item.size for item in items), items[0].place
        merged.is_changed = True
        return [merged]
