"""The way of a batch: from a receiver through processors to outlets.

`Fanout` is what a receiver sees as its output; it makes the delivery, and a copy for each
further pipeline. A `Pipeline` runs the processors and knows which events they keep back: for
each held event it remembers whose delivery waits for it (`_Share`), so that an event that goes
on later, or another made of it, settles what it must.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Protocol

from twisted.internet.defer import Deferred

from .component import Processor
from .context import Context
from .delivery import Deadlines, Delivery, Outcome
from .event import Batch, Event, flag
from .metrics import Gauge, Labels


class Sink(Protocol):
    """Where a pipeline ends: an outlet, a connector, or a test's stand-in."""

    #: Whether events may be changed there: then nobody else can have the same.
    changes: bool

    def put(self, batch: Batch, delivery: Delivery, *, ack: bool) -> None:
        """Take the batch; settle the delivery once, some time."""
        ...


class Fanout:
    """One receiver's output: every pipeline that names it."""

    def __init__(
        self,
        context: Context,
        pipelines: Sequence[Pipeline],
        deadlines: Deadlines,
        *,
        until_sent: bool = False,
    ) -> None:
        """`until_sent`: deliveries wait for destinations, not only for queues."""
        self._until_sent = until_sent
        self._context = context
        self._edge = context.edge
        self._pipelines = pipelines
        self._deadlines = deadlines

    def send(self, batch: Batch, *, ack: bool = False) -> Deferred[Outcome]:
        """See `collector.component.Output`."""
        pipelines = self._pipelines
        delivery = Delivery(len(pipelines), until_sent=ack and self._until_sent)
        self._deadlines.watch(delivery)
        self._context.count("accepted_log_records", len(batch))
        if self._edge.watchers:
            self._edge.saw(batch.events)
        copies = [batch.copy() for _ in pipelines[1:]]
        pipelines[0].put(batch, delivery, ack=ack)
        for pipeline, copy in zip(pipelines[1:], copies, strict=True):
            pipeline.put(copy, delivery, ack=ack)
        return delivery.outcome


class _Share:
    """The held events of one batch: its delivery waits until all of them have settled."""

    __slots__ = ("_delivery", "_open", "_worst", "ack", "until_sent")

    def __init__(self, delivery: Delivery, events: int, *, ack: bool) -> None:
        delivery.split()
        self._delivery = delivery
        self._open = events
        self._worst = Outcome.DELIVERED
        self.ack = ack
        self.until_sent = delivery.until_sent

    def settle(self, outcome: Outcome) -> None:
        """One event is done."""
        self._worst = max(self._worst, outcome)
        self._open -= 1
        if not self._open:
            self._delivery.settle(self._worst)


class _InHand:
    """What a processor says while it has a batch in hand."""

    __slots__ = ("ack", "delivery", "held", "named")

    def __init__(self, delivery: Delivery, *, ack: bool) -> None:
        self.delivery = delivery
        self.ack = ack
        self.held = 0
        self.named = 0


