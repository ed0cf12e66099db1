"""What is said of a damaged store."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.trial.unittest import TestCase

from collector.outputs.store.schema import PAGE_SIZE
from collector.outputs.store.store import Store
from collector.outputs.store_thread import StoreThread
from collector.request import Request
from collector.testing import context
from tests.collector.tasks import as_task


class DamageTests(TestCase):
    @as_task
    async def test_says_once_that_nobody_knows_what_is_lost(self) -> None:
        """Of a file that was cut behind its first page there is nothing to count."""
        directory = Path(self.mktemp())
        store = Store.open(directory, reserve=0)
        store.commit([Request(body=b"x" * 100_000, events=1)], [])
        store.close()
        with store.path.open("r+b") as file:
            file.truncate(PAGE_SIZE)
        thread = StoreThread(context("exporter", "dt"), "1")
        with capturedLogs() as logs:
            entries = await thread.open(partial(Store.open, directory, reserve=0))
            await thread.lacks()
            await thread.close()
        self.assertEqual(list(entries), [])
        said = [formatEvent(event) for event in logs if event["log_level"] is LogLevel.error]
        self.assertEqual(len(said), 1, said)
        self.assertIn("nobody knows all that was in it", said[0])

    @as_task
    async def test_gathers_what_is_found_damaged_within_a_minute(self) -> None:
        said_in = context("exporter", "dt")
        thread = StoreThread(said_in, "1")
        with capturedLogs() as logs:
            await thread.open(partial(Store.open, Path(self.mktemp()), reserve=0))
            ids = await thread.commit([Request(body=b"x", events=1)] * 9, [])
            store = thread._store
            assert store is not None
            for lost in ids:
                store.quarantine(lost, "of no use")
                await thread.lacks()
            await thread.close()
        said = [event["requests"] for event in logs if event["log_level"] is LogLevel.error]
        self.assertEqual(said, [1, 8])
        self.assertEqual(said_in.metrics.get("exporter_quarantined_requests"), 9)
