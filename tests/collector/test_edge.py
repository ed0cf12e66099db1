"""Edges: whoever watches sees what each component hands on, or is given, as it is there."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.component import Config
from collector.connector import Connector
from collector.context import Context
from collector.delivery import Deadlines, Delivery
from collector.event import Batch, Event
from collector.junction import Junction
from collector.outputs.options import OutletOptions
from collector.outputs.outlet import Outlet
from collector.pipeline import Fanout, Pipeline
from collector.testing import RecordingSink, ScriptedExporter, context, events
from tests.collector.test_pipeline import Rig, Scripted, hold_until_tick


def watched(given: Context) -> list[Any]:
    """The bodies that pass its edge from now on."""
    seen: list[Any] = []
    given.edge.watchers += (lambda found: seen.extend(event.body for event in found),)
    return seen


def shout(_: Scripted, batch: Batch) -> Batch:
    for event in batch.events:
        event.body = event.body.upper()
    batch.events = batch.events[1:]
    return batch


class Odd(Connector[Config]):
    def route(self, batch: Batch) -> dict[str, list[Event]]:
        return {"logs": batch.events[1::2]}


class EdgeTests(SynchronousTestCase):
    def test_a_receiver_hands_on_what_no_processor_has_touched(self) -> None:
        rig = Rig([shout])
        receiver = context("receiver", "r", rig.clock)
        seen = watched(receiver)
        fanout = Fanout(receiver, [rig.pipeline], Deadlines(rig.clock, 30))
        fanout.send(Batch(events("a", "b")))
        self.assertEqual((seen, rig.bodies), (["a", "b"], ["B"]))

    def test_a_processor_hands_on_what_it_made_of_a_batch(self) -> None:
        rig = Rig([shout], [])
        first, second = (watched(each.context) for each in rig.processors)
        rig.put("a", "b", "c")
        self.assertEqual((first, second), (["B", "C"], ["B", "C"]))

    def test_a_processor_hands_on_later_what_it_has_held(self) -> None:
        rig = Rig([hold_until_tick], [])
        first, second = (watched(each.context) for each in rig.processors)
        rig.put("a")
        self.assertEqual((first, second), ([], []))
        rig.clock.advance(5)
        self.assertEqual((first, second), (["a"], ["a"]))

    def test_a_connector_hands_on_what_has_a_way(self) -> None:
        connector = Odd(Config(), context("connector"))
        seen = watched(connector.context)
        beyond = {"logs": Pipeline("logs", Clock(), [], [RecordingSink()])}
        Junction(connector, beyond).put(Batch(events("a", "b", "c", "d")), Delivery(), ack=False)
        self.assertEqual(seen, ["b", "d"])

    def test_an_exporter_is_given_what_its_outlet_takes(self) -> None:
        exporter = ScriptedExporter(context("exporter", reactor=Clock()))
        seen = watched(exporter.context)
        Outlet(exporter, OutletOptions()).put(Batch(events("a")), Delivery())
        self.assertEqual(seen, ["a"])
