"""Pipelines: every event is accounted for, and every delivery settles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.component import Config, Processor
from collector.context import Context
from collector.delivery import Deadlines, Delivery, Outcome
from collector.event import FLAGS_KEY, Batch, Event
from collector.pipeline import Fanout, Pipeline
from collector.testing import RecordingSink, context, events

DELIVERED, RETRY, REJECTED = Outcome


class Scripted(Processor[Any]):
    """Does what it is told with each batch; holds on to what it was told to hold."""

    def __init__(self, context: Context, *steps: Callable[[Scripted, Batch], Batch | None]) -> None:
        super().__init__(Config(), context)
        self.steps = list(steps)
        self.kept: list[Event] = []
        self.ticks: list[float] = []
        self.forgets = False

    def process(self, batch: Batch) -> Batch | None:
        return self.steps.pop(0)(self, batch) if self.steps else batch

    def tick(self, now: float) -> None:
        self.ticks.append(now)
        self.release()

    def release(self, replacing: Sequence[Event] = ()) -> None:
        kept, self.kept = self.kept, []
        self.emit(kept, replacing)

    def flush(self) -> None:
        if self.kept and not self.forgets:
            self.release()


def hold_all(self: Scripted, batch: Batch) -> None:
    self.hold(batch.events)
    self.kept += batch.events


def hold_first(self: Scripted, batch: Batch) -> Batch:
    self.hold(batch.events[:1])
    self.kept += batch.events[:1]
    return Batch(batch.events[1:])


def hold_until_tick(self: Scripted, batch: Batch) -> None:
    hold_all(self, batch)
    self.tick_after(5)


def fail(*_: object) -> None:
    raise RuntimeError("bug")


class Rig:
    """A pipeline of scripted processors before sinks that settle when told."""

    def __init__(self, *scripts: Any, sinks: int = 1, outcome: Outcome | None = DELIVERED) -> None:
        self.clock = Clock()
        self.context = context("processor", "p0", self.clock)
        self.processors = []
        for n, steps in enumerate(scripts):
            given = context("processor", f"p{n}", self.clock, metrics=self.context.metrics)
            self.processors.append(Scripted(given, *steps))
        self.sinks = [RecordingSink(outcome) for _ in range(sinks)]
        self.pipeline = Pipeline("logs", self.clock, self.processors, self.sinks)
        self.deliveries: list[Delivery] = []

    def put(self, *bodies: Any) -> Delivery:
        delivery = Delivery()
        self.deliveries.append(delivery)
        self.pipeline.put(Batch(events(*bodies)), delivery, ack=True)
        return delivery

    @property
    def bodies(self) -> list[Any]:
        return [event.body for event in self.sinks[0].events]

    def count(self, name: str, processor: str = "p0", **labels: str) -> int:
        said = {"processor": processor, **labels}
        return self.context.metrics.get(f"processor_{name}_items", **said)

    def held(self, processor: str = "p0") -> int:
        return sum(
            int(gauge.read())
            for gauge in self.context.metrics.gauges
            if gauge.name == "processor_held_items" and ("processor", processor) in gauge.labels
        )

    def off(self, processor: str = "p0") -> int:
        """By how much the account of a processor is wrong."""
        came = self.count("incoming", processor) + self.count("created", processor)
        went = self.count("outgoing", processor) + self.count("dropped", processor)
        return came - went - self.held(processor)


class WayTests(SynchronousTestCase):
    def test_processors_run_in_order(self) -> None:
        def add(letter: str) -> Callable[[Scripted, Batch], Batch]:
            return lambda _, batch: Batch(events(*[e.body + letter for e in batch.events]))

        rig = Rig([add("a")], [add("b")])
        rig.put("x")
        self.assertEqual(rig.bodies, ["xab"])

    def test_every_sink_gets_the_batch_and_the_worst_outcome_wins(self) -> None:
        rig = Rig(sinks=3, outcome=None)
        delivery = rig.put("x")
        for sink, outcome in zip(rig.sinks, (DELIVERED, REJECTED, RETRY), strict=True):
            self.assertNoResult(delivery.outcome)
            sink.settle(outcome)
        self.assertEqual(self.successResultOf(delivery.outcome), REJECTED)

    def test_an_empty_result_ends_the_batch_as_delivered(self) -> None:
        nothing: list[Callable[[Scripted, Batch], Batch | None]] = [
            lambda _, __: None,
            lambda _, __: Batch([]),
        ]
        for step in nothing:
            rig = Rig([step], [fail], outcome=None)
            self.assertEqual(self.successResultOf(rig.put("x").outcome), DELIVERED)
            self.assertEqual(rig.count("dropped", reason="filtered"), 1)

    def test_a_processor_that_raises_costs_no_event(self) -> None:
        rig = Rig([fail], [])
        delivery = rig.put("x", "y")
        self.assertEqual(rig.bodies, ["x", "y"])
        for event in rig.sinks[0].events:
            self.assertEqual(event.attributes[FLAGS_KEY], ["processor_failed"])
        self.assertEqual(self.successResultOf(delivery.outcome), DELIVERED)
        self.assertEqual(rig.context.metrics.get("processor_failures", processor="p0"), 1)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
        self.assertEqual(rig.off(), 0)

    def test_one_that_hides_something_lets_nothing_through_when_it_raises(self) -> None:
        rig = Rig([fail], [])
        rig.pipeline._processors[0].fails_closed = True  # type: ignore[misc]
        delivery = rig.put("x", "y")
        self.assertEqual(rig.bodies, [])
        self.assertEqual(self.successResultOf(delivery.outcome), DELIVERED)
        self.assertEqual(rig.count("dropped", reason="processor_failed"), 2)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
        self.assertEqual(rig.off(), 0)

    def test_one_that_raises_after_a_hold_sends_nothing_twice(self) -> None:
        def hold_and_fail(self: Scripted, batch: Batch) -> None:
            hold_first(self, batch)
            raise RuntimeError("bug")

        rig = Rig([hold_and_fail])
        delivery = rig.put("x", "y")
        self.assertEqual(rig.bodies, ["y"])
        self.assertFalse(delivery.settled)
        rig.pipeline.flush()
        self.assertEqual(rig.bodies, ["y", "x"])
        self.assertTrue(delivery.settled)
        self.flushLoggedErrors(RuntimeError)


class HoldTests(SynchronousTestCase):
    def test_a_held_event_keeps_its_delivery_open(self) -> None:
        rig = Rig([hold_first])
        delivery = rig.put("x", "y")
        self.assertEqual((rig.bodies, delivery.settled, rig.held()), (["y"], False, 1))
        rig.processors[0].release()
        self.assertEqual((rig.bodies, rig.held()), (["y", "x"], 0))
        self.assertEqual(self.successResultOf(delivery.outcome), DELIVERED)

    def test_the_outcome_of_an_emitted_event_is_its_deliverys(self) -> None:
        rig = Rig([hold_all], outcome=None)
        delivery = rig.put("x")
        rig.processors[0].release()
        self.assertNoResult(delivery.outcome)
        rig.sinks[0].settle(RETRY)
        self.assertEqual(self.successResultOf(delivery.outcome), RETRY)

    def test_events_of_many_batches_settle_each_their_own(self) -> None:
        rig = Rig([hold_all, hold_all])
        first, second = rig.put("a", "b"), rig.put("c")
        processor = rig.processors[0]
        a, b, c = processor.kept
        processor.emit([b, c])
        self.assertEqual((first.settled, second.settled), (False, True))
        processor.emit([a])
        self.assertTrue(first.settled)

    def test_a_new_event_settles_what_it_replaces(self) -> None:
        rig = Rig([hold_all, hold_all], outcome=None)
        deliveries = [rig.put("a", "b"), rig.put("c")]
        kept = rig.processors[0].kept
        rig.processors[0].emit(events("abc"), replacing=kept)
        self.assertEqual([delivery.settled for delivery in deliveries], [False, False])
        rig.sinks[0].settle(REJECTED)
        for delivery in deliveries:
            self.assertEqual(self.successResultOf(delivery.outcome), REJECTED)
        self.assertEqual(rig.count("dropped", reason="merged"), 2)
        self.assertEqual((rig.off(), rig.held()), (0, 0))

    def test_a_replacement_beside_a_held_event(self) -> None:
        """The first line of a multiline event goes on, the others become part of it."""
        rig = Rig([hold_all])
        delivery = rig.put("a", "b", "c")
        first, *rest = rig.processors[0].kept
        first.body = "a b c"
        rig.processors[0].emit([first], replacing=rest)
        self.assertEqual(rig.bodies, ["a b c"])
        self.assertTrue(delivery.settled)
        self.assertEqual((rig.count("dropped", reason="merged"), rig.off()), (2, 0))

    def test_more_events_than_were_held_are_created(self) -> None:
        rig = Rig([hold_all])
        rig.put("a")
        rig.processors[0].emit(events("x", "y"), replacing=rig.processors[0].kept)
        self.assertEqual((rig.count("created"), rig.off()), (1, 0))

    def test_an_event_of_nothing_is_created(self) -> None:
        rig = Rig([], [])
        rig.processors[0].emit(events("summary"))
        self.assertEqual((rig.bodies, rig.count("created"), rig.off()), (["summary"], 1, 0))

    def test_dropping_a_held_event_delivers_it(self) -> None:
        rig = Rig([hold_all])
        delivery = rig.put("a", "b")
        rig.processors[0].drop(rig.processors[0].kept, "duplicate")
        self.assertEqual(self.successResultOf(delivery.outcome), DELIVERED)
        self.assertEqual((rig.count("dropped", reason="duplicate"), rig.held()), (2, 0))
        self.assertEqual(rig.off(), 0)

    def test_dropping_events_in_hand_names_the_reason(self) -> None:
        def drop_first(self: Scripted, batch: Batch) -> Batch:
            self.drop(batch.events[:1], "sampled")
            return Batch(batch.events[2:])

        rig = Rig([drop_first])
        rig.put("a", "b", "c")
        self.assertEqual(rig.count("dropped", reason="sampled"), 1)
        self.assertEqual(rig.count("dropped", reason="filtered"), 1)
        self.assertEqual((rig.bodies, rig.off()), (["c"], 0))

    def test_holding_and_emitting_within_one_batch(self) -> None:
        def swap(self: Scripted, batch: Batch) -> None:
            hold_all(self, batch)
            self.kept.reverse()
            self.release()

        rig = Rig([swap], [hold_first])
        delivery = rig.put("a", "b")
        self.assertEqual((rig.bodies, delivery.settled), (["a"], False))
        rig.pipeline.flush()
        self.assertEqual((rig.bodies, delivery.settled), (["a", "b"], True))
        self.assertEqual((rig.off("p0"), rig.off("p1")), (0, 0))

    def test_holding_outside_of_process_is_a_bug_that_shows(self) -> None:
        rig = Rig([])
        self.assertRaises(AssertionError, rig.processors[0].hold, events("x"))

    def test_an_open_delivery_has_a_deadline(self) -> None:
        rig = Rig([hold_all])
        deadlines = Deadlines(rig.clock, 30)
        output = Fanout(context("receiver"), [rig.pipeline], deadlines)
        outcome = output.send(Batch(events("x")))
        rig.clock.advance(30)
        self.assertEqual(self.successResultOf(outcome), RETRY)
        rig.pipeline.flush()
        self.assertEqual(rig.bodies, ["x"])


class SettledTests(SynchronousTestCase):
    def test_a_processor_may_ask_what_becomes_of_the_batch_in_hand(self) -> None:
        heard: list[Outcome] = []

        def ask(self: Scripted, batch: Batch) -> Batch:
            self.when_settled(heard.append)
            return batch

        rig = Rig([ask, ask], outcome=None)
        delivery = rig.put("x")
        rig.put("y")
        self.assertEqual(heard, [])
        rig.sinks[0].settle(RETRY)
        self.assertEqual(heard, [RETRY, RETRY])
        self.assertEqual(self.successResultOf(delivery.outcome), RETRY)

    def test_one_that_raises_then_changes_no_outcome(self) -> None:
        def ask(self: Scripted, batch: Batch) -> Batch:
            self.when_settled(fail)
            return batch

        rig = Rig([ask])
        self.assertEqual(self.successResultOf(rig.put("x").outcome), DELIVERED)
        self.assertEqual(rig.context.metrics.get("processor_failures", processor="p0"), 1)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)


class TickTests(SynchronousTestCase):
    def test_comes_when_asked_for(self) -> None:
        rig = Rig([hold_until_tick])
        delivery = rig.put("x")
        rig.clock.advance(4.9)
        self.assertEqual(rig.processors[0].ticks, [])
        rig.clock.advance(0.1)
        self.assertEqual((rig.processors[0].ticks, rig.bodies), ([5.0], ["x"]))
        self.assertTrue(delivery.settled)
        rig.clock.advance(100)
        self.assertEqual(len(rig.processors[0].ticks), 1)

    def test_a_second_request_replaces_the_first(self) -> None:
        rig = Rig([hold_until_tick, hold_until_tick])
        rig.put("x")
        rig.clock.advance(4)
        rig.put("y")
        rig.clock.advance(4)
        self.assertEqual(rig.bodies, [])
        rig.clock.advance(1)
        self.assertEqual(rig.bodies, ["x", "y"])

    def test_one_that_raises_is_counted(self) -> None:
        rig = Rig([hold_until_tick])
        self.patch(rig.processors[0], "tick", lambda _: 1 / 0)
        rig.put("x")
        rig.clock.advance(5)
        self.assertEqual(rig.context.metrics.get("processor_failures"), 1)
        self.flushLoggedErrors(ZeroDivisionError)
        rig.pipeline.flush()
        self.assertEqual(rig.bodies, ["x"])


class FlushTests(SynchronousTestCase):
    def test_what_one_emits_the_next_ones_pass_on(self) -> None:
        rig = Rig([hold_all], [hold_all])
        delivery = rig.put("x")
        rig.pipeline.flush()
        self.assertEqual((rig.bodies, delivery.settled), (["x"], True))

    def test_what_a_processor_forgets_goes_on(self) -> None:
        rig = Rig([hold_all])
        rig.processors[0].forgets = True
        delivery = rig.put("x")
        rig.pipeline.flush()
        self.assertEqual((rig.bodies, delivery.settled, rig.off()), (["x"], True, 0))

    def test_a_flush_that_raises_loses_nothing(self) -> None:
        rig = Rig([hold_all])
        self.patch(rig.processors[0], "flush", lambda: 1 / 0)
        rig.put("x")
        rig.pipeline.flush()
        self.assertEqual(rig.bodies, ["x"])
        self.flushLoggedErrors(ZeroDivisionError)

    def test_no_timer_is_left_not_even_one_asked_for_meanwhile(self) -> None:
        rig = Rig([hold_until_tick], [hold_until_tick])
        rig.put("x")
        rig.pipeline.flush()
        self.assertEqual((rig.clock.getDelayedCalls(), rig.bodies), ([], ["x"]))


class FanoutTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.context = context("receiver", "r", self.clock)

    def fanout(self, *rigs: Rig) -> Fanout:
        pipelines = [rig.pipeline for rig in rigs]
        return Fanout(self.context, pipelines, Deadlines(self.clock, 30))

    def send(self, *rigs: Rig) -> Deferred[Outcome]:
        return self.fanout(*rigs).send(Batch(events("x", "y")))

    def test_waits_for_every_pipeline(self) -> None:
        rigs = Rig(outcome=None), Rig(outcome=None)
        outcome = self.send(*rigs)
        rigs[0].sinks[0].settle(DELIVERED)
        self.assertNoResult(outcome)
        rigs[1].sinks[0].settle(RETRY)
        self.assertEqual(self.successResultOf(outcome), RETRY)

    def test_what_one_pipeline_changes_another_does_not_see(self) -> None:
        def change(_: Scripted, batch: Batch) -> Batch:
            for event in batch.events:
                event.body, event.attributes["changed"] = "z", True
            batch.events = batch.events[:1]
            return batch

        rigs = Rig([change]), Rig(), Rig([change])
        self.send(*rigs)
        self.assertEqual([rig.bodies for rig in rigs], [["z"], ["x", "y"], ["z"]])
        self.assertEqual(rigs[1].sinks[0].events[0].attributes, {})

    def test_one_pipeline_gets_the_batch_itself(self) -> None:
        rig = Rig()
        batch = Batch(events("x"))
        self.fanout(rig).send(batch)
        self.assertIs(rig.sinks[0].batches[0], batch)

    def test_counts_what_was_accepted_once(self) -> None:
        self.send(Rig(), Rig())
        accepted = self.context.metrics.get("receiver_accepted_log_records", receiver="r")
        self.assertEqual(accepted, 2)

    def test_a_pipeline_that_never_settles_is_a_retry_at_the_deadline(self) -> None:
        outcome = self.send(Rig(), Rig(outcome=None))
        self.clock.advance(30)
        self.assertEqual(self.successResultOf(outcome), RETRY)


#: What a processor does with one event of a batch, and then with one it has held.
ACTIONS = st.sampled_from(["pass", "filter", "hold", "drop", "double"])
LATER = st.sampled_from(["emit", "replace", "drop", "split", "merge", "nothing"])


def act(actions: list[str], later: str) -> Callable[[Scripted, Batch], Batch | None]:
    def step(self: Scripted, batch: Batch) -> Batch | None:
        on: list[Event] = []
        for event, action in zip(batch.events, actions * len(batch), strict=False):
            if action == "hold":
                self.hold([event])
                self.kept.append(event)
            elif action == "drop":
                self.drop([event], "policy")
            elif action != "filter":
                on += [event] if action == "pass" else [event, *events("twin")]
        release(self, later)
        return Batch(on) if on else None

    return step


def release(self: Scripted, later: str) -> None:
    kept = self.kept
    if not kept or later == "nothing":
        return
    self.kept = kept[1:]
    if later == "emit":
        self.emit(kept[:1])
    elif later == "drop":
        self.drop(kept[:1], "late")
    elif later == "replace":
        self.emit(events("other"), replacing=kept[:1])
    elif later == "split":
        self.emit(events("half", "half"), replacing=kept[:1])
    else:
        self.kept = []
        self.emit(kept[:1], replacing=kept[1:])


STEPS = st.lists(st.tuples(st.lists(ACTIONS, min_size=1, max_size=4), LATER), max_size=6)


class AccountTests(SynchronousTestCase):
    @given(STEPS, STEPS, st.lists(st.tuples(st.integers(1, 4), st.sampled_from(Outcome))))
    def test_in_and_created_is_out_dropped_and_held(
        self, first: Any, second: Any, batches: list[tuple[int, Outcome]]
    ) -> None:
        """At every step, whatever the processors do; and after a flush nothing is open."""
        rig = Rig([act(*step) for step in first], [act(*step) for step in second], outcome=None)
        for size, outcome in batches:
            rig.put(*["x"] * size)
            self.assertEqual((rig.off("p0"), rig.off("p1")), (0, 0))
            rig.sinks[0].settle(outcome)
        rig.pipeline.flush()
        rig.sinks[0].settle()
        self.assertEqual((rig.off("p0"), rig.off("p1")), (0, 0))
        self.assertEqual((rig.held("p0"), rig.held("p1")), (0, 0))
        self.assertEqual([delivery.settled for delivery in rig.deliveries], [True] * len(batches))
        self.assertEqual(rig.count("outgoing", "p1"), len(rig.sinks[0].events))
