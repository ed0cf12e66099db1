"""The disk queue: stored before it settles, there after a crash, of use while it cannot store."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet.defer import DeferredList
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from collector.delivery import Delivery, Outcome
from collector.outputs import commits, disk_queue
from collector.outputs.disk_queue import DiskQueue
from collector.outputs.item import Gathered, Item, Part
from collector.outputs.store.errors import Damaged, StoreError, StoreFull
from collector.outputs.store.store import Store
from collector.request import Request
from collector.tasks import wait
from collector.testing import context
from tests.collector.tasks import as_task

DELIVERED, RETRY, REJECTED = Outcome


_commit = Store.commit


def full_disk(store: Store, puts: Sequence[Request], gone: Sequence[int]) -> list[int]:
    """What `Store.commit` does where nothing more can be stored."""
    _commit(store, [], gone)
    if puts:
        raise StoreFull("full")
    return []


class DiskQueueTestCase(TestCase):
    """A queue in a directory of its own, whose clock stands still; its thread is real."""

    max_size = 1 << 30

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.clock = Clock()
        self.changes = 0
        self.kept: list[int] = []

    async def opened(self, directory: Path | None = None) -> DiskQueue:
        where = directory or self.directory
        self.context = context("exporter", "dt", self.clock)
        queue = DiskQueue(
            lambda: Store.open(where, encoder="1", reserve=0),
            self.context,
            self.max_size,
            "1",
            self.changed,
            self.no_room,
        )
        await queue.open()
        return queue

    def changed(self) -> None:
        self.changes += 1

    def no_room(self, items: Sequence[Item]) -> Sequence[Item]:
        self.kept.append(len(items))
        return items

    def item(self, body: str, events: int = 1, *, late: bool = False) -> tuple[Item, Delivery]:
        delivery = Delivery(until_sent=late)
        request = Request(body=body.encode(), events=events, headers=(("A", "b"),))
        return Item(request, [Gathered([delivery], 1)]), delivery

    def put(self, queue: DiskQueue, *bodies: str) -> list[Delivery]:
        found = [self.item(body) for body in bodies]
        for item, _ in found:
            queue.put(item)
        return [delivery for _, delivery in found]

    async def settled(self, queue: DiskQueue) -> None:
        """Until its thread has nothing to do; what waits for the clock waits on."""
        while queue._commits._under_way:
            await wait(DeferredList(list(queue._commits._under_way)))

    async def taken(self, queue: DiskQueue) -> Item:
        item = queue.take()
        assert item is not None
        await queue.load(item)
        return item

    async def bodies(self, queue: DiskQueue) -> list[str]:
        """All that waits, in order; it is back after that."""
        items = [await self.taken(queue) for _ in range(queue.waiting)]
        found = [item.parts[0].request.body.decode() for item in items]
        for item in reversed(items):
            queue.give_back(item)
        await self.settled(queue)
        return found

    def crashed(self) -> Path:
        """What a killed process would have left."""
        copy = Path(self.mktemp())
        shutil.copytree(self.directory, copy)
        return copy

    def breaks(self, name: str, error: Exception) -> Any:
        def fail(*_: Any) -> Any:
            raise error

        return self.patch(Store, name, fail)


class StoringTests(DiskQueueTestCase):
    @as_task
    async def test_a_delivery_settles_when_its_request_would_survive_a_crash(self) -> None:
        queue = await self.opened()
        (delivery,) = self.put(queue, "a")
        self.assertNoResult(delivery.outcome)
        self.assertEqual((queue.waiting, queue.waiting_events), (0, 1))
        await self.settled(queue)
        self.assertEqual(self.successResultOf(delivery.outcome), DELIVERED)
        self.assertEqual((queue.waiting, queue.waiting_events, queue.bytes), (1, 1, 1))
        after = await self.opened(self.crashed())
        self.assertEqual(await self.bodies(after), ["a"])
        self.assertEqual(self.context.metrics.get("exporter_recovered_log_records"), 1)
        await after.close()
        await queue.close()

    @as_task
    async def test_what_comes_during_a_commit_is_one_commit(self) -> None:
        queue = await self.opened()
        made: list[int] = []
        real = Store.commit

        def commit(store: Store, puts: Sequence[Request], gone: Sequence[int]) -> list[int]:
            made.append(len(puts))
            return real(store, puts, gone)

        self.patch(Store, "commit", commit)
        self.put(queue, "a")
        await asyncio.sleep(0)  # its commit has begun
        self.put(queue, "b", "c", "d")
        self.assertEqual(queue.in_memory, 4)
        await self.settled(queue)
        self.assertEqual(queue.in_memory, 0)
        self.assertEqual(made, [1, 3])
        self.assertEqual(await self.bodies(queue), ["a", "b", "c", "d"])
        await queue.close()

    @as_task
    async def test_one_who_waits_for_the_destination_hears_when_it_was_sent(self) -> None:
        queue = await self.opened()
        item, delivery = self.item("a", late=True)
        queue.put(item)
        await self.settled(queue)
        self.assertNoResult(delivery.outcome)
        leased = await self.taken(queue)
        self.assertTrue(leased.is_awaited)
        queue.done(leased, DELIVERED)
        self.assertEqual(self.successResultOf(delivery.outcome), DELIVERED)
        await queue.close()

    @as_task
    async def test_what_is_done_is_gone_with_the_next_commit_or_soon(self) -> None:
        queue = await self.opened()
        self.put(queue, "a", "b")
        await self.settled(queue)
        queue.done(await self.taken(queue), DELIVERED)
        self.assertEqual((queue.bytes, queue.is_stored), (1, False))
        self.clock.advance(commits.LAZY)
        await self.settled(queue)
        self.assertTrue(queue.is_stored)
        after = await self.opened(self.crashed())
        self.assertEqual(await self.bodies(after), ["b"])
        await after.close()
        await queue.close()

    @as_task
    async def test_memory_holds_what_is_next_and_the_disk_the_rest(self) -> None:
        self.patch(disk_queue, "_CACHE", 25)
        queue = await self.opened()
        texts = [f"{n:010}" for n in range(6)]
        self.put(queue, *texts)
        await self.settled(queue)
        loaded = [item.is_loaded for item in queue._waiting]
        self.assertEqual(loaded, [True, True, False, False, False, False])
        self.assertEqual(await self.bodies(queue), texts)
        self.assertEqual(queue._cached, 20)
        await queue.close()

    @as_task
    async def test_beyond_max_size_it_waits_for_what_is_sent(self) -> None:
        self.max_size = 10
        queue = await self.opened()
        first, second = self.put(queue, "a" * 8, "b" * 8)
        await self.settled(queue)
        self.assertEqual((first.settled, second.settled, queue.trouble), (True, False, ""))
        queue.done(await self.taken(queue), DELIVERED)
        await self.settled(queue)
        self.assertTrue(second.settled)
        await queue.close()


class ComingBackTests(DiskQueueTestCase):
    @as_task
    async def test_what_could_not_be_sent_is_where_it_was_and_says_so_after_a_restart(self) -> None:
        queue = await self.opened()
        self.put(queue, "a", "b")
        await self.settled(queue)
        leased = await self.taken(queue)
        leased.last_error = "503"
        queue.give_back(leased)
        await self.settled(queue)
        self.assertEqual(await self.bodies(queue), ["a", "b"])
        await queue.close()
        queue = await self.opened()
        first, second = await queue.page(0, 2)
        self.assertEqual((first.attempts, first.last_error, second.attempts), (1, "503", 0))
        self.assertEqual([item.is_fresh for item in queue._waiting], [False, True])
        await queue.close()

    @as_task
    async def test_what_was_divided_is_stored_as_what_is_left_of_it(self) -> None:
        queue = await self.opened()
        item, _ = self.item("abcd", 4)
        queue.put(item)
        self.put(queue, "z")
        await self.settled(queue)
        leased = await self.taken(queue)
        halves = [Request(body=body, events=2, attempted=True) for body in (b"cd", b"ab")]
        leased.parts, leased.is_changed = [Part(half) for half in halves], True
        queue.give_back(leased)
        self.assertEqual(queue.waiting_events, 5)
        await self.settled(queue)
        self.assertEqual(await self.bodies(queue), ["ab", "cd", "z"])
        self.assertEqual((queue.bytes, queue.waiting_events), (5, 5))
        self.assertEqual([item.is_fresh for item in queue._waiting], [False, False, True])
        after = await self.opened(self.crashed())
        self.assertEqual(await self.bodies(after), ["ab", "cd", "z"])
        await after.close()
        await queue.close()

    @as_task
    async def test_what_was_divided_waits_in_memory_while_it_cannot_be_stored(self) -> None:
        queue = await self.opened()
        item, late = self.item("abcd", 4, late=True)
        queue.put(item)
        await self.settled(queue)
        leased = await self.taken(queue)
        leased.parts = [Part(Request(body=b"cd", events=2))]
        leased.is_changed = True
        broken = self.breaks("replace", StoreFull("no room"))
        queue.give_back(leased)
        await self.settled(queue)
        self.assertEqual(await self.bodies(queue), ["cd"])
        broken.restore()
        queue.done(await self.taken(queue), DELIVERED)
        self.assertTrue(late.settled)
        await queue.close()

    @as_task
    async def test_every_piece_must_end_before_one_who_waits_hears_of_it(self) -> None:
        queue = await self.opened()
        item, late = self.item("ab", 2, late=True)
        queue.put(item)
        await self.settled(queue)
        leased = await self.taken(queue)
        leased.parts = [Part(Request(body=body, events=1)) for body in (b"b", b"a")]
        leased.is_changed = True
        queue.give_back(leased)
        await self.settled(queue)
        queue.done(await self.taken(queue), DELIVERED)
        self.assertNoResult(late.outcome)
        queue.done(await self.taken(queue), DELIVERED)
        self.assertEqual(self.successResultOf(late.outcome), DELIVERED)
        await queue.close()

    @as_task
    async def test_the_last_place_is_given_where_it_is_asked_for(self) -> None:
        queue = await self.opened()
        self.put(queue, "a", "b")
        await self.settled(queue)
        leased = await self.taken(queue)
        leased.is_last = True
        queue.give_back(leased)
        self.assertEqual(await self.bodies(queue), ["b", "a"])
        await queue.close()


class TroubleTests(DiskQueueTestCase):
    @as_task
    async def test_a_full_disk_keeps_senders_waiting_and_goes_on_by_itself(self) -> None:
        queue = await self.opened()
        broken = self.breaks("commit", StoreFull("the disk is full"))
        (delivery,) = self.put(queue, "a")
        await self.settled(queue)
        self.assertEqual((queue.trouble, self.kept), ("the disk is full", [1]))
        self.assertNoResult(delivery.outcome)
        broken.restore()
        self.clock.advance(commits.AGAIN)
        await self.settled(queue)
        self.assertEqual((queue.trouble, delivery.settled), ("", True))
        await queue.close()

    @as_task
    async def test_meanwhile_it_is_sent_from_memory_and_then_settles(self) -> None:
        queue = await self.opened()
        self.breaks("commit", StoreError("no"))
        first, second = self.put(queue, "a", "b")
        await self.settled(queue)
        self.assertEqual((queue.waiting, queue.waiting_events), (2, 2))
        leased = await self.taken(queue)
        queue.done(leased, DELIVERED)
        self.assertEqual((first.settled, second.settled, queue.bytes), (True, False, 1))
        queue.give_back(await self.taken(queue))
        self.assertEqual(await self.bodies(queue), ["b"])
        lost = await queue.close()
        self.assertEqual([item.events for item in lost], [1])

    @as_task
    async def test_a_fault_in_the_store_costs_a_try_and_no_event(self) -> None:
        queue = await self.opened()
        broken = self.breaks("commit", ZeroDivisionError())
        (delivery,) = self.put(queue, "a")
        await self.settled(queue)
        self.assertIn("ZeroDivisionError", queue.trouble)
        self.flushLoggedErrors(ZeroDivisionError)
        broken.restore()
        self.clock.advance(commits.AGAIN)
        await self.settled(queue)
        self.assertTrue(delivery.settled)
        await queue.close()

    @as_task
    async def test_trouble_lasts_until_there_is_room_though_nothing_is_left_to_store(self) -> None:
        queue = await self.opened()
        broken, lacks = self.breaks("commit", StoreFull("full")), "full"
        self.patch(Store, "lacks", lambda *_: lacks)
        self.put(queue, "a")
        await self.settled(queue)
        broken.restore()
        queue.done(await self.taken(queue), DELIVERED)
        self.clock.advance(commits.AGAIN)
        await self.settled(queue)
        self.assertEqual(queue.trouble, "full")
        lacks = ""
        self.clock.advance(commits.AGAIN)
        await self.settled(queue)
        self.assertEqual(queue.trouble, "")
        await queue.close()

    @as_task
    async def test_a_damaged_request_is_gone_and_told_once(self) -> None:
        queue = await self.opened()
        self.patch(disk_queue, "_CACHE", 0)
        self.put(queue, "a", "b")
        await self.settled(queue)
        db = queue._thread._there._file.db
        db.execute("UPDATE body SET data=? WHERE id=1", (b"x",))
        leased = queue.take()
        assert leased is not None
        with self.assertRaises(Damaged):
            await queue.load(leased)
        self.assertEqual((queue.bytes, await self.bodies(queue)), (1, ["b"]))
        self.assertEqual(self.context.metrics.get("exporter_quarantined_requests"), 1)
        await queue.close()

    @as_task
    async def test_rows_of_another_format_are_set_aside(self) -> None:
        old = Store.open(self.directory, encoder="0", reserve=0)
        old.commit([Request(body=b"old", events=3)], [])
        old.close()
        queue = await self.opened()
        self.assertEqual((queue.waiting, queue.bytes), (0, 0))
        self.assertEqual(self.context.metrics.get("exporter_quarantined_requests"), 1)
        (aside,) = self.directory.glob("*.bad.jsonl")
        self.assertIn("format 0", aside.read_text())
        await queue.close()


class PurgeTests(DiskQueueTestCase):
    @as_task
    async def test_those_that_wait_are_out_and_those_on_their_way_are_not(self) -> None:
        queue = await self.opened()
        self.put(queue, "a", "b", "c")
        await self.settled(queue)
        leased = await self.taken(queue)
        self.assertEqual([item.ids for item in queue.purge(frozenset({1, 3}))], [(3,)])
        self.assertEqual([entry.id for entry in await queue.page(0, 9)], [1, 2])
        self.assertEqual([entry.id for entry in await queue.page(1, 1)], [2])
        self.assertEqual(queue.waiting_ids, {2})
        self.assertEqual(await self.bodies(queue), ["b"])
        queue.give_back(leased)
        await queue.close()
        queue = await self.opened()
        self.assertEqual(await self.bodies(queue), ["a", "b"])
        await queue.close()


_STEPS = "put put late take take done back failed divided merged full room time settle"
STEP = st.sampled_from([*_STEPS.split(), "restart", "crash"])


class ModelTests(DiskQueueTestCase):
    """The queue against a list: whatever happens, each body is there once, in order."""

    @settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
    @given(st.lists(STEP, max_size=30))
    def drawn(self, steps: list[str]) -> None:
        self.cases.append(steps)

    @as_task
    async def test_nothing_is_lost_or_doubled(self) -> None:
        self.patch(disk_queue, "_CACHE", 12)
        self.cases: list[list[str]] = []
        self.drawn()
        for steps in self.cases:
            await self.run_case(steps)

    async def run_case(self, steps: list[str]) -> None:
        self.directory, self.number = Path(self.mktemp()), 0
        self.queue = await self.opened()
        self.leased: list[Item] = []
        self.model: set[str] = set()
        self.waits: dict[str, Delivery] = {}
        self.full: Any = None
        for step in steps:
            await getattr(self, f"do_{step}")()
            self.check(steps)
        await self.do_room()
        await self.do_restart()
        self.check(steps)
        found = await self.texts()
        if "full" in steps:  # what was sent from memory may be stored after what came later
            found.sort()
        self.assertEqual(found, sorted(self.model), steps)
        await self.queue.close()

    def check(self, steps: list[str]) -> None:
        held = sum(item.events for item in self.leased) + self.queue.waiting_events
        self.assertEqual(held, sum(map(len, self.model)) // 4, steps)

    async def texts(self) -> list[str]:
        found = "".join(await self.bodies(self.queue))
        return [found[at : at + 4] for at in range(0, len(found), 4)]

    def make(self, *, late: bool) -> None:
        self.number += 1
        text = f"{self.number:04}"
        item, self.waits[text] = self.item(text, late=late)
        self.model.add(text)
        self.queue.put(item)

    async def do_put(self) -> None:
        self.make(late=False)

    async def do_late(self) -> None:
        self.make(late=True)

    async def do_take(self) -> None:
        item = self.queue.take()
        if item is not None:
            await self.queue.load(item)
            self.leased.append(item)

    async def do_done(self) -> None:
        if self.leased:
            item = self.leased.pop()
            for text in self.of(item):
                self.model.discard(text)
            self.queue.done(item, DELIVERED)

    def of(self, item: Item) -> list[str]:
        text = "".join(part.request.body.decode() for part in reversed(item.parts))
        return [text[at : at + 4] for at in range(0, len(text), 4)]

    async def do_back(self) -> None:
        if self.leased:
            self.queue.give_back(self.leased.pop())

    async def do_failed(self) -> None:
        if self.leased:
            self.leased[-1].last_error = "503"
            await self.do_back()

    async def do_merged(self) -> None:
        if len(self.leased) > 1 and all(item.ids for item in self.leased[:2]):
            items = sorted(self.leased[:2], key=lambda item: item.place)
            texts = [text for item in items for text in self.of(item)]
            request = Request(body="".join(texts).encode(), events=len(texts))
            gathered = [one for item in items for one in item.gathered]
            merged = Item(request, gathered, ids=[id for item in items for id in item.ids])
            merged.size, merged.place = sum(item.size for item in items), items[0].place
            merged.is_changed = True
            self.leased[:2] = [merged]

    async def do_divided(self) -> None:
        if self.leased and len(texts := self.of(self.leased[-1])) > 1:
            item, half = self.leased[-1], len(texts) // 2
            parts = (texts[half:], texts[:half])
            item.parts = [
                Part(Request(body="".join(part).encode(), events=len(part))) for part in parts
            ]
            item.is_changed = True
            await self.do_back()

    async def do_full(self) -> None:
        await self.do_settle()
        self.full = self.full or self.patch(Store, "commit", full_disk)

    async def do_room(self) -> None:
        if self.full is not None:
            self.full.restore()
            self.full = None
        await self.do_time()

    async def do_time(self) -> None:
        self.clock.advance(1)
        await self.do_settle()

    async def do_settle(self) -> None:
        await self.settled(self.queue)
        if not self.full:
            await self.settled(self.queue)

    async def do_restart(self) -> None:
        for item in self.leased:
            self.queue.give_back(item)
        self.leased.clear()
        for item in await self.queue.close():
            self.model.difference_update(self.of(item))
            self.queue.done(item, RETRY)
        self.assertTrue(all(d.settled for d in self.waits.values() if not d.until_sent))
        self.queue = await self.opened()

    async def do_crash(self) -> None:
        """What was settled as stored is there, and nothing that was not put."""
        await self.do_settle()
        directory = self.crashed()
        stored = {
            text for text in self.model if self.waits[text].settled or self.waits[text].until_sent
        }
        for item in self.leased:
            self.queue.give_back(item)
        self.leased.clear()
        for item in await self.queue.close():
            self.queue.done(item, RETRY)
        self.directory, self.queue = directory, await self.opened(directory)
        found = set(await self.texts())
        if not self.full:
            self.assertLessEqual(stored, found)
        self.model = found
