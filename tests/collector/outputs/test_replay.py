"""Dead letters that are sent again: once each, in order, and never lost on the way."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from twisted.trial.unittest import TestCase

from collector.delivery import Delivery
from collector.event import Batch
from collector.letter import Death, Letter
from collector.outputs.backoff import State
from collector.outputs.disk_queue import DiskQueue
from collector.outputs.letters.file import LetterFile
from collector.outputs.letters.names import path_of
from collector.outputs.letters.reading import Letters
from collector.outputs.letters.selection import Selection
from collector.outputs.options import OutletOptions
from collector.outputs.outlet import Outlet
from collector.outputs.queue import MemoryQueue, Queue
from collector.outputs.replay import Replay, Replayed
from collector.outputs.store.errors import StoreFull
from collector.outputs.store.store import Store
from collector.request import Hold, Poison, Request, Retry
from collector.tasks import spawn, wait
from collector.testing import ScriptedExporter, context, events
from tests.collector.tasks import as_task, turns


class ReplayTestCase(TestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.file = LetterFile(path_of(self.directory, "exporter", "dt"), "dt")

    async def make(
        self, script: Iterable[Any] = (), *, on_disk: bool = False, **options: Any
    ) -> Outlet:
        options.setdefault("concurrency", 1)
        options.setdefault("retry", {"initial_interval": "1ms", "max_interval": "1ms"})
        self.context = context("exporter", "dt", letters=self.file)
        self.exporter = ScriptedExporter(self.context, script)
        said = OutletOptions(**options)
        make_queue = partial(self.queue, said) if on_disk else lambda _: MemoryQueue()
        self.outlet = Outlet(self.exporter, said, queue=make_queue)
        self.addCleanup(lambda: spawn(self.outlet.stop()))
        await self.outlet.start()
        return self.outlet

    def queue(self, options: OutletOptions, outlet: Outlet) -> Queue:
        store = partial(Store.open, self.directory / "queue", encoder="1", reserve=0)
        size = options.queue.size
        return DiskQueue(store, self.context, size, "1", outlet.changed, outlet.no_room)

    def write(self, *rows: str, format: str = "1", reason: str = "poison") -> None:  # noqa: A002
        letters = [
            Letter(row=row.encode(), reason=reason, text="400", format=format, time=n + 1)
            for n, row in enumerate(rows)
        ]
        self.file.write(letters)

    async def replay(self, **selection: Any) -> Replayed:
        return await Replay(self.outlet, self.file, Selection(**selection)).run()

    async def ended(self) -> None:
        while self.outlet.pending:
            await turns()

    def left(self) -> list[Letter]:
        with Letters(self.file.path) as letters:
            return [found.letter for found in letters]

    def rows(self) -> list[str]:
        return [letter.row.decode() for letter in self.left()]

    def count(self, name: str, **labels: str) -> int:
        return self.context.metrics.get(f"exporter_{name}", **labels)


class SendingTests(ReplayTestCase):
    @as_task
    async def test_all_of_them_go_and_the_file_with_them(self) -> None:
        await self.make()
        self.write("a", "b", "c")
        self.assertEqual(await self.replay(), Replayed(3, 0))
        self.assertEqual((self.exporter.rows, self.file.path.exists()), (["a", "b", "c"], False))
        self.assertEqual(self.count("replayed_log_records"), 3)
        self.assertEqual(await self.replay(), Replayed(0, 0))

    @as_task
    async def test_there_may_be_none(self) -> None:
        await self.make()
        self.assertEqual(await self.replay(), Replayed(0, 0))

    @as_task
    async def test_a_request_has_no_more_than_a_request_may_have(self) -> None:
        await self.make(batch={"max_events": 2})
        self.write(*"abcde")
        self.assertEqual((await self.replay()).replayed, 5)
        self.assertEqual([request.events for request in self.exporter.sent], [2, 2, 1])

    @as_task
    async def test_only_those_that_are_selected_and_can_be_sent(self) -> None:
        await self.make()
        self.write("a1", "b1", "a2", "a3")
        self.write("a4", reason="stale")
        self.write("a5", format="0")
        self.write("a6", format="")
        found = await self.replay(contains="a", reason="poison", limit=2)
        self.assertEqual((found, self.exporter.rows), (Replayed(2, 5), ["a1", "a2"]))
        found = await self.replay()
        self.assertEqual((found.replayed, self.rows()), (3, ["a5", "a6"]))

    @as_task
    async def test_on_the_disk_it_is_over_as_soon_as_they_are_stored(self) -> None:
        await self.make([Hold("401")], on_disk=True)
        self.write("a", "b")
        self.assertEqual(await self.replay(), Replayed(2, 0))
        self.assertEqual(self.exporter.sent, [])
        self.assertEqual((self.outlet.pending, self.rows()), (2, []))

    @as_task
    async def test_in_memory_they_stay_in_the_file_until_they_are_sent(self) -> None:
        sent: list[list[str]] = []
        await self.make([Retry("503")])
        send = self.exporter.send

        async def look(request: Request) -> Any:
            sent.append(self.rows())
            return await send(request)

        self.patch(self.exporter, "send", look)
        self.write("a")
        await self.replay()
        self.assertEqual((sent, self.rows()), ([["a"], ["a"]], []))

    @as_task
    async def test_attempts_are_counted_in_memory_too(self) -> None:
        await self.make([Retry("503"), Retry("503"), Poison("400")])
        self.write("a")
        await self.replay()
        self.assertEqual([letter.attempts for letter in self.left()], [3])


class AgainTests(ReplayTestCase):
    @as_task
    async def test_what_is_refused_again_comes_back_with_its_history(self) -> None:
        for on_disk in (False, True):
            await self.make([Poison("400"), Poison("400: never")], on_disk=on_disk)
            self.write("bad", "good")
            found = await self.replay()
            await self.ended()
            self.assertEqual((found.replayed, self.exporter.rows), (2, ["good"]))
            (letter,) = self.left()
            self.assertEqual((letter.row, letter.text), (b"bad", "400: never"))
            self.assertEqual(letter.history, (Death(1, "poison", "400"),))
            self.exporter.script = [Poison("again")]
            await self.replay()
            await self.ended()
            (letter,) = self.left()
            self.assertEqual(
                [death.text for death in letter.deaths], ["400", "400: never", "again"]
            )
            self.file.path.unlink()
            await self.outlet.stop()

    @as_task
    async def test_history_outlives_the_process_with_the_queue(self) -> None:
        await self.make([Hold("401")], on_disk=True)
        self.write("bad")
        await self.replay()
        while self.outlet.state is State.OPEN:
            await turns()
        await self.outlet.stop()
        await self.make([Poison("400: never")], on_disk=True)
        await self.ended()
        (letter,) = self.left()
        self.assertEqual([death.text for death in letter.deaths], ["400", "400: never"])


class StoppingTests(ReplayTestCase):
    @as_task
    async def test_a_full_queue_ends_it_and_the_rest_stays(self) -> None:
        small: dict[str, Any] = {"queue": {"max_size": 4000}, "batch": {"max_events": 1}}
        await self.make([Hold("401")], on_disk=True, compression="none", **small)
        self.outlet.put(Batch(events("x" * 2000)), Delivery())
        while self.outlet.state is State.OPEN:
            await turns()
        self.write("y" * 700, "z" * 700)
        found = await self.replay()
        self.assertEqual(found, Replayed(1, 1, "the queue is full: try again later"))
        self.assertEqual(self.rows(), ["z" * 700])

    @as_task
    async def test_so_does_a_disk_without_room(self) -> None:
        await self.make(on_disk=True)
        full = self.patch(Store, "commit", self.refuse)
        self.outlet.put(Batch(events("a")), Delivery(), ack=True)
        while not self.outlet.queue.trouble:
            await turns()
        self.write("b")
        self.assertIn("full", (await self.replay()).trouble)
        self.assertEqual(self.rows(), ["b"])
        full.restore()

    def refuse(self, puts: list[Request], gone: list[int]) -> list[int]:
        raise StoreFull("the disk is full")

    @as_task
    async def test_a_stop_leaves_what_was_not_sent(self) -> None:
        await self.make([Hold("401")])
        self.write("a")
        under_way = spawn(self.replay())
        while not self.outlet.pending or self.outlet.state is State.OPEN:
            await turns()
        await self.outlet.stop()
        found: Any = await wait(under_way)
        self.assertIn("is stopping", found.trouble)
        self.assertEqual((found.left, self.rows()), (1, ["a"]))
        self.assertEqual(self.count("dropped_log_records", reason="shutdown"), 1)
        self.assertIn("is stopping", (await self.replay()).trouble)

    @as_task
    async def test_nothing_is_added_while_the_queue_is_sent_off(self) -> None:
        await self.make()
        self.write("a")
        await wait(self.outlet.drain())
        found = await self.replay()
        self.assertEqual((found.left, self.exporter.tries), (1, []))
        self.assertIn("is stopping", found.trouble)

    @as_task
    async def test_a_crash_before_they_are_taken_out_sends_them_twice(self) -> None:
        await self.make()
        self.write("a", "b")
        broken = self.patch(os, "pwrite", self.fail_to_write)
        found = await self.replay()
        self.assertIn("cannot be changed: Input/output error", found.trouble)
        broken.restore()
        self.assertEqual((await self.replay()).replayed, 2)
        self.assertEqual(self.exporter.rows, ["a", "b", "a", "b"])

    def fail_to_write(self, *_: Any) -> None:
        raise OSError(5, "Input/output error")

    @as_task
    async def test_rows_that_cannot_be_packed_stay(self) -> None:
        await self.make()
        self.write("a")
        self.patch(self.exporter, "pack", lambda _: 1 / 0)
        found = await self.replay()
        self.assertEqual(found, Replayed(0, 1, "the rows could not be packed: ZeroDivisionError"))
