"""The last minutes in numbers."""

from __future__ import annotations

import asyncio
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from collector.run.history import POINTS, STEP, History
from tests.collector.tasks import as_task


class HistoryTests(TestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.components: list[dict[str, Any]] = []
        self.sent = 0
        self.history = History(self.clock, self.now)

    async def now(self) -> dict[str, Any]:
        return {"components": self.components}

    def exporter(self, id: str = "e") -> None:
        numbers = {"counters": {"sent_log_records": self.sent}, "gauges": {"queue_bytes": 7}}
        self.components.append({"kind": "exporter", "id": id, **numbers})

    def series(self) -> dict[str, list[float | None]]:
        said: dict[str, list[float | None]] = self.history.series()["series"]
        return said

    @as_task
    async def test_takes_a_point_each_step(self) -> None:
        self.exporter()
        self.history.start()
        self.clock.advance(STEP)
        await asyncio.sleep(0)
        self.assertEqual(self.series()["exporter/e/queue_bytes"], [7, 7])
        self.assertEqual(self.series()["exporter/e/sent_log_records"], [0, 0])
        self.assertEqual(self.history.series()["step"], STEP)

    @as_task
    async def test_what_came_later_has_gaps_before_it(self) -> None:
        self.history.start()
        await asyncio.sleep(0)
        self.exporter()
        self.clock.advance(STEP)
        await asyncio.sleep(0)
        self.assertEqual(self.series()["exporter/e/queue_bytes"], [None, 7])

    @as_task
    async def test_keeps_ten_minutes(self) -> None:
        self.exporter()
        self.history.start()
        for _ in range(POINTS + 5):
            self.clock.advance(STEP)
        await asyncio.sleep(0)
        self.assertEqual(len(self.series()["exporter/e/queue_bytes"]), POINTS)
        self.assertEqual(STEP * POINTS, 600)

    @as_task
    async def test_ends(self) -> None:
        self.history.stop()
        self.history.start()
        self.history.stop()
        await asyncio.sleep(0)
        self.assertEqual(self.clock.getDelayedCalls(), [])
