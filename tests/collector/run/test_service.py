"""Start and stop in their order, whatever the components do."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from twisted.trial.unittest import TestCase

from collector.component import Config, Receiver
from collector.context import Context
from collector.delivery import Deadlines, Outcome
from collector.event import Batch
from collector.metrics import Metrics
from collector.outputs.options import OutletOptions
from collector.outputs.outlet import Outlet
from collector.pipeline import Fanout, Pipeline
from collector.run import service as module
from collector.run.graph import Graph
from collector.run.health import Health
from collector.run.process import StartError
from collector.run.redactor import Redactor
from collector.run.service import Service
from collector.run.valve import Valve
from collector.testing import ScriptedExporter, context, events
from tests.collector.tasks import as_task


class Told(Receiver[Config]):
    """Notes what it is told; `wrong` is raised by the step of that name."""

    def __init__(self, given: Context, wrong: dict[str, BaseException]) -> None:
        super().__init__(Config(), given)
        self.wrong = wrong
        self.told: list[str] = []
        self.left, self.gone = asyncio.Event(), asyncio.Event()

    def _say(self, step: str) -> None:
        self.told.append(step)
        if step in self.wrong:
            raise self.wrong[step]

    def pause(self) -> None:
        self._say("pause")

    def resume(self) -> None:
        self._say("resume")

    async def start(self) -> None:
        self._say("start")

    async def leave(self) -> None:
        self.left.set()
        self._say("leave")
        await self.gone.wait()

    async def quiesce(self) -> None:
        self._say("quiesce")

    async def stop(self) -> None:
        self._say("stop")


class ServiceTests(TestCase):
    times = SimpleNamespace(shutdown_timeout=5.0, reload_grace=60.0, memory_limit=1 << 30)

    def make(self, **wrong: BaseException) -> Service:
        from twisted.internet import reactor

        metrics, graph = Metrics(), Graph()
        self.receiver = Told(context("receiver", "in", metrics=metrics), wrong)
        self.exporter = ScriptedExporter(context("exporter", "out", metrics=metrics))
        graph.receivers["in"], graph.exporters["out"] = self.receiver, self.exporter
        graph.valves["in"] = Valve(self.receiver)
        graph.outlets["out"] = Outlet(self.exporter, OutletOptions())
        graph.pipelines = [Pipeline("logs", reactor, [], [graph.outlets["out"]])]
        deadlines = Deadlines(reactor)
        self.receiver.output = Fanout(self.receiver.context, graph.pipelines, deadlines)
        self.addCleanup(deadlines.stop)
        builder: Any = SimpleNamespace(build=lambda _: graph)
        self.patch(module, "Builder", lambda *_: builder)
        settings: Any = SimpleNamespace(service=self.times)
        self.health = Health(reactor)
        return Service(settings, reactor, metrics, self.health, Redactor(["CANARY"]))

    async def flow(self, service: Service) -> list[Outcome]:
        """Start, send one event, stop; what its sender heard."""
        outcomes: list[Outcome] = []
        await service.start()
        self.receiver.output.send(Batch(events("one"))).addCallback(outcomes.append)
        await service.stop()
        return outcomes

    @as_task
    async def test_what_was_taken_is_sent_between_quiesce_and_stop(self) -> None:
        self.assertEqual(await self.flow(self.make()), [Outcome.DELIVERED])
        self.assertEqual(self.exporter.rows, ["one"])
        self.assertEqual(self.receiver.told, ["start", "quiesce", "stop"])

    @as_task
    async def test_a_receiver_is_as_unhealthy_as_it_says(self) -> None:
        service = self.make()
        await service.start()
        said = []
        for trouble in ("", "the API refuses the token"):
            self.receiver.trouble = trouble
            (reading,) = [one for one in self.health.snapshot() if one.kind == "receiver"]
            said.append((reading.state, reading.reason))
        await service.stop()
        self.assertEqual(said, [("running", ""), ("failing", "the API refuses the token")])

    @as_task
    async def test_senders_have_time_to_go_before_the_end(self) -> None:
        service = self.make()
        await service.start()
        leaving = asyncio.ensure_future(service.leave(asyncio.Event()))
        await self.receiver.left.wait()
        valve = service.graph.valves["in"]
        valve.turn("out", full=True)
        self.assertEqual(self.receiver.told, ["start", "leave", "pause"])
        self.receiver.gone.set()
        await leaving
        valve.turn("out", full=False)
        await service.stop()
        self.assertEqual(self.receiver.told, ["start", "leave", "pause", "quiesce", "stop"])

    @as_task
    async def test_senders_that_do_not_go_are_not_waited_for_for_ever(self) -> None:
        hurries = asyncio.Event()
        hurries.set()
        for grace, hurry in ((0.01, asyncio.Event()), (60.0, hurries)):
            self.times = SimpleNamespace(**{**vars(type(self).times), "reload_grace": grace})
            service = self.make()
            await service.start()
            await service.leave(hurry)
            await service.stop()
            self.assertEqual(self.receiver.told, ["start", "leave", "quiesce", "stop"])

    @as_task
    async def test_too_much_in_memory_pauses_receivers_with_its_reason(self) -> None:
        self.times = SimpleNamespace(**{**vars(type(self).times), "memory_limit": 1000})
        service = self.make()
        await service.start()
        self.receiver.output.send(Batch(events("one"), 500))
        service._budget.stop()
        service._budget.start()
        self.assertEqual(self.receiver.told, ["start", "pause"])
        health = {each.id: each for each in service._health.snapshot()}["in"]
        self.assertEqual(health.state, "paused")
        self.assertIn("memory_limit", health.reason)
        await service.stop()

    @as_task
    async def test_a_receiver_that_cannot_leave_is_stopped_all_the_same(self) -> None:
        service = self.make(leave=ValueError("x"))
        await service.start()
        await service.leave(asyncio.Event())
        await service.stop()
        self.assertEqual(self.receiver.told[-1], "stop")

    @as_task
    async def test_a_step_that_raises_or_is_cancelled_does_not_skip_the_rest(self) -> None:
        for error in (ValueError("x"), asyncio.CancelledError()):
            self.assertEqual(await self.flow(self.make(quiesce=error)), [Outcome.DELIVERED])
            self.assertEqual((self.exporter.rows, self.receiver.told[-1]), (["one"], "stop"))

    @as_task
    async def test_a_start_that_fails_names_the_component_and_stops_the_rest(self) -> None:
        service = self.make(start=OSError("no such port for CANARY"))
        try:
            await service.start()
        except StartError as e:
            said = str(e)
        self.assertEqual(said, "receiver in did not start: no such port for ***")
        self.assertEqual(self.receiver.told, ["start", "quiesce", "stop"])
