"""Items of a run that cannot be had."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from collector.outputs.item import Item
from collector.outputs.merging import Merging
from collector.outputs.options import BatchOptions
from collector.outputs.pace import Pace
from collector.outputs.queue import MemoryQueue
from collector.outputs.rows import Rows
from collector.request import Request
from collector.testing import ScriptedExporter, context
from tests.collector.tasks import as_task


class MergingTests(TestCase):
    @as_task
    async def test_one_that_is_gone_takes_no_other_with_it(self) -> None:
        """It is taken out of the run while the run is gone through."""
        gone, *others = run = [Item(Request(body=b"x", events=1)) for _ in range(3)]

        async def is_there(item: Item) -> bool:
            if item is gone:
                run.remove(item)
            return item is not gone

        rows = Rows(ScriptedExporter(context("exporter", "dt"), ()), "none")
        merging = Merging(MemoryQueue(), rows, Pace(BatchOptions(), 1), is_there)
        found = await merging.merged(run)
        self.assertEqual(sum(item.events for item in found), len(others))
