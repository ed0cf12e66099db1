"""Outlets whose queue is full: receivers pause, or events are dropped by the policy."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from collector.delivery import Outcome
from collector.outputs import item
from collector.outputs.overflow import HIGH, LOW
from tests.collector.outputs.test_outlet import OutletTestCase
from tests.collector.tasks import as_task, turns

DELIVERED, RETRY, REJECTED = Outcome


class WatermarkTests(OutletTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.patch(item, "_DELIVERY_SIZE", 0)  # the bodies alone, for round numbers

    @as_task
    async def test_pauses_above_the_high_and_resumes_below_the_low_one(self) -> None:
        """To the byte: 100 bytes, requests of 10."""
        self.assertEqual((HIGH, LOW), (0.8, 0.5))
        steps = [Deferred[None]() for _ in range(9)]
        self.make(list(steps), queue={"max_size": 100})
        for _ in range(8):
            self.put("x" * 10)
        self.assertEqual((self.full, self.gauge("queue_bytes")), ([], 80))
        self.put("x" * 10)
        self.assertEqual(self.full, [True])
        for step in steps[:3]:
            await turns()
            step.callback(None)
        await turns()
        self.assertEqual((self.full, self.gauge("queue_bytes")), ([True], 60))
        steps[3].callback(None)
        await turns()
        self.assertEqual((self.full, self.gauge("queue_bytes")), ([True, False], 50))

    @as_task
    async def test_blocks_without_dropping(self) -> None:
        self.make([Deferred()], queue={"max_size": 10})
        for _ in range(5):
            self.put("x" * 10)
        self.assertEqual((self.count("dropped_log_records"), self.full), (0, [True]))
        await turns()

    @as_task
    async def test_drop_oldest(self) -> None:
        self.make([Deferred()], queue={"max_size": 30, "on_full": "drop_oldest"})
        deliveries = [self.put(letter * 10) for letter in "abcde"]
        dropped = self.count("dropped_log_records", reason="queue_full_oldest")
        self.assertEqual((dropped, self.full), (2, []))
        settled = [delivery.settled for delivery in deliveries]
        self.assertEqual(settled, [False, True, True, False, False])
        self.assertEqual((self.successResultOf(deliveries[1].outcome), self.off()), (DELIVERED, 0))
        await turns()

    @as_task
    async def test_drop_newest(self) -> None:
        self.make([Deferred()], queue={"max_size": 30, "on_full": "drop_newest"})
        deliveries = [self.put(letter * 10) for letter in "abcde"]
        dropped = self.count("dropped_log_records", reason="queue_full_newest")
        self.assertEqual((dropped, self.full), (2, []))
        settled = [delivery.settled for delivery in deliveries]
        self.assertEqual(settled, [False, False, False, True, True])
        self.assertEqual(self.off(), 0)
        await turns()
