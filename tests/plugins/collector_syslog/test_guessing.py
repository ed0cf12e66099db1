"""Zones of senders that nobody has said."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest import mock

import pytest
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Frames
from collector.testing import context
from collector_syslog.guessing import Guesses, offset
from collector_syslog.receiver import SyslogReceiver
from tests.plugins.collector_syslog.test_reader import NOW, Peer, config

SECOND, HOUR = 10**9, 3600 * 10**9


@pytest.mark.parametrize(
    ("quarters", "text"), [(0, "+00:00"), (8, "+02:00"), (-38, "-09:30"), (23, "+05:45")]
)
def test_offsets(quarters: int, text: str) -> None:
    assert offset(quarters) == text


class GuessesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.learned: list[tuple[str, str]] = []
        self.guesses = Guesses(lambda *said: self.learned.append(said))
        self.now = NOW

    def saw(self, *ahead: int, after: int = SECOND, ip: str = "a") -> int:
        for each in ahead:
            self.now += after
            self.guesses.saw(ip, self.now + each, self.now)
        return self.guesses.of(ip)

    def test_three_that_agree_are_enough(self) -> None:
        self.assertEqual(self.saw(2 * HOUR - 90 * SECOND, 2 * HOUR), 0)
        self.assertEqual(self.saw(2 * HOUR + 90 * SECOND), 8)
        self.assertEqual(self.learned, [("a", "+02:00")])
        self.assertEqual(self.guesses.of("b"), 0)

    def test_then_it_is_about_what_is_left(self) -> None:
        self.saw(2 * HOUR, 2 * HOUR, 2 * HOUR)
        self.assertEqual(self.saw(-HOUR, -HOUR, -HOUR), 4)

    def test_a_burst_of_late_messages_teaches_nothing(self) -> None:
        self.assertEqual(self.saw(*[-HOUR] * 50, after=SECOND // 100), 0)

    def test_what_does_not_agree_or_is_between_quarters_teaches_nothing(self) -> None:
        self.assertEqual(self.saw(HOUR, HOUR, 2 * HOUR, HOUR, HOUR, 0, HOUR, HOUR), 0)
        self.assertEqual(self.saw(*[HOUR + 400 * SECOND] * 5), 0)

    def test_no_zone_is_farther_than_fourteen_hours(self) -> None:
        self.assertEqual(self.saw(*[14 * HOUR] * 3), 56)
        self.assertEqual(self.saw(*[HOUR] * 3), 56)
        self.assertEqual(self.saw(*[-15 * HOUR] * 3, ip="b"), 0)


class ReadingTests(SynchronousTestCase):
    def times(self, ip: str, ahead: int, count: int) -> list[int]:
        """By how many ns the times of messages are ahead, of a clock that is."""
        found = []
        for _ in range(count):
            self.now += 2 * SECOND
            stamp = datetime.fromtimestamp((self.now + ahead) // SECOND, UTC).strftime("%b %d %T")
            frames = Frames([(Peer(ip), [f"<34>{stamp} h app: text".encode()])])
            with mock.patch("time.time_ns", return_value=self.now):
                (event,) = self.receiver.parse(frames)
            found.append(event.time - self.now)
        return found

    def test_each_sender_has_its_own_and_others_keep_what_is_said(self) -> None:
        self.now = NOW
        options = config(
            timezone="guess", sources=[{"network": "10.0.0.1", "timezone": "Asia/Tokyo"}]
        )
        self.receiver = SyslogReceiver(options, context("receiver", "syslog"))
        for _ in range(2):
            self.times("192.0.2.1", 2 * HOUR, 3)
            self.times("192.0.2.2", -5 * HOUR, 3)
        self.assertEqual(self.times("192.0.2.1", 2 * HOUR, 2), [0, 0])
        self.assertEqual(self.times("192.0.2.2", -5 * HOUR, 2), [0, 0])
        self.assertEqual(self.times("10.0.0.1", 0, 5), [-9 * HOUR] * 5)

    def test_a_zone_that_is_said_is_not_guessed(self) -> None:
        self.now = NOW
        self.receiver = SyslogReceiver(config(), context("receiver", "syslog"))
        self.assertEqual(self.times("192.0.2.1", HOUR, 5), [HOUR] * 5)
