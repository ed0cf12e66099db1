"""A sandbox, exporters that send to it, and what they log."""

from __future__ import annotations

import time
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.task import deferLater
from twisted.logger import eventAsText, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase, TestCase

from collector.api import Batch, Event, Receipt, Resource, spawn
from collector.testing import context
from collector_dynatrace.exporter import DynatraceConfig, DynatraceExporter
from collector_dynatrace.sandbox.faults import Fault
from collector_dynatrace.sandbox.options import SandboxOptions
from collector_dynatrace.sandbox.server import Sandbox

reactor: Any = global_reactor
PUBLIC, SECRET = "P" * 24, "CANARY" + "S" * 58
TOKEN = f"dt0c01.{PUBLIC}.{SECRET}"


def config(**options: Any) -> DynatraceConfig:
    options = {"endpoint": "http://127.0.0.1:1", "api_token": TOKEN} | options
    return DynatraceConfig.model_validate(options)


def events(number: int = 3) -> list[Event]:
    source = Resource({"net.peer.ip": "10.0.0.1", "net.host.port": 5514, "log.source": "syslog"})
    now = time.time_ns()
    return [
        Event(now + n, f"message {n}", {"syslog.hostname": "web1"}, 17, "err", resource=source)
        for n in range(number)
    ]


def logged(case: SynchronousTestCase) -> list[str]:
    """What is logged while a test runs."""
    lines: list[str] = []
    observe: Any = lambda event: lines.append(eventAsText(event))  # noqa: E731
    globalLogPublisher.addObserver(observe)
    case.addCleanup(globalLogPublisher.removeObserver, observe)
    return lines


class Case(TestCase):
    timeout = 20

    def setUp(self) -> None:
        self.sandbox = Sandbox(reactor, SandboxOptions(tokens=frozenset({TOKEN})))
        self.port = self.sandbox.start()
        self.addCleanup(self.sandbox.stop)
        self.logged = logged(self)

    async def exporter(self, **options: Any) -> DynatraceExporter:
        options.setdefault("endpoint", f"http://127.0.0.1:{self.port}")
        exporter = DynatraceExporter(config(**options), context("exporter", "dynatrace"))
        await exporter.start()
        self.addCleanup(
            lambda: deferLater(reactor, 0).addCallback(lambda _: spawn(exporter.stop()))
        )
        return exporter

    async def send(self, exporter: DynatraceExporter, number: int = 3) -> Receipt:
        (request,) = exporter.encode([Batch(events(number))])
        return await exporter.send(request)

    async def fails(self, kind: type[Exception], fault: Fault | None = None, **options: Any) -> Any:
        if fault is not None:
            self.sandbox.faults.add(fault)
        exporter = await self.exporter(**options)
        with self.assertRaises(kind) as caught:
            await self.send(exporter)
        self.assertNotIn("CANARY", str(caught.exception))
        return caught.exception

    def count(self, exporter: DynatraceExporter, name: str, **labels: str) -> int:
        return exporter.context.metrics.get(f"exporter_{name}", **labels)
