"""One exporter with everything around it: gather -> encode -> compress -> queue -> send -> settle.

The account of an outlet, true at any instant (all of them metrics):

    taken + recovered + replayed = sent + rejected + dropped{reason} + dead-lettered + queued +
    in flight
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred, fail, succeed

from ..component import Exporter
from ..delivery import Delivery, Outcome
from ..event import Batch
from ..letter import Letter
from ..request import Request
from . import history
from .account import export, summary
from .backoff import State
from .encoding import Encoding
from .gather import Gather, Gathering
from .item import Gathered, Item
from .options import OutletOptions
from .overflow import HIGH, Overflow
from .pace import Pace
from .queue import MemoryQueue, Queue
from .rows import Rows
from .sending import Sender
from .store.errors import StoreError

#: Seconds until what nobody waits for is on the disk.
STORED_WITHIN = 0.05
#: Bytes of an event beside those of its text.
_EVENT = 600
_STOPPING = "the collector is stopping: try again when it runs"


class NotTaken(Exception):
    """Nothing was replayed: a sentence that says why, and when to try again."""


class Purged(NamedTuple):
    """What was taken out for good, and the requests that were not: they were on their way."""

    requests: int
    events: int
    on_their_way: int


class Outlet:
    """Takes batches, settles deliveries. `on_full(True)` asks the receivers to pause."""

    def __init__(
        self,
        exporter: Exporter[Any],
        options: OutletOptions,
        on_full: Callable[[bool], None] = lambda _: None,
        queue: Callable[[Outlet], Queue] = lambda _: MemoryQueue(),
    ) -> None:
        self._context = exporter.context
        self._options = options
        self.queue = queue(self)
        self._overflow = Overflow(self._context, options.queue, self.queue, on_full)
        self.pace = Pace(options.batch, options.concurrency)
        #: Of the rows that can be replayed.
        self.format = exporter.format
        rows = self._rows = Rows(exporter, options.compression)
        self._encoding = Encoding(exporter, rows)
        self.sender = Sender(exporter, options, self.queue, rows, self.pace, self.changed)
        age = options.batch.max_age
        store_age = min(age, STORED_WITHIN) if self.queue.is_durable else age
        self._gather = Gather(self._context.reactor, self.pace, store_age, self._close)
        self._is_ending = self._is_stopped = False
        self._drained: Deferred[None] | None = None
        export(self, exporter)

    @property
    def queued(self) -> int:
        """Events gathered or waiting."""
        return self._gather.open.events + self.queue.waiting_events + self.sender.merging

    @property
    def in_flight(self) -> int:
        """Events of requests on their way."""
        return self.sender.in_flight

    @property
    def pending(self) -> int:
        """Events taken that have not ended yet."""
        return self.queued + self.in_flight

    @property
    def in_memory(self) -> int:
        """Bytes, about: of events that are gathered, and of requests that are not on a disk."""
        gathering = self._gather.open
        return gathering.events * _EVENT + gathering.size + self.queue.in_memory

    @property
    def state(self) -> State:
        """Sending, retrying or held."""
        return self.sender.gate.state

    @property
    def reason(self) -> str:
        """Why it is not sending, or not storing."""
        return self.queue.trouble or self.sender.gate.reason

    @property
    def since(self) -> float:
        """When that began, by the reactor's clock."""
        return self.sender.gate.since

    @property
    def is_alarming(self) -> bool:
        """Whether an operator is needed though it goes on trying."""
        return bool(self.queue.trouble) or self.sender.trouble.is_alarming

    @property
    def capacity(self) -> int:
        """The queue's max_size."""
        return self._options.queue.size

    async def start(self) -> None:
        """Open the queue, and send what it has. Raises StoreError with what to do."""
        await self.queue.open()
        self.changed()

    changes = False  # exporters read

    def put(self, batch: Batch, delivery: Delivery, *, ack: bool = False) -> None:
        """Take a batch; its delivery settles when it is stored, sent or given up."""
        self._context.count("taken_log_records", len(batch))
        if self._context.edge.watchers:
            self._context.edge.saw(batch.events)
        if self._is_stopped:
            self._overflow.drop(len(batch), "shutdown")
            delivery.settle(Outcome.RETRY)
            return
        self._gather.add(batch, delivery, ack=ack)
        self._hasten()

    def _hasten(self) -> None:
        """Who waits for an outcome does not wait for others where the queue could go on."""
        if self.queue.is_idle and (self.queue.is_durable or self.sender.is_idle):
            self._gather.hasten()

    def _close(self, gathering: Gathering) -> None:
        """What was gathered becomes requests."""
        requests = self._encoding.requests(gathering.batches)
        ended, lost = self._encoding.ended, self._encoding.lost
        missing = gathering.events - ended - sum(request.events for request in requests)
        self._overflow.drop(missing, "not_encoded")
        gathered = Gathered(gathering.deliveries, 1 + len(requests))
        gathered.ended(Outcome.REJECTED if lost or missing > 0 else Outcome.DELIVERED)
        waiting = len(gathering.deliveries)
        due = self._context.reactor.seconds() + self._options.batch.max_age
        for request in requests:
            self._overflow.put(Item(request, [gathered], waiting, due=due))
            waiting = 0  # counted with the first
        self.changed()

    def replay(self, letters: Sequence[Letter]) -> Deferred[None]:
        """Send rows of the dead letter again. Fires when they will not be lost any more.

        That is when they are stored, or, with a queue in memory, sent. Fails with NotTaken.
        """
        try:
            item = self._replayed(letters)
        except NotTaken as e:
            return fail(e)
        delivery = Delivery()
        item.gathered = (Gathered([delivery], 1),)
        self._context.count("replayed_log_records", item.events)
        self._overflow.put(item)
        self.changed()
        return delivery.outcome.addCallback(_taken)

    def _replayed(self, letters: Sequence[Letter]) -> Item:
        like = Request(body=b"", events=0, history=history.written(letters))
        try:
            item = Item(self._rows.packed([letter.row for letter in letters], like), deliveries=1)
        except Exception as e:  # the author's bug, or rows that somebody has edited
            raise NotTaken(f"the rows could not be packed: {type(e).__name__}") from e
        if self._is_ending or self._is_stopped:
            raise NotTaken(_STOPPING)
        used = self.queue.bytes
        if self.queue.trouble or (used and used + item.size > self.capacity * HIGH):
            raise NotTaken("the queue is full: try again later")
        return item

    def no_room(self, items: Sequence[Item]) -> Sequence[Item]:
        """See `Overflow`."""
        return self._overflow.no_room(items)

    def purge(self, ids: frozenset[int] | None) -> Purged:
        """Take out for good what waits, all or of these ids. Raises StoreError once stopped."""
        if self._is_stopped:
            raise StoreError("the collector is stopping, ask again when it has stopped")
        items = self.queue.purge(ids)
        events = sum(item.events for item in items)
        self._overflow.drop(events, "purged")
        leased = [item.ids for item in self.sender.leased]
        kept = sum(
            len(ids.intersection(each)) if ids is not None else len(each) or 1 for each in leased
        )
        self.changed()
        return Purged(len(items), events, kept)

    def changed(self) -> None:
        """Something was stored, sent or given up."""
        self._overflow.changed()
        if not self._is_stopped:
            self.sender.pump()
            self._hasten()
        if self._drained is not None and self._is_drained():
            drained, self._drained = self._drained, None
            drained.callback(None)

    def drain(self) -> Deferred[None]:
        """Send what there is, and store the rest. Fires when no more can be done.

        A memory queue is sent in spite of failures. A durable one is left as soon as the
        destination does not take it: what is stored can wait for the next start.
        """
        self._is_ending = True
        self._gather.flush()
        self.sender.hurry()
        if self._is_drained():
            return succeed(None)
        self._drained = Deferred()
        return self._drained

    def _is_drained(self) -> bool:
        if not self.pending:
            return True
        queue = self.queue
        is_safe = queue.is_durable and (queue.is_stored or bool(queue.trouble))
        return is_safe and not self.in_flight and self.state is not State.OPEN

    async def stop(self) -> None:
        """Send no more. What the queue cannot keep is counted, and its senders hear RETRY."""
        self._is_stopped = True
        self._gather.flush()
        await self.sender.stop()
        lost = await self.queue.close()
        for item in lost:
            self._overflow.give_up(item, "shutdown", Outcome.RETRY)
        self._say_end(sum(item.events for item in lost))

    def _say_end(self, lost: int) -> None:
        log, id = self._context.log, self._context.id
        if lost:
            log.error(
                "{id}: {lost} events were not delivered when the time to stop was over",
                id=id,
                lost=lost,
            )
        if self.queue.waiting_events:
            log.info("{id}: {n} events stay in the queue", id=id, n=self.queue.waiting_events)
        if said := summary(self._context.metrics, id, self.queued):
            log.info("{id}: {summary}", id=id, summary=said)


def _taken(outcome: Outcome) -> None:
    if outcome is Outcome.RETRY:
        raise NotTaken(_STOPPING)
    if outcome is Outcome.REJECTED:
        raise NotTaken("the destination refused them, and the dead letter has no room for more")
