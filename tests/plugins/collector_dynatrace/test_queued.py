"""The exporter behind the core's queue: what is too old or too large by the time it is sent."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import orjson

from collector.api import Batch, Event, spawn, wait
from collector.delivery import Delivery
from collector.testing import LetterBox, context, outlet
from collector_dynatrace.exporter import DynatraceExporter
from collector_dynatrace.sandbox.faults import Fault
from collector_dynatrace.sandbox.options import SandboxOptions
from collector_dynatrace.sandbox.server import Sandbox
from tests.collector.tasks import as_task, turns
from tests.plugins.collector_dynatrace.sending import Case, config, reactor

DAY = 24 * 3600 * 10**9
QUICK: dict[str, Any] = {
    "batch": {"max_age": "10ms"},
    "retry": {"initial_interval": "10ms", "max_interval": "50ms"},
    "queue": {"type": "memory"},
}


class QueuedTests(Case):
    def setUp(self) -> None:
        super().setUp()
        self.now = time.time_ns()
        self.server = Sandbox(reactor, SandboxOptions(), now=lambda: self.now)
        self.url = f"http://127.0.0.1:{self.server.start()}"
        self.addCleanup(self.server.stop)
        self.letters = LetterBox()

    async def deliver(self, *bodies: str, days: int = 0, **options: Any) -> DynatraceExporter:
        """Send events; if it shall be days later, to a server that was away so long."""
        surroundings = context("exporter", letters=self.letters)
        exporter = DynatraceExporter(
            config(endpoint=self.url, **options), surroundings, lambda: self.now
        )
        await exporter.start()
        out = outlet(exporter, **QUICK)
        await out.start()
        self.addCleanup(lambda: spawn(exporter.stop()))
        self.addCleanup(lambda: spawn(out.stop()))
        if days:
            self.server.faults.add(Fault(status=503, count=0))
        delivery = Delivery()
        out.put(Batch([Event(self.now, body, {}) for body in bodies]), delivery)
        while days and not self.server.requests:
            await turns(1)
        self.now += days * DAY
        if days:
            self.server.faults.clear()
        async with asyncio.timeout(10):
            await wait(delivery.outcome)
        return exporter

    @as_task
    async def test_what_was_queued_for_days_is_sent_as_of_now(self) -> None:
        exporter = await self.deliver("one", "two", days=2)
        found = self.server.events()
        self.assertEqual([event["content"] for event in found], ["one", "two"])
        self.assertEqual(len({event["log.record.uid"] for event in found}), 2)
        self.assertEqual(len({event["original.timestamp"] for event in found}), 1)
        self.assertNotEqual(found[0]["original.timestamp"], found[0]["timestamp"])
        self.assertEqual(self.count(exporter, "restamped_log_records"), 2)
        self.assertEqual(self.letters.letters, [])

    @as_task
    async def test_or_is_set_aside_as_stale(self) -> None:
        exporter = await self.deliver("one", "two", days=2, stale="dead_letter")
        self.assertEqual(self.server.events(), [])
        rows = [(orjson.loads(row)["content"], why) for row, why in self.letters.said]
        self.assertEqual(rows, [("one", "stale"), ("two", "stale")])
        self.assertEqual(self.count(exporter, "dead_lettered_log_records", reason="stale"), 2)

    @as_task
    async def test_a_clock_that_jumps_back_changes_nothing(self) -> None:
        await self.deliver("one", days=-400)
        (event,) = self.server.events()
        self.assertNotIn("original.timestamp", event)

    @as_task
    async def test_what_is_too_large_alone_is_cut_and_sent(self) -> None:
        self.server.faults.add(Fault(status=413))
        exporter = await self.deliver("x" * 10**6)
        (event,) = self.server.events()
        self.assertEqual(len(event["content"]), 65_536)
        self.assertEqual(event["collector.trimmed"], ["content"])
        self.assertEqual(self.count(exporter, "trimmed_log_records", what="content"), 1)
        self.assertEqual(self.letters.letters, [])

    @as_task
    async def test_what_is_too_large_even_then_is_set_aside(self) -> None:
        self.server.faults.add(Fault(status=413, count=2))
        await self.deliver("x" * 10**6)
        ((row, why),) = self.letters.said
        self.assertEqual((len(orjson.loads(row)["content"]), why), (65_536, "too_large"))
