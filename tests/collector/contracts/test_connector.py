"""The contract of connectors: sound ones keep it, each fault is named."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from collector.api import Batch, Config, Connector, Event, Resource, Way, copy_event
from collector.testing import ConnectorContract
from tests.collector.contracts.faulty import fault, keeps

of = partial(fault, ConnectorContract)


class HalvesConfig(Config):
    #: The pipeline for what is text.
    texts: str = "logs/texts"


class Halves(Connector[HalvesConfig]):
    """Texts go one way, the rest the others."""

    @classmethod
    def routes(cls, config: Any) -> Iterable[tuple[Way, str]]:
        yield ("texts",), config.texts

    def route(self, batch: Batch) -> Mapping[str, list[Event]]:
        texts = [event for event in batch.events if isinstance(event.body, str)]
        rest = [event for event in batch.events if not isinstance(event.body, str)]
        return {self.config.texts: texts, self.pipelines[0]: rest, self.pipelines[1]: rest}


TEXTS = {"texts": "logs/texts"}


def test_a_sound_connector_keeps_it() -> None:
    assert keeps(ConnectorContract, Halves, config=TEXTS) == []


def test_events_that_are_not_of_the_batch_or_come_twice() -> None:
    class Making(Halves):
        def route(self, batch: Batch) -> Mapping[str, list[Event]]:
            return {self.pipelines[0]: [copy_event(event) for event in batch.events]}

    class Doubling(Halves):
        def route(self, batch: Batch) -> Mapping[str, list[Event]]:
            return {self.pipelines[0]: [*batch.events, *batch.events]}

    said = of("events_are_of_the_batch", Making)
    assert "it gave logs/one events that are not of the batch: a processor makes events" in said
    assert "it gave logs/one the same event twice" in of("events_are_of_the_batch", Doubling)
    assert "its account is off" in of("account_holds", Doubling)


def test_a_pipeline_that_does_not_take_from_it() -> None:
    class Lost(Halves):
        def route(self, batch: Batch) -> Mapping[str, list[Event]]:
            return {"logs/elsewhere": batch.events}

    said = of("account_holds", Lost)
    assert "route() raised or named a pipeline that does not take from it" in said


def test_a_body_that_was_not_expected() -> None:
    class Brittle(Halves):
        def route(self, batch: Batch) -> Mapping[str, list[Event]]:
            return {self.pipelines[0]: [event for event in batch.events if event.body > "a"]}

    said = of("odd_events_are_survived", Brittle)
    assert "'>' not supported between instances of 'int' and 'str'" in said


def test_events_that_are_changed() -> None:
    class Marking(Halves):
        def route(self, batch: Batch) -> Mapping[str, list[Event]]:
            for event in batch.events:
                event.resource = Resource({"seen": True})
            return super().route(batch)

    said = of("nothing_is_changed", Marking)
    assert "route() changed its events: leave that to a processor" in said


def test_a_pipeline_that_is_not_where_it_is_said_to_be() -> None:
    class Misplaced(Halves):
        @classmethod
        def routes(cls, config: Any) -> Iterable[tuple[Way, str]]:
            yield ("text",), config.texts

    said = of("routes_are_named", Misplaced, config=TEXTS)
    assert "routes() says that logs/texts stands at ('text',)" in said


def test_a_task_that_is_left_a_counter_without_words_and_a_stop_that_needs_a_start() -> None:
    class Busy(Halves):
        counters = {"seen": ""}

        async def start(self) -> None:
            self.task = asyncio.ensure_future(asyncio.sleep(60))

        async def stop(self) -> None:
            self.task.done()

    assert "the task sleep" in of("starts_again_after_it_has_stopped", Busy)
    assert "stop() raises AttributeError" in of("stops_without_a_start", Busy)
    assert "`counters` says nothing of ['seen']" in of("counters_are_described", Busy)
