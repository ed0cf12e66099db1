"""What is unfinished is handed on in time, counted, and at the end."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.event import Event
from collector.inputs.patience import Patience
from collector.testing import context, events


class Waiting:
    """Messages with the time until which they wait."""

    def __init__(self, clock: Clock) -> None:
        self.given_up = 0
        self.until: list[tuple[float, Event]] = []
        self._clock = clock

    def __len__(self) -> int:
        return len(self.until)

    def overdue(self) -> list[Event]:
        return self._taken(self._clock.seconds())

    def all(self) -> list[Event]:
        return self._taken(float("inf"))

    def _taken(self, now: float) -> list[Event]:
        found = [event for until, event in self.until if until <= now]
        self.until = [(until, event) for until, event in self.until if until > now]
        self.given_up += len(found)
        return found


class PatienceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.context = context("receiver", "r", self.clock)
        self.waiting = Waiting(self.clock)
        self.found: list[Event] = []
        self.patience = Patience(self.context, self.waiting, 2.0, self.found.extend)
        self.one, self.two = events("one", "two")

    def given_up(self) -> int:
        return self.context.metrics.get("receiver_flagged_log_records", flag="incomplete_message")

    def test_what_is_overdue_is_handed_on_and_the_others_are_watched(self) -> None:
        self.waiting.until = [(2.0, self.one), (5.0, self.two)]
        self.patience.watch()
        self.patience.watch()
        self.clock.pump([1.0, 1.0])
        self.assertEqual((self.found, self.given_up()), ([self.one], 1))
        self.clock.pump([1.0] * 4)
        self.assertEqual((self.found, self.given_up()), ([self.one, self.two], 2))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_the_end_hands_on_all(self) -> None:
        self.waiting.until = [(9.0, self.one)]
        self.patience.watch()
        self.patience.finish()
        self.assertEqual((self.found, self.given_up()), ([self.one], 1))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_stop_waits_for_nothing(self) -> None:
        self.waiting.until = [(9.0, self.one)]
        self.patience.watch()
        self.patience.stop()
        self.patience.stop()
        self.clock.advance(60)
        self.assertEqual(self.found, [])
