"""One exporter with everything around it: gather -> encode -> compress -> queue -> send -> settle.

The account of an outlet, true at any instant (all of them metrics):

    taken = sent + rejected + dropped{reason} + dead-lettered + queued + in flight
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from ..component import Exporter
from ..delivery import Delivery, Outcome
from ..event import Batch
from ..request import Hold, Poison, Receipt, Request, Retry, TooLarge
from ..tasks import spawn
from .backoff import Gate, State
from .encoding import Encoding
from .gather import Gather, Gathering
from .options import OutletOptions
from .queue import Gathered, Item, MemoryQueue, Queue

#: Receivers pause above the one and resume below the other, in parts of `max_size`.
HIGH, LOW = 0.8, 0.5
#: Requests that one original may cost in splits and bisections before an operator is needed.
MAX_EXTRA = 64
_TAKEN = Receipt()


class Outlet:
    """Takes batches, settles deliveries. `on_full(True)` asks the receivers to pause."""

    def __init__(
        self,
        exporter: Exporter[Any],
        options: OutletOptions,
        on_full: Callable[[bool], None] = lambda _: None,
        queue: Queue | None = None,
    ) -> None:
        self._exporter = exporter
        self._context = exporter.context
        self._options = options
        self._on_full = on_full
        self._queue = queue or MemoryQueue()
        self._encoding = Encoding.of(exporter, options.compression)
        self._gate = Gate(self._context.reactor, options.retry, self._pump)
        self._gather = Gather(self._context.reactor, options.batch, self._close)
        self._idle = options.concurrency
        self._in_flight: dict[Item, Deferred[None]] = {}
        self._full = False
        self._stopped = False
        self._drained: Deferred[None] | None = None
        self._export_gauges()

    def _export_gauges(self) -> None:
        queue, gauge = self._queue, self._context.gauge
        gauge("queue_size", "Requests that wait.", lambda: queue.waiting)
        gauge("queue_bytes", "Bytes of requests waiting and in flight.", lambda: queue.bytes)
        capacity = self._options.queue.max_size
        gauge("queue_capacity_bytes", "The queue's max_size.", lambda: capacity)
        gauge(
            "queued_log_records",
            "Events gathered or waiting.",
            lambda: self._queued,
        )
        gauge(
            "in_flight_log_records",
            "Events of requests on their way.",
            lambda: self._flying,
        )
        gauge("held", "1 while an operator is needed.", lambda: self.state is State.HELD)

    @property
    def _queued(self) -> int:
        return self._gather.open.events + self._queue.waiting_events

    @property
    def _flying(self) -> int:
        return sum(item.events for item in self._in_flight)

    @property
    def pending(self) -> int:
        """Events taken that have not ended yet."""
        return self._queued + self._flying

    @property
    def state(self) -> State:
        """Sending, retrying or held."""
        return self._gate.state

    @property
    def reason(self) -> str:
        """Why it is not sending."""
        return self._gate.reason

    @property
    def since(self) -> float:
        """When that began, by the reactor's clock."""
        return self._gate.since

    def put(self, batch: Batch, delivery: Delivery, *, ack: bool = False) -> None:
        """Take a batch; its delivery settles when it is stored, sent or given up."""
        self._context.count("taken_log_records", len(batch))
        if self._stopped:
            self._drop(len(batch), "shutdown")
            delivery.settle(Outcome.RETRY)
            return
        self._gather.add(batch, delivery, ack=ack)
        if self._idle and not self._queue.waiting:
            self._gather.hasten()

    def _close(self, gathering: Gathering) -> None:
        """What was gathered becomes requests."""
        requests = self._encoding.requests(gathering.batches)
        ended, lost = self._encoding.ended, self._encoding.lost
        missing = gathering.events - ended - sum(request.events for request in requests)
        self._drop(missing, "not_encoded")
        gathered = Gathered(gathering.deliveries, 1 + len(requests))
        gathered.settle(Outcome.REJECTED if lost or missing > 0 else Outcome.DELIVERED)
        waiting = len(gathering.deliveries)
        for request in requests:
            self._enqueue(Item(request, gathered, waiting))
            waiting = 0  # counted with the first
        self._watermarks()
        self._pump()

    def _enqueue(self, item: Item) -> None:
        policy, limit = self._options.queue.on_full, self._options.queue.max_size
        while policy == "drop_oldest" and self._queue.bytes + item.size > limit:
            dropped = self._queue.drop_oldest()
            if dropped is None:
                break
            self._drop(dropped.events, "queue_full_oldest")
        if policy == "drop_newest" and self._queue.bytes + item.size > limit:
            self._drop(item.events, "queue_full_newest")
            item.gathered.settle(Outcome.DELIVERED)
            return
        self._queue.put(item)

    def _drop(self, events: int, reason: str) -> None:
        if events > 0:
            self._context.count("dropped_log_records", events, reason=reason)

    def _watermarks(self) -> None:
        if self._options.queue.on_full != "block":
            return
        used, limit = self._queue.bytes, self._options.queue.max_size
        full = used > limit * (LOW if self._full else HIGH)
        if full != self._full:
            self._full = full
            self._on_full(full)

    def _pump(self) -> None:
        while self._idle and self._queue.waiting and not self._stopped and self._gate.admits():
            item = self._queue.take()
            assert item is not None
            self._idle -= 1
            self._in_flight[item] = task = spawn(self._deliver(item))
            task.addErrback(self._broken)
        if self._idle:
            self._gather.hasten()

    async def _deliver(self, item: Item) -> None:
        try:
            settled = await self._sent(item)
        except (Exception, asyncio.CancelledError) as e:
            if self._stopped:
                raise
            # A bug, or a cancellation that leaked from a library: it costs a retry.
            self._context.log.failure("{id}: the outlet failed", id=self._context.id)
            self._gate.failed(type(e).__name__)
            settled = False
        if self._stopped:
            return
        del self._in_flight[item]
        self._idle += 1
        if settled:
            self._gate.succeeded()  # also when all of it was refused: the destination answers
            self._queue.done(item, item.worst)
            self._watermarks()
        else:
            self._queue.give_back(item)
        self._pump()
        if self._drained is not None and not self.pending:
            drained, self._drained = self._drained, None
            drained.callback(None)

    def _broken(self, failure: Failure) -> None:
        if self._stopped and isinstance(failure.value, asyncio.CancelledError):
            return
        self._context.log.failure("{id}: the outlet failed", failure, id=self._context.id)

    async def _sent(self, item: Item) -> bool:
        """Send all parts of an item. False: not now, give it back."""
        while item.parts:
            part = item.parts[-1]
            try:
                receipt = await self._exporter.send(part) or _TAKEN
            except Exception as e:  # noqa: BLE001 sorted in _refused
                if self._stopped or not self._refused(item, part, e):
                    return False
            else:
                if self._stopped:  # given up, and counted so
                    return False
                item.parts.pop()
                self._accepted(part, receipt)
        return True

    def _refused(self, item: Item, part: Request, error: Exception) -> bool:
        """Whether there is something else to send of the item now."""
        part.attempted = True
        if isinstance(error, TooLarge):
            self._divide(item, "too_large", str(error))
        elif isinstance(error, Poison):
            if part.events > 1:
                if item.extra + 2 > MAX_EXTRA:
                    item.extra = 0
                    self._hold(f"{MAX_EXTRA} requests did not find what is refused: {error}")
                    return False
                item.extra += 2
            self._divide(item, "poison", str(error))
        else:
            self._later(error)
            return False
        return True

    def _accepted(self, part: Request, receipt: Receipt) -> None:
        count = self._context.count
        rejected = min(max(receipt.rejected, 0), part.events)
        count("requests", outcome="sent")
        count("sent_log_records", part.events - rejected)
        count("rejected_log_records", rejected)
        count("sent_bytes", len(part.body))
        count("raw_bytes", part.raw_size)
        was, since = self._gate.state, self._gate.since
        self._gate.succeeded()
        if was is not State.OPEN and self._gate.state is State.OPEN:
            self._context.log.info(
                "{id}: sending again after {seconds:.1f} s",
                id=self._context.id,
                seconds=self._context.reactor.seconds() - since,
            )

    def _divide(self, item: Item, reason: str, text: str) -> None:
        """The part in hand was refused: two halves in its place, or the dead letter for one."""
        self._context.count("requests", outcome=reason)
        part = item.parts[-1]
        found = self._encoding.divided(part)
        if isinstance(found, list):
            item.parts[-1:] = found
            self._drop(part.events - sum(half.events for half in found), "not_encoded")
            return
        if self._context.letters.write(found, reason, text=text):
            self._context.count("dead_lettered_log_records", part.events, reason=reason)
        else:
            self._drop(part.events, f"{reason}_no_dead_letter")
            item.worst = Outcome.REJECTED
        item.parts.pop()

    def _later(self, error: Exception) -> None:
        if isinstance(error, Hold):
            self._hold(str(error))
            return
        self._context.count("requests", outcome="retry")
        was, reason = self._gate.state, str(error) or type(error).__name__
        self._gate.failed(reason, error.after if isinstance(error, Retry) else None)
        if not isinstance(error, Retry):
            self._context.log.failure("{id}: send raised", id=self._context.id)
        elif was is not State.BACKOFF:
            self._context.log.warn(
                "{id}: cannot send, next try in {seconds:.1f} s: {reason}",
                id=self._context.id,
                seconds=self._gate.delay,
                reason=reason,
            )

    def _hold(self, reason: str) -> None:
        self._context.count("requests", outcome="hold")
        known = self._gate.state is State.HELD and self._gate.reason == reason
        self._gate.held(reason)
        if not known:
            self._context.log.error(
                "{id}: on hold, nothing is lost while there is room, next try in {seconds:.0f} s: "
                "{reason}",
                id=self._context.id,
                seconds=self._gate.delay,
                reason=reason,
            )

    def drain(self) -> Deferred[None]:
        """Send all there is, retrying quickly. Fires when nothing is left."""
        self._gather.flush()
        self._gate.hurry()
        if not self.pending:
            return succeed(None)
        self._drained = Deferred()
        return self._drained

    def stop(self) -> None:
        """Give up what a memory queue still has: it is counted, and its senders hear RETRY."""
        self._stopped = True
        self._gather.flush()
        self._gate.stop()
        in_flight, self._in_flight = self._in_flight, {}
        for task in in_flight.values():
            task.cancel()
        waiting = iter(self._queue.take, None)
        lost = 0
        for item in (*in_flight, *waiting):
            lost += item.events
            self._queue.done(item, Outcome.RETRY)
        self._drop(lost, "shutdown")
        if lost:
            self._context.log.error(
                "{id}: {lost} events were not delivered when the time to stop was over",
                id=self._context.id,
                lost=lost,
            )
