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
from collector.run.graph import Graph, Valve
from collector.run.health import Health
from collector.run.process import StartError
from collector.run.redactor import Redactor
from collector.run.service import Service
from collector.testing import ScriptedExporter, context, events
from tests.collector.tasks import as_task


class Told(Receiver[Config]):
    """Notes what it is told; `wrong` is raised by the step of that name."""

    def __init__(self, given: Context, wrong: dict[str, BaseException]) -> None:
        super().__init__(Config(), given)
        self.wrong = wrong
        self.told: list[str] = []

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

    async def quiesce(self) -> None:
        self._say("quiesce")

    async def stop(self) -> None:
        self._say("stop")


class ServiceTests(TestCase):
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
        settings: Any = SimpleNamespace(service=SimpleNamespace(shutdown_timeout=5.0))
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
