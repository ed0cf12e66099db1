"""The contract of processors: sound ones keep it, each fault is named."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

from collector.api import Batch, Config, Event, Processor, copy_event
from collector.testing import ProcessorContract, events
from tests.collector.contracts.faulty import fault, keeps

of = partial(fault, ProcessorContract)


class Pairs(Processor[Config]):
    """Joins two events to one: holds, replaces, and lets go when there is no second."""

    def __init__(self, config: Config, context: Any) -> None:
        super().__init__(config, context)
        self.first: Event | None = None

    def process(self, batch: Batch) -> Batch:
        for event in batch.events:
            self.hold([event])
            if self.first is None:
                self.first = event
                self.tick_after(5)
            else:
                first, self.first = self.first, None
                joined = copy_event(first)
                joined.body = f"{first.body} {event.body}"
                self.emit([joined], replacing=[first, event])
        return Batch([])

    def tick(self, now: float) -> None:
        self.flush()

    def flush(self) -> None:
        if self.first is not None:
            first, self.first = self.first, None
            self.emit([first])


class Passing(Processor[Config]):
    def process(self, batch: Batch) -> Batch:
        return batch


@pytest.mark.parametrize("plugin", [Pairs, Passing])
def test_sound_processors_keep_it(plugin: type[Any]) -> None:
    assert keeps(ProcessorContract, plugin) == []


def test_a_body_that_was_not_expected() -> None:
    class Brittle(Passing):
        def process(self, batch: Batch) -> Batch:
            for event in batch.events:
                event.body = event.body.upper()
            return batch

    said = of("account_holds", Brittle)
    assert "process(), tick() or flush() raised: 'int' object has no attribute 'upper'" in said
    said = of("odd_events_are_survived", Brittle, samples=lambda _: events("one"))
    assert "bodies and attributes may be anything that JSON can say" in said


def test_an_event_that_is_held_twice() -> None:
    class Twice(Pairs):
        def process(self, batch: Batch) -> Batch:
            self.hold(batch.events)
            return super().process(batch)

    assert "its account is off" in of("account_holds", Twice)


def test_events_that_are_sent_on_as_others() -> None:
    class Copying(Processor[Config]):
        def process(self, batch: Batch) -> None:
            self.emit([copy_event(event) for event in batch.events])

    said = of("downstream_is_to_be_tried_again", Copying)
    assert "the outcome of an event was RETRY and its sender was told DELIVERED" in said
    assert "name in emit(..., replacing=...)" in said
    said = of("downstream_is_slow", Copying)
    assert "told DELIVERED while their events were under way" in said


def test_events_that_are_held_for_ever() -> None:
    class Waiting(Pairs):
        def tick_after(self, seconds: float) -> None:
            """Asks for nothing."""

    said = of("nothing_is_held_for_ever", Waiting, samples=lambda _: events("one", "two", "three"))
    assert "after 30 s it still holds events" in said
    assert "ask for tick_after() when you hold()" in said


def test_events_that_flush_forgets() -> None:
    class Keeping(Pairs):
        def flush(self) -> None:
            """Keeps what it has."""

    said = of("stops_while_busy", Keeping, samples=lambda _: events("one"))
    assert "after flush() it holds 1 events" in said


def test_a_timer_of_its_own() -> None:
    class Ticking(Passing):
        def process(self, batch: Batch) -> Batch:
            self.context.reactor.callLater(500, self.flush)
            return batch

    said = of("stops_while_busy", Ticking)
    assert "after flush() timers are left" in said
    assert "ask with tick_after() instead" in said


def test_a_resource_that_is_changed_in_place() -> None:
    class Vandal(Passing):
        def process(self, batch: Batch) -> Batch:
            for event in batch.events:
                event.resource.attributes["seen"] = True
            return batch

    said = of("resources_are_replaced_not_changed", Vandal)
    assert "it changed a resource in place, which other events share" in said


def test_a_task_that_is_left_and_a_counter_without_words() -> None:
    class Busy(Passing):
        counters = {"seen": ""}

        async def start(self) -> None:
            self._task = asyncio.ensure_future(asyncio.sleep(60))

    assert "the task sleep" in of("starts_again_after_it_has_stopped", Busy)
    assert "`counters` says nothing of ['seen']" in of("counters_are_described", Busy)


def test_what_is_not_started_can_be_stopped() -> None:
    class Unready(Passing):
        async def stop(self) -> None:
            self._made_by_start.close()  # type: ignore[attr-defined]

    assert "stop() raises AttributeError" in of("stops_without_a_start", Unready)
