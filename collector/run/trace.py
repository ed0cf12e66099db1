"""What processors do to events, step by step: lines for a person."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..component import Processor
from ..connector import Connector
from ..delivery import Delivery
from ..event import Batch, Event
from ..event_json import as_record, as_shown
from ..junction import Junction, Routed
from ..pipeline import Pipeline, Sink

Fields = dict[str, str]


class Trace:
    """Numbers events as they appear, and keeps the lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        #: Events are kept, or others would get their identities.
        self._known: dict[int, tuple[int, Event]] = {}

    def number(self, event: Event) -> int:
        """Of an event; a new one for an event that was never seen."""
        return self._known.setdefault(id(event), (len(self._known) + 1, event))[0]

    def is_known(self, event: Event) -> bool:
        """Whether it has a number."""
        return id(event) in self._known

    def shown(self, events: Iterable[Event], depth: int = 1) -> None:
        """Each event whole."""
        for event in events:
            self.say(depth, f"event {self.number(event)} {as_shown(as_record(event))}")

    def say(self, depth: int, text: str) -> None:
        """One line."""
        self.lines.append("  " * depth + text)

    def take(self) -> list[str]:
        """The lines so far, once."""
        lines, self.lines = self.lines, []
        return lines


class TracedPipeline(Pipeline):
    """Tells a trace what each of its steps does."""

    def __init__(
        self,
        id: str,
        reactor: Any,
        processors: Sequence[Processor[Any]],
        sinks: Sequence[Sink],
        trace: Trace,
    ) -> None:
        super().__init__(id, reactor, processors, sinks)
        self._trace = trace
        self._fates: dict[int, str] = {}

    def put(self, batch: Batch, delivery: Delivery, *, ack: bool) -> None:
        """See `Pipeline`."""
        self._trace.say(0, f"pipeline {self.id}: {_many(len(batch))}")
        self._trace.shown(batch.events)
        super().put(batch, delivery, ack=ack)

    def _processed(
        self, processor: Processor[Any], batch: Batch | None, delivery: Delivery, *, ack: bool
    ) -> Batch | None:
        assert batch is not None
        came = [(event, fields(event)) for event in batch.events]
        place = len(self._trace.lines)
        began = time.perf_counter_ns()
        result = super()._processed(processor, batch, delivery, ack=ack)
        took = time.perf_counter_ns() - began
        went = result.events if result else []
        said = f"{self.id} {processor.context.id}: {len(came)} in, {len(went)} out, {_time(took)}"
        self._trace.lines.insert(place, f"  {said}")
        self._tell(came, went)
        return result

    def _tell(self, came: list[tuple[Event, Fields]], went: list[Event]) -> None:
        stayed = set(map(id, went))
        for event, before in came:
            name = f"event {self._trace.number(event)}"
            if id(event) in stayed:
                self._changed(name, before, fields(event))
            else:
                self._trace.say(2, f"{name} {self._fates.pop(id(event), 'dropped: filtered')}")
        known = {id(event) for event, _ in came}
        self._made(event for event in went if id(event) not in known)

    def _changed(self, name: str, before: Fields, after: Fields) -> None:
        lines = list(difference(before, after))
        self._trace.say(2, f"{name} {'changed' if lines else 'unchanged'}")
        for line in lines:
            self._trace.say(3, line)

    def _made(self, events: Iterable[Event]) -> None:
        for event in events:
            is_new = not self._trace.is_known(event)
            self._trace.say(
                2, f"event {self._trace.number(event)} {'made' if is_new else 'let go'}"
            )
            self._trace.shown([event], 3)

    def held(self, processor: Processor[Any], events: Sequence[Event]) -> None:
        """See `Chain`."""
        self._fates.update((id(event), "kept back") for event in events)
        super().held(processor, events)

    def emitted(
        self, processor: Processor[Any], events: list[Event], replacing: Sequence[Event]
    ) -> None:
        """See `Chain`."""
        self._trace.say(1, f"{self.id} {processor.context.id}: lets go of {_many(len(events))}")
        self._made(events)
        stayed = set(map(id, events))
        for event in replacing:
            if id(event) not in stayed:
                self._trace.say(2, f"event {self._trace.number(event)} dropped: merged")
        super().emitted(processor, events, replacing)

    def dropped(self, processor: Processor[Any], events: Sequence[Event], reason: str) -> None:
        """See `Chain`."""
        for event in events:
            if self._trace.is_known(event) and id(event) in self._held:
                self._trace.say(2, f"event {self._trace.number(event)} dropped: {reason}")
            self._fates[id(event)] = f"dropped: {reason}"
        super().dropped(processor, events, reason)


class TracedJunction(Junction):
    """Tells a trace which events go nowhere, before those that go on are told of."""

    def __init__(
        self, connector: Connector[Any], pipelines: Mapping[str, Pipeline], trace: Trace
    ) -> None:
        super().__init__(connector, pipelines)
        self._trace = trace

    def _routed(self, batch: Batch) -> Routed:
        came = list(batch.events)
        began = time.perf_counter_ns()
        routed = super()._routed(batch)
        batches = routed.batches
        took = time.perf_counter_ns() - began
        ways = ", ".join(f"{len(part)} to {id}" for id, part in batches.items()) or "none out"
        self._trace.say(1, f"{self._connector.context.id}: {len(came)} in, {ways}, {_time(took)}")
        went = {id(event) for part in batches.values() for event in part.events}
        for event in came:
            if id(event) not in went:
                self._trace.say(2, f"event {self._trace.number(event)} dropped: not_routed")
        return routed


def fields(event: Event) -> Fields:
    """What an event says, by the ways to its values, as JSON."""
    return dict(_leaves(as_record(event), ""))


def _leaves(value: Any, way: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, below in value.items():
            name = as_shown(key)[1:-1] if isinstance(key, str) else as_shown(key)
            yield from _leaves(below, f"{way}.{name}" if way else name)
    else:
        yield way, as_shown(value)


def difference(before: Fields, after: Fields) -> Iterator[str]:
    """Lines with `-` for what went and `+` for what came."""
    for way in dict.fromkeys([*before, *after]):
        if before.get(way) != after.get(way):
            if way in before:
                yield f"- {way}: {before[way]}"
            if way in after:
                yield f"+ {way}: {after[way]}"


def _many(events: int) -> str:
    return f"{events} event{'' if events == 1 else 's'}"


def _time(nanoseconds: int) -> str:
    return f"{nanoseconds / 1000:.0f} us"
