"""What a worker's process says of itself."""

from __future__ import annotations

import gc

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.metrics import Metrics
from collector.run.vitals import Vitals


class VitalsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.metrics = Metrics()
        self.vitals = Vitals(Clock(), self.metrics, 3)
        self.vitals.start([])
        self.addCleanup(self.vitals.stop)

    def test_pauses_of_the_garbage_collector_are_counted_and_timed(self) -> None:
        gc.collect(1)
        name = "process_runtime_cpython_gc_count"
        before = self.metrics.get(name, worker="3", generation="1")
        gc.collect(1)
        self.assertEqual(self.metrics.get(name, worker="3", generation="1"), before + 1)
        self.assertGreater(self.metrics.get("process_runtime_cpython_gc_pause_seconds"), 0)

    def test_a_collection_while_numbers_are_read_makes_no_new_one(self) -> None:
        before = set(self.metrics.counts)
        for generation in range(3):
            gc.collect(generation)
        self.assertEqual(set(self.metrics.counts), before)

    def test_nothing_is_timed_after_the_end(self) -> None:
        before = len(gc.callbacks)
        self.vitals.stop()
        self.assertEqual(len(gc.callbacks), before - 1)
        self.vitals.stop()

    def test_cpu_and_memory_are_read_when_somebody_asks(self) -> None:
        text = self.metrics.text().decode()
        said = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
        self.assertGreater(float(said['otelcol_process_cpu_seconds_total{worker="3"}']), 0)
        self.assertGreater(float(said['otelcol_process_memory_rss_bytes{worker="3"}']), 1e6)
        first = self.metrics.get("process_cpu_seconds")
        sum(n * n for n in range(100_000))
        self.metrics.text()
        self.assertGreater(self.metrics.get("process_cpu_seconds"), first)
