"""What an operator hears of a destination that does not take anything for long."""

from __future__ import annotations

import random

from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from collector.outputs.backoff import Gate
from collector.outputs.options import RetryOptions
from collector.outputs.trouble import ALARM, Trouble
from collector.request import Retry
from collector.testing import ScriptedExporter, context


class AlarmTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.patch(random, "uniform", lambda _, most: most)
        self.clock = Clock()
        given = context("exporter", "dt", self.clock)
        self.gate = Gate(self.clock, RetryOptions(initial_interval=1.0), lambda: None)
        self.trouble = Trouble(ScriptedExporter(given, ()), self.gate, lambda: 0)
        self.addCleanup(self.gate.stop)

    def retry_for(self, seconds: float) -> list[str]:
        """Retries all the time: what was said at the level of an error."""
        end = self.clock.seconds() + seconds
        with capturedLogs() as logs:
            while self.clock.seconds() <= end:
                self.trouble.later(Retry("429: log ingest is disabled"))
                self.clock.advance(self.gate.delay)
        return [formatEvent(event) for event in logs if event["log_level"] is LogLevel.error]

    def test_ten_minutes_of_retries_are_an_alarm_and_not_a_second_less(self) -> None:
        self.assertEqual(self.retry_for(ALARM - 61), [])
        self.assertFalse(self.trouble.is_alarming)
        (said,) = self.retry_for(ALARM)
        self.assertIn("could not send for 10 minutes", said)
        self.assertIn("429: log ingest is disabled", said)
        self.assertTrue(self.trouble.is_alarming)

    def test_it_is_over_when_something_was_taken_and_can_be_given_again(self) -> None:
        for _ in range(2):
            self.assertEqual(len(self.retry_for(ALARM + 60)), 1)
            self.gate.admits()
            self.trouble.over()
            self.assertFalse(self.trouble.is_alarming)
