"""The kit for plugin authors: sound components pass its contracts, faulty ones do not."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Sequence
from typing import Any

from twisted.trial.unittest import TestCase

from collector.api import (
    NOTHING,
    Batch,
    Config,
    Endpoint,
    Event,
    Frames,
    Processor,
    Request,
    StreamReceiver,
    copy_event,
)
from collector.testing import (
    ExporterContract,
    ProcessorContract,
    ProcessorRig,
    ReceiverContract,
    ScriptedExporter,
    context,
    events,
)


class LinesConfig(Config):
    endpoint: Endpoint = "127.0.0.1:0"


class LinesReceiver(StreamReceiver[LinesConfig]):
    """The example of the documentation."""

    def parse(self, frames: Frames) -> list[Event]:
        return [Event(1, line, {}) for line in frames.lines()]


class Pairs(Processor[Config]):
    """Joins two events to one: holds, replaces, and lets the last go when there is no second."""

    def __init__(self, config: Config, context: Any) -> None:
        super().__init__(config, context)
        self._first: Event | None = None

    def process(self, batch: Batch) -> Batch:
        for event in batch.events:
            self.hold([event])
            if self._first is None:
                self._first = event
            else:
                first, self._first = self._first, None
                joined = copy_event(first)
                joined.body = f"{first.body} {event.body}"
                self.emit([joined], replacing=[first, event])
        return Batch([])

    def flush(self) -> None:
        if self._first is not None:
            first, self._first = self._first, None
            self.emit([first])


class LinesContractTests(ReceiverContract, TestCase):
    def make(self) -> LinesReceiver:
        return LinesReceiver(LinesConfig(), context("receiver"))


class PairsContractTests(ProcessorContract, TestCase):
    def make(self) -> Pairs:
        return Pairs(Config(), context("processor"))

    def test_two_become_one_and_both_senders_wait_for_it(self) -> None:
        rig = ProcessorRig(self.make(), outcome=None)
        one, two = (rig.send(Batch(events(body))) for body in ("one", "two"))
        self.assertEqual([event.body for event in rig.sink.events], ["one two"])
        self.assertEqual(rig.unsettled, 2)
        rig.sink.settle()
        self.assertTrue(one.settled)
        self.assertTrue(two.settled)


class ScriptedContractTests(ExporterContract, TestCase):
    def make(self) -> ScriptedExporter:
        return ScriptedExporter(context("exporter"))

    def samples(self) -> list[Event]:
        return events("one", "two", "three")


class Forgetful(ScriptedExporter):
    def unpack(self, request: Request) -> list[bytes]:
        return super().unpack(request)[1:]


class Meddling(ScriptedExporter):
    def encode(self, batches: Sequence[Batch]) -> list[Request]:
        requests = super().encode(batches)
        batches[0].events[0].body = "changed"
        return requests


class Losing(ScriptedExporter):
    def encode(self, batches: Sequence[Batch]) -> list[Request]:
        return super().encode([Batch(batch.events[1:]) for batch in batches])


class Raising(LinesReceiver):
    def parse(self, frames: Frames) -> list[Event]:
        return [Event(1, frame.decode(), {}) for frame in frames]


class Brittle(Processor[Config]):
    """Takes every body for text."""

    def process(self, batch: Batch) -> Batch:
        for event in batch.events:
            event.body = event.body.upper()
        return batch


class Vandal(Processor[Config]):
    """Changes what others share."""

    def process(self, batch: Batch) -> Batch:
        for event in batch.events:
            if event.resource is not NOTHING:
                event.resource.attributes["seen"] = True
        return batch


class FaultyTests(TestCase):
    """Each fault makes the contract fail, by the test that is about it."""

    def failed(
        self,
        contract: type[Any],
        component: Any,
        kind: str,
        samples: Sequence[Any] = ("one", "two", "three"),
    ) -> set[str]:
        class Trial(contract, TestCase):  # type: ignore[misc]
            def make(self) -> Any:
                return component(context(kind))

            def samples(self) -> list[Event]:
                return events(*samples)

        result = unittest.TestResult()
        # Those that start something need the reactor, and those that log on purpose the log, for
        # themselves; this test has both.
        left_out = ("start", "survived")
        for name in dir(Trial):
            if name.startswith("test_") and not any(word in name for word in left_out):
                Trial(name).run(result)
        self.flushLoggedErrors()
        return {case.id().rpartition("test_contract_")[2] for case, _ in self.bad(result)}

    def bad(self, result: unittest.TestResult) -> list[tuple[Any, str]]:
        return [*result.failures, *result.errors]

    def test_a_row_that_is_lost_in_unpack(self) -> None:
        found = self.failed(ExporterContract, Forgetful, "exporter")
        self.assertIn("unpack_and_pack_are_inverse", found)

    def test_an_event_that_is_changed_by_encode(self) -> None:
        found = self.failed(ExporterContract, Meddling, "exporter")
        self.assertEqual(found, {"encode_reads_only"})

    def test_an_event_that_is_in_no_request(self) -> None:
        found = self.failed(ExporterContract, Losing, "exporter")
        self.assertIn("every_event_is_in_a_request", found)

    def test_a_parser_that_raises_on_garbage(self) -> None:
        found = self.failed(
            ReceiverContract, lambda context: Raising(LinesConfig(), context), "receiver"
        )
        self.assertEqual(found, {"parse_takes_garbage"})

    def test_a_processor_that_raises(self) -> None:
        found = self.failed(ProcessorContract, of(Brittle), "processor", samples=[1, 2])
        self.assertIn("account_holds", found)

    def test_a_resource_that_is_changed_in_place(self) -> None:
        found = self.failed(ProcessorContract, of(Vandal), "processor")
        self.assertEqual(found, {"resources_are_replaced_not_changed"})


def of(kind: type[Processor[Config]]) -> Callable[[Any], Processor[Config]]:
    return lambda context: kind(Config(), context)
