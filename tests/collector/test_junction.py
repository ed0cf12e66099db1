"""A connector between pipelines: who gets what, whose delivery waits for whom, and the account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.component import Config
from collector.connector import Connector
from collector.delivery import Delivery, Outcome
from collector.event import FLAGS_KEY, Batch, Event
from collector.junction import Junction
from collector.pipeline import Pipeline, Sink
from collector.testing import RecordingSink, context, events

DELIVERED, RETRY, REJECTED = Outcome
Routes = Callable[[Batch], Mapping[str, list[Event]]]


class Scripted(Connector[Config]):
    def __init__(self, routes: Routes) -> None:
        super().__init__(Config(), context("connector"))
        self.script = routes

    def route(self, batch: Batch) -> Mapping[str, list[Event]]:
        return self.script(batch)


def halves(batch: Batch) -> Mapping[str, list[Event]]:
    middle = len(batch) // 2
    return {"a": batch.events[:middle], "b": batch.events[middle:]}


def both(batch: Batch) -> Mapping[str, list[Event]]:
    return dict.fromkeys("ab", batch.events)


class JunctionTestCase(SynchronousTestCase):
    def join(self, routes: Routes) -> None:
        self.sinks = {"a": RecordingSink(None), "b": RecordingSink(None)}
        self.connector = Scripted(routes)
        beyond = {id_: Pipeline(id_, Clock(), [], [sink]) for id_, sink in self.sinks.items()}
        self.junction = Junction(self.connector, beyond)

    def put(self, number: int = 4) -> list[Outcome]:
        delivery, heard = Delivery(), list[Outcome]()
        delivery.outcome.addCallback(heard.append)
        self.junction.put(Batch(events(*map(str, range(number))), 400), delivery, ack=True)
        return heard

    def count(self, name: str, **labels: str) -> int:
        return self.connector.context.metrics.get(f"connector_{name}", **labels)


class RoutingTests(JunctionTestCase):
    def test_each_pipeline_gets_its_events_and_its_part_of_the_size(self) -> None:
        self.join(halves)
        self.put()
        sizes = {id_: [batch.size for batch in sink.batches] for id_, sink in self.sinks.items()}
        self.assertEqual(sizes, {"a": [200], "b": [200]})
        self.assertEqual([len(sink.events) for sink in self.sinks.values()], [2, 2])
        self.assertEqual(self.connector.pipelines, ("a", "b"))

    def test_a_pipeline_without_events_gets_no_batch(self) -> None:
        self.join(lambda batch: {"a": [], "b": batch.events})
        self.put()
        self.assertEqual([len(sink.batches) for sink in self.sinks.values()], [0, 1])

    def test_an_event_for_two_has_a_twin_that_can_be_changed(self) -> None:
        self.join(both)
        self.put(1)
        (one,), (other,) = (sink.events for sink in self.sinks.values())
        one.attributes["changed"] = True
        self.assertNotIn("changed", other.attributes)
        self.assertEqual(one.body, other.body)

    def test_the_worst_of_all_pipelines_is_heard_when_the_last_has_ended(self) -> None:
        self.join(halves)
        heard = self.put()
        self.sinks["a"].settle(RETRY)
        self.assertEqual(heard, [])
        self.sinks["b"].settle(DELIVERED)
        self.assertEqual(heard, [RETRY])

    def test_what_goes_nowhere_is_delivered_and_counted(self) -> None:
        self.join(lambda _: {})
        self.assertEqual(self.put(3), [DELIVERED])
        self.assertEqual(self.count("dropped_items", reason="not_routed"), 3)

    def test_an_event_for_two_makes_good_for_none_that_went_nowhere(self) -> None:
        self.join(lambda batch: dict.fromkeys("ab", batch.events[:1]))
        self.put(2)
        self.assertEqual(self.count("created_items"), 1)
        self.assertEqual(self.count("dropped_items", reason="not_routed"), 1)

    def test_the_account_holds(self) -> None:
        for routes in (halves, both, lambda batch: {"a": batch.events[1:]}):
            self.join(routes)
            self.put()
            came = self.count("incoming_items") + self.count("created_items")
            went = self.count("outgoing_items") + self.count("dropped_items")
            self.assertEqual(came, went)
        self.assertEqual(self.count("outgoing_items", pipeline="a"), 3)


class FaultTests(JunctionTestCase):
    def fails(self, routes: Routes) -> None:
        self.join(routes)
        self.put(2)
        for sink in self.sinks.values():
            self.assertEqual(
                [event.attributes[FLAGS_KEY] for event in sink.events], [["processor_failed"]] * 2
            )
        self.assertEqual(self.count("failures"), 1)
        self.assertEqual(len(self.flushLoggedErrors()), 1)

    def test_when_route_raises_everything_goes_everywhere(self) -> None:
        def raises(_: Batch) -> Any:
            raise ZeroDivisionError

        self.fails(raises)

    def test_so_it_does_when_a_pipeline_is_named_that_takes_nothing_from_it(self) -> None:
        self.fails(lambda batch: {"c": batch.events})


class EndTests(SynchronousTestCase):
    """A connector beside an exporter at the end of one pipeline."""

    def test_what_the_exporter_keeps_is_not_changed_beyond(self) -> None:
        kept, beyond = RecordingSink(None), RecordingSink(None)
        junctions: list[Sink] = []
        for _ in range(2):
            connector = Scripted(lambda batch: {"b": batch.events})
            junctions.append(Junction(connector, {"b": Pipeline("b", Clock(), [], [beyond])}))
        cases = (([*junctions, kept], 2), (junctions, 1), (junctions[:1], 0))
        for sinks, copies in cases:
            beyond.batches.clear()
            batch = Batch(events("one"))
            original = batch.events[0]
            Pipeline("p", Clock(), [], sinks).put(batch, Delivery(), ack=False)
            twins = [event for event in beyond.events if event is not original]
            self.assertEqual(len(twins), copies)
