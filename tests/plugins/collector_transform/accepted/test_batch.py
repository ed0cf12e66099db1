"""OpenTelemetry's batch and memory_limiter: a pasted file is taken, and says what they do here."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from collector.api import Batch, Processor
from collector.config.load import check, load
from collector.testing import ProcessorRig, context, events
from collector_transform.accepted.batch import BatchConfig, BatchProcessor
from collector_transform.accepted.memory_limiter import MemoryLimiterConfig, MemoryLimiterProcessor

BATCH = "has no effect: batching is built in, see `batch` of an exporter"
LIMIT = "has no effect: what waits in memory is bounded, see `service.memory_limit`"
_FILE = """\
receivers: {generate: }
processors:
  batch: {timeout: 200ms, send_batch_size: 8192, send_batch_max_size: 0,
    metadata_keys: [tenant], metadata_cardinality_limit: 10}
  memory_limiter:
    check_interval: 1s
    min_gc_interval_when_soft_limited: 10s
    min_gc_interval_when_hard_limited: 0s
    limit_mib: 4000
    spike_limit_mib: 800
    limit_percentage: 80
    spike_limit_percentage: 15
exporters: {stdout: }
service:
  pipelines:
    logs: {receivers: [generate], processors: [memory_limiter, batch], exporters: [stdout]}
"""


class BatchTests(SynchronousTestCase):
    def file(self, text: str) -> Path:
        path = Path(self.mktemp())
        path.write_text(text)
        return path

    def test_a_pasted_file_is_taken_with_a_note_for_each(self) -> None:
        path = self.file(_FILE)
        said = [str(problem).partition(":")[2] for problem in check(path)]
        self.assertEqual(
            said,
            [
                f"3:3: warning: processors.batch: {BATCH}",
                f"5:3: warning: processors.memory_limiter: {LIMIT}",
            ],
        )
        self.assertEqual(len(load(path).warnings), 2)  # which are logged at the start

    def test_keys_that_upstream_does_not_have_are_errors(self) -> None:
        text = _FILE.replace("limit_mib: 4000", "limit_mb: 4000").replace("200ms", "200")
        errors = [problem for problem in check(self.file(text)) if problem.level == "error"]
        self.assertEqual([problem.line for problem in errors], [3, 9])

    def test_events_go_on_as_they_came(self) -> None:
        limiter = MemoryLimiterProcessor(MemoryLimiterConfig(), context("processor"))
        processors: list[Processor[BatchConfig] | Processor[MemoryLimiterConfig]]
        processors = [BatchProcessor(BatchConfig(), context("processor")), limiter]
        for processor in processors:
            rig = ProcessorRig(processor)
            rig.send(Batch(events("a", "b")))
            self.assertEqual([event.body for event in rig.sink.events], ["a", "b"])
            self.assertEqual(rig.count("outgoing_items"), 2)
