"""A connector where a pipeline ends: batches in, and on into the pipelines beyond."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any, NamedTuple

from .connector import Connector
from .delivery import Delivery, Outcome
from .event import Batch, Event, copy_event, flag
from .pipeline import Pipeline


class Junction:
    """A `Sink`."""

    changes = True

    def __init__(self, connector: Connector[Any], pipelines: Mapping[str, Pipeline]) -> None:
        """`pipelines` are those that take from the connector."""
        self._connector = connector
        self._pipelines = pipelines
        connector.pipelines = tuple(pipelines)

    def put(self, batch: Batch, delivery: Delivery, *, ack: bool) -> None:
        """See `Sink`."""
        batches, twins = self._routed(batch)
        self._count(len(batch), batches, twins)
        edge = self._connector.context.edge
        if edge.watchers:
            for part in batches.values():
                edge.saw(part.events)
        if not batches:
            delivery.settle(Outcome.DELIVERED)
            return
        delivery.split(len(batches) - 1)
        for id, part in batches.items():
            self._pipelines[id].put(part, delivery, ack=ack)

    def _routed(self, batch: Batch) -> Routed:
        try:
            found = self._connector.route(batch)
            routed = _apart([(id, events) for id, events in found.items() if events], batch)
            if all(id in self._pipelines for id in routed.batches):
                return routed
            raise LookupError("it named a pipeline that does not take from it")
        except Exception:  # noqa: BLE001 the author's bug must not cost an event
            return self._failed(batch)

    def _failed(self, batch: Batch) -> Routed:
        context = self._connector.context
        context.raised("{id}: route raised; the batch goes everywhere")
        for event in batch.events:
            flag(event, "processor_failed")
        return _apart([(id, batch.events) for id in self._pipelines], batch)

    def _count(self, came: int, batches: Mapping[str, Batch], twins: int) -> None:
        count, went = self._connector.context.count, 0
        count("incoming_items", came)
        for id, part in batches.items():
            count("outgoing_items", len(part), pipeline=id)
            went += len(part)
        if twins:
            count("created_items", twins)
        if came + twins > went:
            count("dropped_items", came + twins - went, reason="not_routed")


class Routed(NamedTuple):
    """What becomes of one batch, by pipeline."""

    batches: dict[str, Batch]
    #: Events that were made for want of one for each.
    twins: int


def _apart(parts: list[tuple[str, list[Event]]], whole: Batch) -> Routed:
    """A batch for each; what is in several gets twins, for processors change events in place."""
    given: set[int] = set()
    batches: dict[str, Batch] = {}
    twins = 0
    for n, (id_, events) in enumerate(parts):
        mine = [copy_event(e) if id(e) in given else e for e in events] if given else list(events)
        twins += sum(map(operator.is_not, mine, events)) if given else 0
        if n + 1 < len(parts):
            given.update(map(id, events))
        batches[id_] = Batch(mine, whole.size * len(events) // max(1, len(whole)))
    return Routed(batches, twins)
