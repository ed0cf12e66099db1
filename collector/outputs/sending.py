"""What waits in a queue is sent, as much at a time as gate and pace allow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from twisted.internet.defer import Deferred, DeferredList
from twisted.python.failure import Failure

from ..component import Exporter
from ..delivery import Outcome
from ..tasks import spawn, wait
from .attempt import Attempts
from .backoff import Gate
from .item import Item
from .merging import Merging
from .options import OutletOptions
from .pace import Pace
from .queue import Queue
from .rows import Rows
from .store.errors import Damaged, StoreError
from .trouble import Trouble


class Flight:
    """Items that are leased for one request."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = list(items)
        self.task: Deferred[None] = Deferred()

    @property
    def events(self) -> int:
        """Events still to be sent."""
        return sum(item.events for item in self.items)


class Sender:
    """`changed` is called whenever something has ended, or could not be sent."""

    def __init__(
        self,
        exporter: Exporter[Any],
        options: OutletOptions,
        queue: Queue,
        rows: Rows,
        pace: Pace,
        changed: Callable[[], None],
    ) -> None:
        self._context = exporter.context
        self._queue = queue
        self._pace = pace
        self._changed = changed
        self.gate = Gate(self._context.reactor, options.retry, self.pump)
        self.trouble = Trouble(exporter, self.gate, lambda: self.oldest_ns)
        self._attempts = Attempts(exporter, rows, pace, self.gate, self.trouble)
        self._merging = Merging(queue, rows, pace, self._is_there)
        self._flights: set[Flight] = set()
        self._merge: Flight | None = None
        self._timer: Any = None

    @property
    def in_flight(self) -> int:
        """Events of requests on their way."""
        return sum(flight.events for flight in self._flights)

    @property
    def merging(self) -> int:
        """Events that are being merged, and do not count as waiting meanwhile."""
        return self._merge.events if self._merge else 0

    @property
    def leased(self) -> Iterator[Item]:
        """What does not wait in the queue: it is being sent or merged."""
        for flight in filter(None, (*self._flights, self._merge)):
            yield from flight.items

    @property
    def is_idle(self) -> bool:
        """Whether another request could go now."""
        return len(self._flights) < self._pace.concurrency

    @property
    def oldest_ns(self) -> int:
        """The time of the oldest event that is not sent yet; 0 when none is known."""
        flying = (item.oldest_ns for flight in self._flights for item in flight.items)
        return min(filter(None, (self._queue.oldest_ns, *flying)), default=0)

    def pump(self) -> None:
        """Send what can be sent now."""
        while self.is_idle and self._queue.waiting and not self._attempts.is_over:
            if not self.gate.admits():
                self._merge_newest()
                return
            run, due = self._merging.next_run(self._context.reactor.seconds())
            if not run:
                self.gate.unused()
                self._wake_at(due)
                return
            self._fly(Flight(run))

    def _fly(self, flight: Flight) -> None:
        self._flights.add(flight)
        flight.task = spawn(self._deliver(flight))
        flight.task.addErrback(self._broken)

    def _wake_at(self, due: float) -> None:
        if self._timer is not None:
            if self._timer.getTime() == due:
                return
            self._timer.cancel()
        wait_for = max(0.0, due - self._context.reactor.seconds())
        self._timer = self._context.reactor.callLater(wait_for, self._woken)

    def _woken(self) -> None:
        self._timer = None
        self.pump()

    async def _deliver(self, flight: Flight) -> None:
        try:
            await self._send(flight)
        finally:
            if not self._attempts.is_over:
                self._flights.discard(flight)
                self._land(flight)
        self._changed()
        self.pump()

    async def _send(self, flight: Flight) -> None:
        """As far as it goes; what stays in the flight is to be sent later."""
        flight.items[:] = await self._merging.merged(flight.items)
        while flight.items and await self._sent(flight.items[0]):
            if self._attempts.is_over:
                return
            self.gate.succeeded()  # also when all was refused: the destination answers
            item = flight.items.pop(0)
            self._queue.done(item, item.worst)

    async def _sent(self, item: Item) -> bool:
        try:
            return await self._attempts.sent(item)
        except (Exception, asyncio.CancelledError) as e:
            if self._attempts.is_over:
                raise
            # A bug, or a cancellation that leaked from a library: it costs a retry.
            self._context.raised("{id}: the outlet failed")
            item.last_error = type(e).__name__
            self.gate.failed(item.last_error)
            return False

    def _broken(self, failure: Failure) -> None:
        if self._attempts.is_over and isinstance(failure.value, asyncio.CancelledError):
            return
        self._context.raised("{id}: the outlet failed", failure)

    async def _is_there(self, item: Item) -> bool:
        """Load an item; what is damaged ends here, and what cannot be read now waits."""
        try:
            await self._queue.load(item)
        except Damaged:
            self._context.count("dropped_log_records", item.events, reason="damaged")
            item.ended(Outcome.REJECTED)
        except StoreError as e:
            self.gate.failed(str(e))
            self._queue.give_back(item)
        else:
            return True
        for flight in filter(None, (*self._flights, self._merge)):
            if item in flight.items:
                flight.items.remove(item)
        return False

    def _merge_newest(self) -> None:
        """While nothing is sent, small items at the end of the queue become fewer."""
        run = [] if self._merge else self._merging.last_run()
        if run:
            self._merge = Flight(run)
            self._merge.task = spawn(self._merged(self._merge))
            self._merge.task.addErrback(self._broken)

    async def _merged(self, merge: Flight) -> None:
        merge.items[:] = await self._merging.merged(merge.items)
        if self._merge is merge:
            self._merge = None
            self._land(merge)

    def _land(self, flight: Flight) -> None:
        items, flight.items = flight.items, []
        for item in items:
            self._queue.give_back(item)

    def hurry(self) -> None:
        """The process is ending: send what there is, retrying quickly."""
        self._merging.is_hurried = True
        self.gate.hurry()
        self.pump()

    async def stop(self) -> None:
        """Send no more. What is on its way is given up, and goes back to the queue."""
        self._attempts.is_over = True
        self.gate.stop()
        if self._timer is not None:
            self._timer.cancel()
        flights = [*self._flights, *([self._merge] if self._merge else [])]
        self._flights, self._merge = set(), None
        for flight in flights:
            flight.task.cancel()
        await wait(DeferredList([flight.task for flight in flights]))
        for flight in flights:
            self._land(flight)
