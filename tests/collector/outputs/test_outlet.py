"""Outlets: gather, queue, send, settle; nothing is lost in between, and everything is counted."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from collector.delivery import Delivery, Outcome
from collector.event import Batch
from collector.letter import NoDeadLetter
from collector.outputs.attempt import MAX_EXTRA
from collector.outputs.backoff import State
from collector.outputs.options import OutletOptions
from collector.outputs.outlet import Outlet
from collector.outputs.rows import Rows
from collector.request import Hold, Poison, Receipt, Request, Retry, TooLarge
from collector.tasks import spawn
from collector.testing import LetterBox, ScriptedExporter, context, events
from tests.collector.tasks import as_task, turns

DELIVERED, RETRY, REJECTED = Outcome


class Picky(ScriptedExporter):
    """Refuses requests that hold a row in `poison`, or more than `most` rows."""

    poison: frozenset[str] = frozenset()
    most: float = math.inf

    async def send(self, request: Request) -> Receipt | None:
        rows = {row.decode() for row in Rows(self).of(request)}
        if request.events > self.most:
            self.tries.append(request.body)
            raise TooLarge(f"over {self.most}")
        if rows & self.poison:
            self.tries.append(request.body)
            raise Poison("status 400")
        return await super().send(request)


class OutletTestCase(TestCase):
    """An outlet whose clock stands still, on the real loop."""

    def setUp(self) -> None:
        self.patch(random, "uniform", lambda _, most: most)
        self.letters = LetterBox()
        self.clock = Clock()
        self.full: list[bool] = []
        self.deliveries: list[Delivery] = []

    def make(self, script: Iterable[Any] = (), **options: Any) -> Outlet:
        options.setdefault("compression", "none")
        options.setdefault("concurrency", 1)
        options.setdefault("batch", {"max_events": 1})
        options.setdefault("retry", {"initial_interval": "1s"})
        given = context("exporter", "dt", self.clock, letters=self.letters)
        self.context = given
        self.exporter = Picky(given, script)
        self.outlet = Outlet(self.exporter, OutletOptions(**options), self.full.append)
        self.addCleanup(self._stop, self.outlet)
        return self.outlet

    def _stop(self, outlet: Outlet) -> Deferred[None]:
        return spawn(outlet.stop())

    def put(self, *bodies: str, ack: bool = False, size: int = 0) -> Delivery:
        delivery = Delivery()
        self.deliveries.append(delivery)
        self.outlet.put(Batch(events(*bodies), size), delivery, ack=ack)
        return delivery

    async def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await turns()

    def outcomes(self) -> list[Outcome | None]:
        return [
            self.successResultOf(delivery.outcome) if delivery.settled else None
            for delivery in self.deliveries
        ]

    def count(self, name: str, **labels: str) -> int:
        return self.context.metrics.get(f"exporter_{name}", **labels)

    def gauge(self, name: str) -> float:
        (found,) = (g for g in self.context.metrics.gauges if g.name == f"exporter_{name}")
        return found.read()

    def off(self) -> int:
        """By how much the account is wrong."""
        ends = ("sent", "rejected", "dropped", "dead_lettered")
        ended = sum(self.count(f"{end}_log_records") for end in ends)
        open_ = self.gauge("queued_log_records") + self.gauge("in_flight_log_records")
        return self.count("taken_log_records") - ended - int(open_)


class GatherTests(OutletTestCase):
    @as_task
    async def test_closes_at_the_number_of_events(self) -> None:
        self.make(batch={"max_events": 4, "max_age": "1h"})
        self.put("a", "b", "c")
        await turns()
        self.assertEqual((self.exporter.sent, self.gauge("queued_log_records")), ([], 3))
        self.put("d", "e")
        await turns()
        self.assertEqual([request.events for request in self.exporter.sent], [5])

    @as_task
    async def test_closes_at_its_bytes(self) -> None:
        self.make(batch={"max_bytes": 1000, "max_age": "1h"})
        self.put("a", size=999)
        await turns()
        self.assertEqual(self.exporter.sent, [])
        self.put("b", size=1)
        await turns()
        self.assertEqual(self.exporter.rows, ["a", "b"])

    @as_task
    async def test_closes_at_its_age(self) -> None:
        self.make(batch={"max_age": "2s"})
        self.put("a")
        await self.advance(1.5)
        self.put("b")
        await self.advance(0.49)
        self.assertEqual(self.exporter.sent, [])
        await self.advance(0.01)
        self.assertEqual(self.exporter.rows, ["a", "b"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    @as_task
    async def test_closes_at_the_next_turn_when_a_sender_waits(self) -> None:
        self.make(batch={"max_age": "1h"})
        self.put("a")
        delivery = self.put("b", ack=True)
        self.assertEqual(self.exporter.sent, [])
        await self.advance(0)
        self.assertEqual(self.exporter.rows, ["a", "b"])
        self.assertEqual(self.successResultOf(delivery.outcome), DELIVERED)

    @as_task
    async def test_gathers_while_all_are_busy_sending(self) -> None:
        """Stop-and-wait senders share the next request; none gets one of its own."""
        busy: Deferred[None] = Deferred()
        self.make([busy], batch={"max_age": "1h"})
        self.put("a", ack=True)
        await self.advance(0)
        for body in "bcd":
            self.put(body, ack=True)
        await self.advance(0)
        self.assertEqual(len(self.exporter.tries), 1)
        busy.callback(None)
        await turns()
        await self.advance(0)
        self.assertEqual(self.exporter.tries, [b"a", b"b\nc\nd"])
        self.assertEqual(self.outcomes(), [DELIVERED] * 4)

    @as_task
    async def test_what_an_exporter_leaves_out_is_dropped_and_its_sender_hears_so(self) -> None:
        self.make()
        self.patch(self.exporter, "encode", lambda _: [])
        delivery = self.put("a")
        self.assertEqual(self.successResultOf(delivery.outcome), Outcome.REJECTED)
        self.assertEqual(self.count("dropped_log_records", reason="not_encoded"), 1)
        self.assertEqual(self.off(), 0)


class RetryTests(OutletTestCase):
    @as_task
    async def test_the_same_bytes_in_the_same_order(self) -> None:
        self.make([Retry("503"), OSError("reset"), None, Retry("503")], compression="fast")
        for body in "abc":
            self.put(body)
        await turns()
        for _ in range(5):
            await self.advance(60)
        self.assertEqual(self.exporter.rows, ["a", "b", "c"])
        tries = self.exporter.tries
        self.assertEqual([tries.index(body) for body in tries], [0, 0, 0, 3, 3, 5])
        self.assertEqual(self.outcomes(), [DELIVERED] * 3)
        self.flushLoggedErrors(OSError)

    @as_task
    async def test_several_in_flight_come_back_in_order(self) -> None:
        steps = [Deferred[None]() for _ in range(3)]
        self.make(list(steps), concurrency=3)
        for body in "abcd":
            self.put(body)
        await turns()
        for step in (steps[1], steps[0], steps[2]):
            step.errback(Retry("503"))
        await turns()
        await self.advance(1)
        self.assertEqual(self.exporter.rows, ["a", "b", "c", "d"])

    @as_task
    async def test_one_probe_goes_after_the_backoff(self) -> None:
        steps: list[Any] = [Retry("503")] * 3
        self.make(steps, concurrency=3)
        for _ in range(9):
            self.put("x")
        await turns()
        self.assertEqual(len(self.exporter.tries), 3)
        probe: Deferred[None] = Deferred()
        self.exporter.script = [probe]
        await self.advance(1)
        self.assertEqual(len(self.exporter.tries), 4)
        probe.callback(None)
        await turns(30)
        self.assertEqual(len(self.exporter.sent), 9)

    @as_task
    async def test_retry_after_is_honoured(self) -> None:
        self.make([Retry("429", 30)])
        self.put("a")
        await turns()
        await self.advance(29.9)
        self.assertEqual(len(self.exporter.tries), 1)
        await self.advance(0.1)
        self.assertEqual(self.exporter.rows, ["a"])

    @as_task
    async def test_retry_after_outlasts_the_success_of_another_request(self) -> None:
        other: Deferred[None] = Deferred()
        self.make([other, Retry("429", 30)], concurrency=2)
        for body in "abc":
            self.put(body)
        await turns()
        other.callback(None)
        await turns()
        await self.advance(29)
        self.assertEqual(len(self.exporter.tries), 2)
        await self.advance(1)
        self.assertEqual(sorted(self.exporter.rows), ["a", "b", "c"])

    @as_task
    async def test_a_request_that_was_tried_says_so(self) -> None:
        self.make([Retry("503")])
        self.put("a")
        await turns()
        await self.advance(1)
        self.assertTrue(self.exporter.sent[0].attempted)

    @as_task
    async def test_rejected_events_are_counted_as_such(self) -> None:
        self.make([Receipt(2)], batch={"max_events": 3})
        self.put("a", "b", "c")
        await turns()
        counts = self.count("sent_log_records"), self.count("rejected_log_records")
        self.assertEqual((counts, self.off()), ((1, 2), 0))


class HoldTests(OutletTestCase):
    @as_task
    async def test_holds_keeps_and_recovers(self) -> None:
        self.make([Hold("401: check the token")])
        for body in "abc":
            self.put(body)
        await turns()
        self.assertEqual(
            (self.outlet.state, self.outlet.reason), (State.HELD, "401: check the token")
        )
        self.assertEqual((self.gauge("held"), len(self.exporter.tries)), (1, 1))
        await self.advance(59)
        self.assertEqual(len(self.exporter.tries), 1)
        await self.advance(1)
        self.assertEqual(self.exporter.rows, ["a", "b", "c"])
        self.assertEqual((self.gauge("held"), self.outcomes()), (0, [DELIVERED] * 3))


class DivideTests(OutletTestCase):
    def sent(self) -> list[str]:
        return self.exporter.rows

    @as_task
    async def test_what_is_too_large_goes_in_parts_in_order(self) -> None:
        self.make(batch={"max_events": 20})
        self.exporter.most = 3
        bodies = [f"{n:02}" for n in range(20)]
        delivery = self.put(*bodies)
        await turns(40)
        self.assertEqual(self.sent(), bodies)
        self.assertEqual(max(request.events for request in self.exporter.sent), 3)
        self.assertEqual(self.successResultOf(delivery.outcome), DELIVERED)

    @as_task
    async def test_one_event_that_is_too_large_is_dead_lettered(self) -> None:
        self.make(batch={"max_events": 2})
        self.exporter.most = 0
        delivery = self.put("a", "b")
        await turns()
        self.assertEqual(self.letters.said, [(b"a", "too_large"), (b"b", "too_large")])
        self.assertEqual(self.successResultOf(delivery.outcome), DELIVERED)
        self.assertEqual(self.off(), 0)

    @as_task
    async def test_one_poisoned_event_of_a_thousand_is_found_quickly(self) -> None:
        bodies = [str(n) for n in range(1000)]
        self.make(batch={"max_events": 1000}, compression="fast")
        for poison in ("0", "617", "999"):
            self.exporter.poison = frozenset([poison])
            self.exporter.sent, self.exporter.tries, self.letters.letters = [], [], []
            self.put(*bodies)
            await turns(60)
            self.assertEqual(self.letters.said, [(poison.encode(), "poison")])
            self.assertEqual(self.sent(), [body for body in bodies if body != poison])
            self.assertLessEqual(len(self.exporter.tries) - 1, 2 * math.log2(1000) + 1)
            self.assertEqual(self.off(), 0)

    @as_task
    async def test_a_request_costs_at_most_its_budget_then_the_exporter_holds(self) -> None:
        bodies = [str(n) for n in range(1000)]
        self.make(batch={"max_events": 1000})
        self.exporter.poison = frozenset(bodies[::2])
        self.put(*bodies)
        await turns(200)
        self.assertEqual(self.outlet.state, State.HELD)
        self.assertLessEqual(len(self.exporter.tries) - 1, MAX_EXTRA)
        self.assertEqual(self.off(), 0)
        self.exporter.poison = frozenset()
        await self.advance(60)
        await turns(200)
        self.assertEqual((self.gauge("queued_log_records"), self.off()), (0, 0))
        self.assertEqual(len(self.sent()) + len(self.letters.said), 1000)

    @as_task
    async def test_a_retry_in_the_middle_repeats_no_part(self) -> None:
        self.make(batch={"max_events": 4})
        self.exporter.most = 2
        self.exporter.script = [None, Retry("503")]
        self.put("a", "b", "c", "d")
        await turns()
        self.assertEqual((self.sent(), self.gauge("queued_log_records")), (["a", "b"], 2))
        await self.advance(1)
        self.assertEqual(self.sent(), ["a", "b", "c", "d"])

    @as_task
    async def test_without_room_for_the_dead_the_sender_is_told(self) -> None:
        self.make(batch={"max_events": 2})
        self.letters.full = True
        self.exporter.poison = frozenset("a")
        self.exporter.script = [Retry("503")]
        delivery = self.put("a", "b")
        await turns()
        await self.advance(1)
        self.assertEqual(self.successResultOf(delivery.outcome), REJECTED)
        lost = self.count("dropped_log_records", reason="poison_no_dead_letter")
        self.assertEqual((lost, self.off(), self.sent()), (1, 0, ["b"]))

    @as_task
    async def test_an_exporter_that_cannot_unpack_loses_no_count(self) -> None:
        self.make(batch={"max_events": 2})
        self.exporter.script = [Poison("400")]
        self.patch(self.exporter, "unpack", self.broken)
        self.put("a", "b")
        self.put("c", "d")
        await turns()
        self.assertEqual(self.letters.said, [(b"a\nb", "poison")])
        self.assertEqual((self.count("sent_log_records"), self.off()), (2, 0))
        self.flushLoggedErrors(ZeroDivisionError)

    def broken(self, request: Request) -> list[bytes]:
        return [b""] if b"c" in request.body or not self.exporter.tries else [b"%d" % (1 // 0)]


class EncodeTests(OutletTestCase):
    @as_task
    async def test_what_cannot_be_encoded_is_sanitised_and_the_rest_dead_lettered(self) -> None:
        self.make(batch={"max_events": 3})
        delivery = Delivery()
        batch = Batch(events("a", "b", 5))  # ScriptedExporter encodes text only
        self.outlet.put(batch, delivery)
        await turns()
        self.assertEqual(self.exporter.rows, ["a", "b"])
        self.assertEqual(self.count("dead_lettered_log_records", reason="encode_failed"), 1)
        self.assertEqual(self.successResultOf(delivery.outcome), DELIVERED)
        self.assertEqual(self.off(), 0)
        self.flushLoggedErrors(AttributeError)

    @as_task
    async def test_without_a_dead_letter_it_is_counted_as_dropped(self) -> None:
        self.letters = NoDeadLetter()  # type: ignore[assignment]
        self.make(batch={"max_events": 2})
        self.outlet.put(Batch(events("a", 5)), Delivery())
        await turns()
        self.assertEqual(self.count("dropped_log_records", reason="dead_letter_full"), 1)
        self.assertEqual(self.off(), 0)
        self.flushLoggedErrors(AttributeError)


class StopTests(OutletTestCase):
    @as_task
    async def test_drain_sends_what_is_gathered_and_fires(self) -> None:
        self.make(batch={"max_age": "1h"})
        self.put("a")
        drained = self.outlet.drain()
        self.assertNoResult(drained)
        await turns()
        self.successResultOf(drained)
        self.assertEqual(self.exporter.rows, ["a"])
        self.successResultOf(self.outlet.drain())

    @as_task
    async def test_drain_does_not_wait_for_a_backoff(self) -> None:
        self.make([Hold("401")])
        self.put("a")
        await turns()
        drained = self.outlet.drain()
        await turns()
        self.successResultOf(drained)
        self.assertEqual(self.exporter.rows, ["a"])

    @as_task
    async def test_stop_gives_up_and_says_so(self) -> None:
        self.make([Deferred()], batch={"max_events": 2, "max_age": "1h"})
        for bodies in ("ab", "cd", "e"):
            self.put(*bodies)
        await turns()
        await self.outlet.stop()
        self.assertEqual(self.outcomes(), [RETRY] * 3)
        self.assertEqual((self.count("dropped_log_records", reason="shutdown"), self.off()), (5, 0))
        await turns()
        self.assertEqual((self.exporter.sent, self.off()), ([], 0))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    @as_task
    async def test_an_answer_after_the_end_changes_nothing(self) -> None:
        for answer in (None, Retry("503"), Hold("401"), Poison("400")):
            self.deliveries = []
            late: Deferred[None] = Deferred()
            self.make([late])
            self.put("a")
            await turns()
            await self.outlet.stop()
            late.addErrback(lambda _: None)
            if not late.called:
                late.callback(answer)  # type: ignore[arg-type]
            await turns()
            self.assertEqual((self.count("sent_log_records"), self.off()), (0, 0))
            self.assertEqual(self.clock.getDelayedCalls(), [])

    @as_task
    async def test_what_comes_after_the_end_is_to_be_repeated(self) -> None:
        self.make()
        await self.outlet.stop()
        delivery = self.put("a", ack=True)
        self.assertEqual(self.successResultOf(delivery.outcome), RETRY)
        self.assertEqual((self.off(), self.clock.getDelayedCalls()), (0, []))

    @as_task
    async def test_a_dead_exporter_does_not_hold_up_a_healthy_one(self) -> None:
        self.make([Hold("401")] * 100, queue={"max_size": 1 << 20})
        dead, dead_full = self.outlet, self.full
        self.full = []
        self.make()
        for n in range(50):
            delivery = Delivery(2)
            batch = Batch(events(str(n)))
            dead.put(batch, delivery)
            self.outlet.put(batch, delivery)
        await turns(150)
        self.assertEqual(len(self.exporter.rows), 50)
        self.assertEqual((dead.state, dead_full, self.full), (State.HELD, [], []))


FAULTS = st.sampled_from(
    [
        *[None, None, None, 1],
        *[Retry("503"), Retry("429", 5.0), OSError("reset"), Hold("401")],
        *[TooLarge("413"), Poison("400")],
    ]
)
STEP = st.sampled_from(["put", "put", "ack", "wait", "second", "minute", "odd", "late", "fill"])


class AccountTests(OutletTestCase):
    @settings(deadline=None)
    @given(
        st.lists(FAULTS, max_size=12),
        st.lists(STEP, max_size=25),
        st.sampled_from(["block", "drop_oldest", "drop_newest"]),
        st.integers(1, 3),
    )
    def steps(self, faults: list[Any], steps: list[str], on_full: str, concurrency: int) -> None:
        self.cases.append((faults, steps, on_full, concurrency))

    @as_task
    async def test_taken_is_sent_rejected_dropped_dead_queued_and_in_flight(self) -> None:
        """At every step, under any faults; and at the end everything is settled."""
        self.cases: list[tuple[list[Any], list[str], str, int]] = []
        self.steps()  # hypothesis draws; the loop is ours
        for case in self.cases:
            await self.run_case(*case)

    async def run_case(
        self, faults: list[Any], steps: list[str], on_full: str, concurrency: int
    ) -> None:
        self.deliveries = []
        late: list[Deferred[Any]] = []
        self.make(
            faults,
            batch={"max_events": 4},
            queue={"max_size": 30, "on_full": on_full},
            concurrency=concurrency,
        )
        for step in steps:
            await self.step(step, late)
            self.assertEqual(self.off(), 0, (faults, steps))
        for deferred in late:
            if not deferred.called:
                deferred.callback(None)
        await self.end()

    async def step(self, step: str, late: list[Deferred[Any]]) -> None:
        if step in {"put", "ack"}:
            self.put("a", "b", ack=step == "ack")
        elif step == "odd":
            self.outlet.put(Batch(events("a", 5)), Delivery())
        elif step == "fill":
            self.put("x" * 40)
        elif step == "late":
            late.append(Deferred())
            self.exporter.script.insert(0, late[-1])
        else:
            await self.advance({"wait": 0, "second": 1, "minute": 60}[step])

    async def end(self) -> None:
        drained = self.outlet.drain()
        for _ in range(40):
            await self.advance(1)
        self.assertEqual(self.off(), 0)
        await self.outlet.stop()
        await turns()
        self.assertTrue(drained.called)
        self.assertEqual((self.off(), self.gauge("queued_log_records")), (0, 0))
        self.assertEqual([d.settled for d in self.deliveries], [True] * len(self.deliveries))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.flushLoggedErrors(OSError, AttributeError)


class AuthorsMistakeTests(OutletTestCase):
    """No bug of an exporter takes a sender, an event or the account with it."""

    @as_task
    async def test_a_cancellation_that_leaks_out_of_send_costs_a_retry(self) -> None:
        self.make([asyncio.CancelledError()], concurrency=1)
        self.put("a")
        self.put("b")
        await turns()
        self.flushLoggedErrors(asyncio.CancelledError)
        self.assertEqual(self.off(), 0)
        await self.advance(1)
        self.assertEqual(self.exporter.rows, ["a", "b"])
        self.assertEqual(self.outcomes(), [DELIVERED, DELIVERED])

    @as_task
    async def test_a_dead_letter_that_raises_costs_a_retry(self) -> None:
        self.make([Poison("no")])
        self.patch(self.letters, "write", lambda *_, **__: 1 / 0)
        self.put("a")
        await turns()
        self.flushLoggedErrors(ZeroDivisionError)
        self.assertEqual((self.off(), self.gauge("queued_log_records")), (0, 1))
        await self.advance(1)
        self.assertEqual(self.exporter.rows, ["a"])

    @as_task
    async def test_a_body_that_is_not_bytes_is_counted_and_its_sender_hears_so(self) -> None:
        self.make()
        text: Any = "text"
        self.patch(self.exporter, "encode", lambda _: [Request(body=text, events=1)])
        self.put("a")
        self.flushLoggedErrors(TypeError)
        self.assertEqual(self.count("dropped_log_records", reason="not_encoded"), 1)
        self.assertEqual((self.outcomes(), self.off()), ([REJECTED], 0))

    @as_task
    async def test_more_refused_than_sent_is_all_refused(self) -> None:
        self.make([Receipt(99)])
        self.put("a")
        await turns()
        self.assertEqual(self.count("rejected_log_records"), 1)
        self.assertEqual(self.count("sent_log_records"), 0)


class RefusedForEverTests(OutletTestCase):
    @as_task
    async def test_probes_of_a_hold_grow_though_the_destination_answers(self) -> None:
        """A destination that answers 400 to everything is held, and probed ever more slowly."""
        self.make([Poison("no")] * 10_000, batch={"max_events": 300})
        self.put(*(str(n) for n in range(300)))
        await turns(400)
        delays = []
        for _ in range(3):
            self.assertIs(self.outlet.state, State.HELD)
            (probe,) = self.clock.getDelayedCalls()
            delays.append(round(probe.getTime() - self.clock.seconds()))
            await self.advance(delays[-1])
            await turns(400)
        self.assertEqual(delays, [60, 120, 240])