class Pipeline:
    """Implements `collector.component.Chain` for its processors."""

    def __init__(
        self, id: str, reactor: Any, processors: Sequence[Processor[Any]], sinks: Sequence[Sink]
    ) -> None:
        self.id = id
        self._reactor = reactor
        self._processors = list(processors)
        self._sinks = _with_copies(sinks)
        self._held: dict[int, tuple[Event, Processor[Any], _Share]] = {}
        self._in_hand: _InHand | None = None
        self._timers: dict[Processor[Any], Any] = {}
        for processor in processors:
            processor.chain = self
            held = Gauge(
                "processor_held_items",
                "Events a processor keeps back.",
                (("processor", processor.context.id), ("pipeline", id)),
                partial(self._held_by, processor),
            )
            processor.context.metrics.gauges.append(held)

    def _held_by(self, processor: Processor[Any]) -> int:
        return sum(owner is processor for _, owner, _ in self._held.values())

    def put(self, batch: Batch, delivery: Delivery, *, ack: bool) -> None:
        """Take a batch in. `delivery` has one part for this pipeline."""
        self._go_on(0, batch, delivery, ack=ack)

    def _go_on(self, start: int, batch: Batch | None, delivery: Delivery, *, ack: bool) -> None:
        for processor in self._processors[start:]:
            batch = self._processed(processor, batch, delivery, ack=ack)
            if not batch:
                break
            if processor.context.edge.watchers:
                processor.context.edge.saw(batch.events)
        if not batch:
            delivery.settle(Outcome.DELIVERED)
            return
        if len(self._sinks) > 1:
            delivery.split(len(self._sinks) - 1)
        for sink, copies in self._sinks:
            sink.put(batch.copy() if copies else batch, delivery, ack=ack)

    def _processed(
        self, processor: Processor[Any], batch: Batch | None, delivery: Delivery, *, ack: bool
    ) -> Batch | None:
        assert batch is not None
        before, self._in_hand = self._in_hand, _InHand(delivery, ack=ack)
        came = len(batch)
        try:
            result = processor.process(batch)
        except Exception:  # noqa: BLE001 the author's bug must not cost an event
            result = self._failed(processor, batch)
        in_hand, self._in_hand = self._in_hand, before
        self._account(processor, came, len(result) if result else 0, in_hand)
        return result

    def _failed(self, processor: Processor[Any], batch: Batch) -> Batch:
        context = processor.context
        fate = "is dropped" if processor.fails_closed else "goes on as it is"
        context.raised("{id}: process raised; the batch {fate}", fate=fate)
        batch.events = [event for event in batch.events if id(event) not in self._held]
        if processor.fails_closed:
            self.dropped(processor, batch.events, "processor_failed")
            return Batch([])
        for event in batch.events:
            flag(event, "processor_failed")
        return batch

    def _account(self, processor: Processor[Any], came: int, went: int, in_hand: _InHand) -> None:
        self._count(processor, "incoming_items", came)
        self._count(processor, "outgoing_items", went)
        rest = came - went - in_hand.held - in_hand.named
        if rest > 0:
            self._count(processor, "dropped_items", rest, reason="filtered")
        elif rest < 0:
            self._count(processor, "created_items", -rest)

    def _count(self, processor: Processor[Any], name: str, n: int, **labels: str) -> None:
        if n:
            context = processor.context
            key: Labels = (("processor", context.id), ("pipeline", self.id), *labels.items())
            context.metrics.add(f"processor_{name}", key, n)

    def held(self, processor: Processor[Any], events: Sequence[Event]) -> None:
        """See `Chain`."""
        in_hand = self._in_hand
        assert in_hand is not None, "hold() is for events of the batch in hand"
        if events:
            share = _Share(in_hand.delivery, len(events), ack=in_hand.ack)
            for event in events:
                self._held[id(event)] = (event, processor, share)
            in_hand.held += len(events)

    def emitted(
        self, processor: Processor[Any], events: list[Event], replacing: Sequence[Event]
    ) -> None:
        """See `Chain`."""
        shares = self._released([*events, *replacing])
        self._count(processor, "outgoing_items", len(events))
        self._count(processor, "created_items", max(0, len(events) - len(shares)))
        self._count(processor, "dropped_items", max(0, len(shares) - len(events)), reason="merged")
        delivery = Delivery(until_sent=any(share.until_sent for share in shares))
        delivery.outcome.addCallback(_settle_all, shares)
        place = self._processors.index(processor) + 1
        processor.context.edge.saw(events)
        in_hand, self._in_hand = self._in_hand, None
        try:
            self._go_on(place, Batch(events), delivery, ack=any(share.ack for share in shares))
        finally:
            self._in_hand = in_hand

    def _released(self, events: Iterable[Event]) -> list[_Share]:
        found = [self._held.pop(id(event), None) for event in events]
        return [entry[2] for entry in found if entry is not None]

    def dropped(self, processor: Processor[Any], events: Sequence[Event], reason: str) -> None:
        """See `Chain`."""
        shares = self._released(events)
        if self._in_hand is not None:
            self._in_hand.named += len(events) - len(shares)
        self._count(processor, "dropped_items", len(events), reason=reason)
        _settle_all(Outcome.DELIVERED, shares)

    def tick_after(self, processor: Processor[Any], seconds: float) -> None:
        """See `Chain`."""
        timer = self._timers.pop(processor, None)
        if timer is not None:
            timer.cancel()
        self._timers[processor] = self._reactor.callLater(seconds, self._tick, processor)

    def when_settled(self, processor: Processor[Any], call: Callable[[Outcome], None]) -> None:
        """See `Chain`."""
        assert self._in_hand is not None, "when_settled() is for the batch in hand"

        def tell(outcome: Outcome) -> Outcome:
            self._guarded(processor, lambda: call(outcome))
            return outcome

        self._in_hand.delivery.outcome.addCallback(tell)

    def _tick(self, processor: Processor[Any]) -> None:
        del self._timers[processor]
        self._guarded(processor, lambda: processor.tick(self._reactor.seconds()))

    def _guarded(self, processor: Processor[Any], call: Any) -> None:
        try:
            call()
        except Exception:  # noqa: BLE001 as in process
            processor.context.raised("{id}: raised")

    def flush(self) -> None:
        """The end is near: every processor emits what it holds, first to last."""
        for processor in self._processors:
            self._guarded(processor, processor.flush)
            left = [event for event, owner, _ in self._held.values() if owner is processor]
            if left:  # flush forgot them
                self.emitted(processor, left, ())
        for timer in self._timers.values():  # those asked for by what was flushed too
            timer.cancel()
        self._timers.clear()


def _with_copies(sinks: Sequence[Sink]) -> list[tuple[Sink, bool]]:
    """Each sink, those that change events last, and whether it gets a copy of the batch.

    The last may have the batch itself when nobody before it keeps it.
    """
    ordered = sorted(sinks, key=lambda sink: sink.changes)
    shared = any(not sink.changes for sink in sinks)
    return [
        (sink, sink.changes and (shared or n + 1 < len(ordered))) for n, sink in enumerate(ordered)
    ]


def _settle_all(outcome: Outcome, shares: list[_Share]) -> Outcome:
    for share in shares:
        share.settle(outcome)
    return outcome
