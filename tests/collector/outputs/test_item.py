"""What waits for an item."""

from __future__ import annotations

import sys

from twisted.trial.unittest import SynchronousTestCase

from collector.delivery import Delivery, Outcome
from collector.outputs.item import Gathered


class GatheredTests(SynchronousTestCase):
    def test_lets_go_of_who_was_answered(self) -> None:
        """Its items may wait for days, and a quiet source has a delivery for each event."""
        delivery = Delivery()
        alone = sys.getrefcount(delivery)
        gathered = Gathered([delivery], 2)
        gathered.stored()
        self.assertFalse(delivery.settled)
        gathered.stored()
        self.assertEqual(self.successResultOf(delivery.outcome), Outcome.DELIVERED)
        self.assertEqual(sys.getrefcount(delivery), alone)
