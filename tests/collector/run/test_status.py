"""What a running collector tells of itself."""

from __future__ import annotations

import os

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector import version
from collector.component import Context
from collector.config.description import PipelineSpec
from collector.metrics import Metrics
from collector.run.health import Health
from collector.run.status import Status
from collector.testing import context


class StatusTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.metrics, self.health = Metrics(), Health(Clock())
        self.health.set("syslog", "receiver", "paused", "the queue of dynatrace is full")
        log = context("receiver").log
        self.context = Context("syslog", "receiver", None, log, self.metrics)
        pipelines = [PipelineSpec("logs", ("syslog",), (), ("dynatrace",))]
        self.status = Status(self.metrics, self.health, "conf/a.yaml", pipelines)

    def test_tells_of_the_process(self) -> None:
        said = self.status.now()
        del said["components"]
        self.assertRegex(said.pop("started"), r"^\d{4}-.*Z$")
        self.assertEqual(said.pop("pipelines")[0]["exporters"], ("dynatrace",))
        rest = {"pid": os.getpid(), "config": "conf/a.yaml", "ready": False, "healthy": True}
        self.assertEqual(said, {"version": version(), **rest})

    def test_tells_of_every_component_in_numbers(self) -> None:
        self.context.count("flagged_log_records", 3, flag="missing_pri")
        self.context.count("flagged_log_records", 4, flag="invalid_utf8")
        self.context.count("connections_refused", 2, reason="wrong_protocol", detail="HTTP")
        self.context.count("connections_refused", 1, reason="wrong_protocol", detail="TLS")
        self.context.gauge("connections", "Open.", lambda: 2)
        self.context.gauge("seen_timestamp_seconds", "Then.", lambda: 9, peer="a")
        self.context.gauge("seen_timestamp_seconds", "Then.", lambda: 8, peer="b")
        (said,) = self.status.now()["components"]
        self.assertEqual(said["reason"], "the queue of dynatrace is full")
        self.assertEqual(said["counters"], {"flagged_log_records": 7, "connections_refused": 3})
        self.assertEqual(said["reasons"], {"connections_refused": {"wrong_protocol": 3}})
        self.assertEqual(said["gauges"], {"connections": 2, "seen_timestamp_seconds": 9})

    def test_counts_what_somebody_else_keeps(self) -> None:
        self.metrics.before_reading.append(lambda: self.context.count("kernel_dropped_datagrams"))
        (said,) = self.status.now()["components"]
        self.assertEqual(said["counters"], {"kernel_dropped_datagrams": 1})
