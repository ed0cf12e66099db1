"""A connector where a pipeline ends: batches in, and on into the pipelines beyond."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
        batches = self._routed(batch)
        self._count(batch, batches)
        if not batches:
            delivery.settle(Outcome.DELIVERED)
            return
        delivery.split(len(batches) - 1)
        for id, part in batches.items():
            self._pipelines[id].put(part, delivery, ack=ack)

    def _routed(self, batch: Batch) -> dict[str, Batch]:
        try:
            found = self._connector.route(batch)
            parts = [(id, events) for id, events in found.items() if events]
            batches = _apart(parts, batch)
            if all(id in self._pipelines for id in batches):
                return batches
            raise LookupError("it named a pipeline that does not take from it")
        except Exception:  # noqa: BLE001 the author's bug must not cost an event
            return self._failed(batch)

    def _failed(self, batch: Batch) -> dict[str, Batch]:
        context = self._connector.context
        context.count("failures")
        context.log.failure("{id}: route raised; the batch goes everywhere", id=context.id)
        for event in batch.events:
            flag(event, "processor_failed")
        return _apart([(id, batch.events) for id in self._pipelines], batch)

    def _count(self, batch: Batch, batches: Mapping[str, Batch]) -> None:
        count, rest = self._connector.context.count, len(batch)
        count("incoming_items", len(batch))
        for id, part in batches.items():
            count("outgoing_items", len(part), pipeline=id)
            rest -= len(part)
        if rest > 0:
            count("dropped_items", rest, reason="not_routed")
        elif rest < 0:
            count("created_items", -rest)


def _apart(parts: list[tuple[str, list[Event]]], whole: Batch) -> dict[str, Batch]:
    """A batch for each; what is in several gets twins, for processors change events in place."""
    given: set[int] = set()
    batches: dict[str, Batch] = {}
    for n, (id_, events) in enumerate(parts):
        mine = [copy_event(e) if id(e) in given else e for e in events] if given else list(events)
        if n + 1 < len(parts):
            given.update(map(id, events))
        batches[id_] = Batch(mine, whole.size * len(events) // max(1, len(whole)))
    return batches
