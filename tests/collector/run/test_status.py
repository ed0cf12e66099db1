"""What a running collector tells of itself."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector import version
from collector.context import Context
from collector.metrics import Metrics
from collector.run.health import Health
from collector.run.status import Status
from collector.run.view import View
from collector.testing import context


class StatusTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.metrics, self.health = Metrics(), Health(Clock())
        self.health.set("syslog", "receiver", "paused", "the queue of dynatrace is full")
        spec = {"id": "logs", "receivers": ["syslog"], "processors": [], "exporters": ["dynatrace"]}
        self.workers: list[dict[str, Any]] = []
        view = View(
            self.metrics,
            self.health.snapshot(),
            ready=False,
            pipelines=[spec],
            workers=self.workers,
        )

        async def look() -> View:
            return view

        log = context("receiver").log
        self.context = Context("syslog", "receiver", None, log, self.metrics)
        self.status = Status(look, "conf/a.yaml")

    def now(self) -> dict[str, Any]:
        return asyncio.run(self.status.now())

    def test_tells_of_the_process(self) -> None:
        said = self.now()
        del said["components"]
        self.assertRegex(said.pop("started"), r"^\d{4}-.*Z$")
        self.assertEqual(said.pop("pipelines")[0]["exporters"], ["dynatrace"])
        self.assertEqual(said.pop("workers"), [])
        rest = {"pid": os.getpid(), "config": "conf/a.yaml", "ready": False, "healthy": True}
        self.assertEqual(said, {"version": version(), **rest})

    def test_tells_of_every_worker_in_numbers(self) -> None:
        self.workers.append({"slot": 1, "pid": 7, "ready": True})
        self.metrics.add("process_cpu_seconds", (("worker", "1"),), 2_500_000_000)
        self.metrics.add("process_cpu_seconds", (("worker", "0"),), 1)
        (said,) = self.now()["workers"]
        self.assertEqual((said["pid"], said["gauges"]), (7, {}))
        self.assertEqual(said["counters"], {"process_cpu_seconds": 2.5})

    def test_tells_of_every_component_in_numbers(self) -> None:
        self.context.count("flagged_log_records", 3, flag="missing_pri")
        self.context.count("flagged_log_records", 4, flag="invalid_utf8")
        self.context.count("connections_refused", 2, reason="wrong_protocol", detail="HTTP")
        self.context.count("connections_refused", 1, reason="wrong_protocol", detail="TLS")
        self.context.gauge("connections", "Open.", lambda: 2)
        self.context.gauge("seen_timestamp_seconds", "Then.", lambda: 9, peer="a")
        self.context.gauge("seen_timestamp_seconds", "Then.", lambda: 8, peer="b")
        (said,) = self.now()["components"]
        self.assertEqual(said["reason"], "the queue of dynatrace is full")
        self.assertEqual(said["counters"], {"flagged_log_records": 7, "connections_refused": 3})
        self.assertEqual(said["reasons"], {"connections_refused": {"wrong_protocol": 3}})
        self.assertEqual(said["gauges"], {"connections": 2, "seen_timestamp_seconds": 9})
