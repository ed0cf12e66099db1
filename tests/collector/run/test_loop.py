"""The reactor of a process."""

from __future__ import annotations

import time
from typing import Any

from twisted.trial.unittest import SynchronousTestCase


class ReactorTests(SynchronousTestCase):
    def test_waits_by_a_clock_that_nobody_sets(self) -> None:
        """The tests' reactor is made like that of a process."""
        from twisted.internet import reactor

        installed: Any = reactor
        self.assertApproximates(installed.seconds(), time.monotonic(), 60)
