"""The workers of a configuration: started, replaced, handed on, stopped. No process is made."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, ClassVar
from unittest import mock

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from collector.inputs.web import WebResponse
from collector.listening import Asked
from collector.run import crew
from collector.run.crew import Crew
from collector.run.listeners import Claims, Listeners
from collector.run.passing import Handed
from collector.run.plan import Plan
from collector.run.worker_process import Refused
from tests.collector.tasks import as_task

_TCP = Asked("tcp", "127.0.0.1:0", "r")
_PLAN = Plan("/data", 2, "info", "text", 0.0, 0.0, "", "", "", "", [], [], b"{}")


class FakeWorker:
    """It asks for one socket. `refuses`: what the next ones say in place of starting."""

    made: ClassVar[list[FakeWorker]] = []
    refuses: ClassVar[list[Refused]] = []

    def __init__(self, slot: int, given: Any, handed: Any, ended: Any) -> None:
        self.slot, self.pid, self.how = slot, 1000 + len(self.made), "by signal 9"
        self.is_ready = False
        self.gone = asyncio.Event()
        self.told = list[str]()
        self.given: list[Handed] = []
        self._given, self._ended = given, ended
        self.claims = Claims(slot, 1)
        self.made.append(self)

    async def begin(self, config: str, content: int) -> Plan:
        return _PLAN

    async def go(self, workers: int, *, is_first: bool) -> None:
        if self.refuses:
            raise self.refuses.pop()
        self.claims = Claims(self.slot, workers)
        self._given(_TCP, self.claims)
        self.is_ready = True

    async def ask(self, method: str, path: str) -> WebResponse:
        self.told.append(path)
        return WebResponse(200)

    def hand(self, handed: Handed, sock: socket.socket) -> None:
        self.given.append(handed)

    def stop(self, *, handing_on: bool = False) -> None:
        self.told.append(f"stop {handing_on}")
        self.end()

    def end(self) -> None:
        self.is_ready = False
        self.gone.set()
        self._ended(self)


class CrewTests(TestCase):
    def setUp(self) -> None:
        FakeWorker.made, FakeWorker.refuses = [], []
        self.patch(crew, "WorkerProcess", FakeWorker)
        self.log = mock.Mock()
        self.patch(crew, "log", self.log)
        self.clock = Clock()
        self.listeners = Listeners()
        self.addCleanup(self.listeners.close)
        self.lost: list[int] = []
        self.crew = Crew(
            self.clock,
            "c.yaml",
            -1,
            self.listeners,
            lambda worker, _: self.lost.append(worker.slot),
            lambda: None,
            lambda *_: None,
        )

    async def start(self) -> list[FakeWorker]:
        await self.crew.examine()
        await self.crew.start()
        await self.turn()
        return FakeWorker.made

    async def turn(self, seconds: float = 0.0) -> None:
        """What is due at that time has been done."""
        self.clock.advance(seconds)
        for _ in range(5):
            await asyncio.sleep(0)

    @as_task
    async def test_all_start_and_one_looks_for_files_that_nobody_has(self) -> None:
        one, two = await self.start()
        self.assertTrue(self.crew.is_ready)
        self.assertEqual((one.told, two.told), (["/queue/adopt"], []))
        await self.crew.stop()
        self.assertEqual((one.told[-1], two.told), ("stop False", ["stop False"]))
        self.assertFalse(self.crew.is_ready)

    @as_task
    async def test_one_that_dies_is_started_again_and_its_files_are_somebodys(self) -> None:
        one, two = await self.start()
        one.end()
        await self.turn()
        self.assertEqual(self.lost, [0])
        self.assertEqual([worker.slot for worker in self.crew.ready], [0, 1])
        self.assertIn("/queue/adopt", two.told)
        await self.crew.stop()

    @as_task
    async def test_one_that_keeps_dying_is_waited_for_and_its_socket_is_handed_on(self) -> None:
        _, two = await self.start()
        for delay in (0.0, 0.5, 1.0):
            FakeWorker.made[-1 if delay else 0].end()
            await self.turn(delay / 2)
            await self.turn(delay / 2)
        self.assertEqual(two.given, [Handed("tcp", _TCP.endpoint, None)])
        await self.crew.stop()

    @as_task
    async def test_one_that_does_not_start_again_says_why(self) -> None:
        one, _ = await self.start()
        FakeWorker.refuses = [Refused(["no room"])]
        one.end()
        await self.turn()
        said = self.log.error.call_args
        self.assertEqual(said.kwargs["why"], "no room")
        FakeWorker.made[-1].end()
        await self.turn(0.5)
        self.assertEqual(len(self.crew.ready), 2)
        await self.crew.stop()

    @as_task
    async def test_where_no_process_can_be_made_it_is_tried_later(self) -> None:
        one, _ = await self.start()
        with mock.patch.object(FakeWorker, "begin", side_effect=OSError("no memory")):
            one.end()
            await self.turn()
        self.assertEqual(len(self.crew.ready), 1)
        await self.turn(0.5)
        self.assertEqual(len(self.crew.ready), 2)
        await self.crew.stop()

    @as_task
    async def test_one_that_is_gone_before_the_last_has_started_is_replaced(self) -> None:
        real = FakeWorker.go

        async def go(worker: FakeWorker, workers: int, *, is_first: bool) -> None:
            await real(worker, workers, is_first=is_first)
            if len(FakeWorker.made) == 2 and worker.slot == 0:
                worker.end()

        self.patch(FakeWorker, "go", go)
        await self.crew.examine()
        await self.crew.start()
        await self.turn()
        await self.turn()
        self.assertEqual(len(self.crew.ready), 2)
        await self.crew.stop()

    @as_task
    async def test_a_start_that_fails_says_so(self) -> None:
        await self.crew.examine()
        FakeWorker.refuses = [Refused(["a port is taken"])]
        with self.assertRaisesRegex(Refused, "a port is taken"):
            await self.crew.start()
        await self.crew.stop()
        self.assertFalse(self.crew.is_ready)
