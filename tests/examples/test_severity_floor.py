"""The example `severity_floor`, a processor."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from collector.api import ERROR, INFO, Batch, Event
from collector.testing import ProcessorContract, ProcessorRig, context
from examples.severity_floor import FloorConfig, FloorProcessor


def floor() -> FloorProcessor:
    return FloorProcessor(FloorConfig(floor="warn"), context("processor"))


class FloorContractTests(ProcessorContract, TestCase):
    plugin = FloorProcessor
    config = {"floor": "warn"}


class FloorTests(TestCase):
    def test_what_is_below_is_dropped_and_counted(self) -> None:
        rig = ProcessorRig(floor())
        rig.send(Batch([Event(1, "a", {}, INFO), Event(2, "b", {}, ERROR), Event(3, "c", {})]))
        self.assertEqual([event.body for event in rig.sink.events], ["b", "c"])
        self.assertEqual(rig.count("dropped_items"), 1)
