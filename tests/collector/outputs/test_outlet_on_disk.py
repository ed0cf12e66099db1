"""An outlet with a queue on the disk: stored soon, sent in worthwhile requests, kept at the end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from collector.delivery import Delivery, Outcome
from collector.event import Batch
from collector.letter import Letter
from collector.outputs import merging
from collector.outputs.backoff import State
from collector.outputs.commits import AGAIN
from collector.outputs.disk_queue import DiskQueue
from collector.outputs.options import OutletOptions
from collector.outputs.outlet import STORED_WITHIN, NotTaken, Outlet, Purged
from collector.outputs.store.errors import StoreError, StoreFull
from collector.outputs.store.store import Store
from collector.request import Hold, Poison, Receipt, Request, Retry, TooLarge
from collector.tasks import spawn
from collector.testing import LetterBox, ScriptedExporter, context, events
from tests.collector.tasks import as_task, turns

DELIVERED, RETRY, REJECTED = Outcome
#: Turns of the loop between two looks at what a thread does.
_LOOKS = 3
#: Looks while something is being sent, which may read many requests from the disk before.
_READS = 40


_commit = Store.commit


def full_disk(store: Store, puts: list[Request], gone: list[int]) -> list[int]:
    """What `Store.commit` does where nothing more can be stored."""
    _commit(store, [], gone)
    if puts:
        raise StoreFull("the disk is full")
    return []


def not_taken(failure: Failure) -> None:
    assert isinstance(failure.value, NotTaken)


class DiskOutletTestCase(TestCase):
    def setUp(self) -> None:
        self.patch(random, "uniform", lambda _, most: most)
        self.directory = Path(self.mktemp())
        self.clock = Clock()
        self.full: list[bool] = []
        self.letters = LetterBox()
        self.outlets: list[Outlet] = []

    def tearDown(self) -> Any:
        async def stop() -> None:
            for outlet in self.outlets:
                await outlet.stop()

        return spawn(stop())

    async def make(self, script: Iterable[Any] = (), **options: Any) -> Outlet:
        options.setdefault("compression", "none")
        options.setdefault("concurrency", 1)
        options.setdefault("batch", {"max_events": 8, "max_age": "1s"})
        self.context = context("exporter", "dt", self.clock, letters=self.letters)
        self.exporter = ScriptedExporter(self.context, script)
        said = OutletOptions(**options)
        self.outlet = Outlet(self.exporter, said, self.full.append, partial(self.queue, said))
        self.outlets.append(self.outlet)
        await self.outlet.start()
        return self.outlet

    def queue(self, options: OutletOptions, outlet: Outlet) -> DiskQueue:
        store = partial(Store.open, self.directory, encoder="1", reserve=0)
        size = options.queue.size
        return DiskQueue(store, self.context, size, "1", outlet.changed, outlet.no_room)

    def put(self, *bodies: str, ack: bool = False, late: bool = False) -> Delivery:
        delivery = Delivery(until_sent=late)
        self.outlet.put(Batch(events(*bodies)), delivery, ack=ack)
        return delivery

    async def advance(self, seconds: float = 0.0) -> None:
        """So far by the clock, and until the thread and the sender have nothing to do."""
        self.clock.advance(seconds)
        queue: Any = self.outlet.queue
        for look in range(_READS):
            await turns(20 if look < _LOOKS else 2)
            while queue._commits._under_way:
                await turns(1)
            if queue._thread._store is not None:  # what the thread was asked before is done then
                await asyncio.wrap_future(queue._thread._pool.submit(int))
            if look >= _LOOKS and not self.outlet.sender._flights:
                break

    async def restart(self, script: Iterable[Any] = (), **options: Any) -> None:
        await self.outlet.stop()
        self.outlets.remove(self.outlet)
        await self.make(script, **options)

    def count(self, name: str, **labels: str) -> int:
        return self.context.metrics.get(f"exporter_{name}", **labels)

    def off(self) -> int:
        """The account: 0."""
        came = sum(self.count(f"{n}_log_records") for n in ("taken", "recovered", "replayed"))
        ends = ("sent", "rejected", "dropped", "dead_lettered")
        return came - sum(self.count(f"{name}_log_records") for name in ends) - self.outlet.pending


class StoringTests(DiskOutletTestCase):
    @as_task
    async def test_what_nobody_waits_for_is_stored_soon_and_sent_when_it_is_worth_it(self) -> None:
        await self.make()
        delivery = self.put("a")
        await self.advance(STORED_WITHIN)
        self.assertEqual(self.successResultOf(delivery.outcome), DELIVERED)
        self.put("b")
        await self.advance(STORED_WITHIN)
        self.assertEqual(self.exporter.sent, [])
        await self.advance(1.0)
        self.assertEqual(self.exporter.tries, [b"a\nb"])
        self.assertEqual((self.off(), self.outlet.pending), (0, 0))

    @as_task
    async def test_enough_of_them_do_not_wait_for_their_time(self) -> None:
        await self.make()
        for letter in "abcdefgh":
            self.put(letter)
            await self.advance(STORED_WITHIN)
        self.assertEqual(self.exporter.tries, [b"a\nb\nc\nd\ne\nf\ng\nh"])

    @as_task
    async def test_one_who_waits_is_answered_without_waiting_for_others(self) -> None:
        await self.make()
        delivery = self.put("a", ack=True)
        await self.advance()
        self.assertEqual(self.successResultOf(delivery.outcome), DELIVERED)
        self.assertEqual(self.exporter.sent, [])

    @as_task
    async def test_one_who_waits_for_the_destination_makes_it_go_at_once(self) -> None:
        await self.make()
        delivery = self.put("a", ack=True, late=True)
        await self.advance()
        self.assertEqual(self.exporter.tries, [b"a"])
        self.assertEqual(self.successResultOf(delivery.outcome), DELIVERED)

    @as_task
    async def test_what_is_worth_a_request_is_not_made_anew(self) -> None:
        await self.make()
        self.put("a", "b")
        await self.advance(STORED_WITHIN)
        self.put("c", "d", "e")
        await self.advance(STORED_WITHIN)
        await self.advance(1.0)
        self.assertEqual(self.exporter.tries, [b"a\nb", b"c\nd\ne"])

    @as_task
    async def test_a_restart_sends_what_was_left_and_the_account_says_so(self) -> None:
        await self.make([Retry("503")])
        self.put("a")
        await self.advance(STORED_WITHIN)
        self.assertEqual(self.outlet.pending, 1)
        await self.restart()
        self.assertEqual((self.count("recovered_log_records"), self.off()), (1, 0))
        await self.advance()
        self.assertEqual((self.exporter.rows, self.off()), (["a"], 0))
        await self.restart()
        self.assertEqual(self.count("recovered_log_records"), 0)


class DownTests(DiskOutletTestCase):
    """The destination is away."""

    @as_task
    async def test_small_requests_become_fewer_while_they_wait(self) -> None:
        self.patch(merging, "MANY", 4)
        await self.make([Hold("401")], batch={"max_events": 100, "max_age": "0s"})
        self.put("first")
        await self.advance(STORED_WITHIN)
        self.assertIs(self.outlet.state, State.HELD)
        for n in range(40):
            self.put(f"{n:02}")
            await self.advance(STORED_WITHIN)
            self.assertEqual(self.off(), 0)
        self.assertLess(self.outlet.queue.waiting, 12)
        self.assertEqual(self.outlet.queue.waiting_events, 41)
        await self.restart()
        await self.advance(1.0)
        self.assertEqual(self.exporter.rows, ["first", *(f"{n:02}" for n in range(40))])

    @as_task
    async def test_what_was_tried_keeps_its_bytes_over_a_restart(self) -> None:
        await self.make([Retry("503")], batch={"max_events": 8, "max_age": "0s"})
        self.put("a")
        await self.advance(STORED_WITHIN)
        self.put("b")
        self.put("c")
        await self.advance(STORED_WITHIN)
        tried = self.exporter.tries
        await self.restart()
        await self.advance(1.0)
        self.assertEqual((tried, self.exporter.tries), ([b"a"], [b"a", b"b\nc"]))

    @as_task
    async def test_half_of_a_request_that_went_is_not_sent_again_after_a_restart(self) -> None:
        await self.make([TooLarge("413"), None, Retry("503")])
        self.put(*"abcdefgh")
        await self.advance(STORED_WITHIN)
        self.assertEqual(self.exporter.rows, list("abcd"))
        await self.restart()
        await self.advance(1.0)
        self.assertEqual((self.exporter.rows, self.off()), (list("efgh"), 0))

    @as_task
    async def test_a_stop_does_not_wait_for_it_and_keeps_everything(self) -> None:
        await self.make([Hold("401")] * 9)
        for letter in "abc":
            self.put(letter)
            await self.advance(STORED_WITHIN)
        drained = self.outlet.drain()
        await self.advance()
        self.successResultOf(drained)
        await self.restart()
        self.assertEqual((self.count("recovered_log_records"), self.off()), (3, 0))

    @as_task
    async def test_a_stop_sends_what_can_be_sent(self) -> None:
        await self.make()
        self.put("a")
        drained = self.outlet.drain()
        await self.advance()
        self.successResultOf(drained)
        self.assertEqual((self.exporter.rows, self.off()), (["a"], 0))


class FullDiskTests(DiskOutletTestCase):
    async def fill(self, **options: Any) -> Any:
        await self.make([Hold("401")] * 20, **options)
        for letter in "ab":
            self.put(letter * 10)
            await self.advance(STORED_WITHIN)

        return self.patch(Store, "commit", full_disk)

    @as_task
    async def test_receivers_pause_and_go_on_by_themselves(self) -> None:
        broken = await self.fill()
        delivery = self.put("c", ack=True)
        await self.advance()
        self.assertEqual((self.full, delivery.settled, self.off()), ([True], False, 0))
        self.assertEqual((self.outlet.reason, self.outlet.is_alarming), ("the disk is full", True))
        broken.restore()
        await self.advance(AGAIN)
        self.assertEqual((self.full, delivery.settled, self.off()), ([True, False], True, 0))

    @as_task
    async def test_the_oldest_go_where_that_is_the_policy(self) -> None:
        broken = await self.fill(queue={"on_full": "drop_oldest"})
        self.put("c")
        await self.advance(STORED_WITHIN)
        dropped = self.count("dropped_log_records", reason="disk_full")
        self.assertEqual(dropped, 1)
        broken.restore()
        await self.advance(AGAIN)
        self.assertEqual((self.full, self.off(), self.outlet.queued), ([], 0, 2))

    @as_task
    async def test_the_newest_go_where_that_is_the_policy(self) -> None:
        await self.fill(queue={"on_full": "drop_newest"})
        delivery = self.put("c", ack=True)
        await self.advance()
        self.assertEqual(self.count("dropped_log_records", reason="disk_full"), 1)
        self.assertEqual(self.successResultOf(delivery.outcome), DELIVERED)
        self.assertEqual((self.full, self.off(), self.outlet.queued), ([], 0, 2))


class PurgeTests(DiskOutletTestCase):
    async def fill(self, script: Iterable[Any]) -> None:
        await self.make(script, batch={"max_events": 1, "max_age": "0s"}, queue={"max_size": 4})
        for letter in "abcd":
            self.put(letter)
            await self.advance(STORED_WITHIN)

    @as_task
    async def test_what_is_purged_is_counted_and_makes_room(self) -> None:
        await self.fill([Hold("401")] * 9)
        self.assertIs(self.full[-1], True)
        self.assertEqual(self.outlet.purge(frozenset({2, 9})), Purged(1, 1, 0))
        self.assertEqual(self.outlet.purge(None), Purged(3, 3, 0))
        self.assertIs(self.full[-1], False)
        self.assertEqual(self.count("dropped_log_records", reason="purged"), 4)
        self.assertEqual((self.off(), self.outlet.pending), (0, 0))
        await self.restart()
        self.assertEqual(self.count("recovered_log_records"), 0)

    @as_task
    async def test_what_is_on_its_way_stays_and_is_told(self) -> None:
        answer: Deferred[None] = Deferred()
        await self.fill([answer])
        self.assertEqual(self.outlet.purge(frozenset({1, 2})), Purged(1, 1, 1))
        self.assertEqual(self.outlet.purge(None), Purged(2, 2, 1))
        answer.callback(None)
        await self.advance()
        self.assertEqual(self.exporter.rows, ["a"])
        self.assertEqual((self.off(), self.outlet.pending), (0, 0))

    @as_task
    async def test_a_stopped_one_is_not_purged(self) -> None:
        await self.fill([Hold("401")] * 9)
        await self.outlet.stop()
        with self.assertRaises(StoreError):
            self.outlet.purge(None)
        self.assertEqual(self.count("dropped_log_records"), 0)


FAULTS = st.sampled_from(
    [
        *[None, None, None, Receipt(1), Receipt(0, 5.0)],
        *[Retry("503"), Retry("429", 5.0), OSError("reset"), Hold("401")],
        *[TooLarge("413"), Poison("400")],
    ]
)
STEP = st.sampled_from(
    [
        "put",
        "put",
        "ack",
        "late",
        "replay",
        "wait",
        "second",
        "minute",
        "restart",
        "full",
        "room",
        "purge",
    ]
)


class AccountTests(DiskOutletTestCase):
    @settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
    @given(st.lists(FAULTS, max_size=12), st.lists(STEP, max_size=20), st.integers(1, 3))
    def drawn(self, faults: list[Any], steps: list[str], concurrency: int) -> None:
        self.cases.append((faults, steps, concurrency))

    @as_task
    async def test_every_event_is_somewhere_under_any_faults_and_restarts(self) -> None:
        self.cases: list[tuple[list[Any], list[str], int]] = []
        self.drawn()
        for case in self.cases:
            await self.run_case(*case)

    async def run_case(self, faults: list[Any], steps: list[str], concurrency: int) -> None:
        self.directory, self.number, self.ended = Path(self.mktemp()), 0, 0
        self.options: dict[str, Any] = {"concurrency": concurrency}
        self.broken: Any = None
        await self.make(faults, **self.options)
        for step in steps:
            await self.step(step)
            self.assertEqual(self.off(), 0, (faults, steps))
        await self.step("room")
        self.exporter.script.clear()
        for _ in range(20):
            await self.advance(60)
        self.assertEqual((self.off(), self.outlet.pending), (0, 0), (faults, steps))
        await self.step("restart")
        self.assertEqual(self.outlet.pending, 0)
        self.assertEqual(self.ended, self.number, (faults, steps))
        self.flushLoggedErrors(OSError)
        await self.outlet.stop()
        self.outlets.clear()

    async def step(self, step: str) -> None:
        if step in {"put", "ack", "late"}:
            self.number += 3
            self.put("a", "b", "c", ack=step != "put", late=step == "late")
        elif step == "replay":
            replayed = self.count("replayed_log_records")
            dead = [Letter(row=row, reason="poison", time=1) for row in (b"d", b"e")]
            self.outlet.replay(dead).addErrback(not_taken)
            self.number += self.count("replayed_log_records") - replayed
        elif step == "restart":
            left = self.outlet.pending + self.count("dropped_log_records")
            script, before = self.exporter.script, self.count
            await self.outlet.stop()
            dropped = before("dropped_log_records")
            self.ended += self.finished()
            self.outlets.clear()
            await self.make(script, **self.options)
            self.assertEqual(self.count("recovered_log_records"), left - dropped)
        elif step == "purge":
            self.outlet.purge(None)
        elif step == "full":
            self.broken = self.broken or self.patch(Store, "commit", full_disk)
        elif step == "room" and self.broken:
            self.broken.restore()
            self.broken = None
            await self.advance(1)
        else:
            await self.advance({"wait": 0, "second": 1}.get(step, 60))

    def finished(self) -> int:
        ends = ("sent", "rejected", "dropped", "dead_lettered")
        return sum(self.count(f"{name}_log_records") for name in ends)
