"""What a component says through its context: counts, gauges, dead letters."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.letter import NoDeadLetter
from collector.testing import LetterBox, context


class ContextTests(SynchronousTestCase):
    def test_counts_under_kind_and_id(self) -> None:
        given = context("exporter", "dt/eu")
        given.count("sent_log_records", 3, reason="x")
        labels = (("exporter", "dt/eu"), ("reason", "x"))
        self.assertEqual(given.metrics.counts, {("exporter_sent_log_records", labels): 3})

    def test_a_count_of_nothing_shows_the_series(self) -> None:
        given = context("exporter", "dt")
        given.count("sent_log_records", 0)
        self.assertEqual(list(given.metrics.counts.values()), [0])

    def test_what_its_code_raised_is_logged_counted_and_noted_for_its_health(self) -> None:
        given = context("receiver", "r", Clock())
        try:
            int("x")
        except ValueError:
            given.raised("{id}: {what} raised", what="parse")
        (failure,) = self.flushLoggedErrors(ValueError)
        self.assertEqual(given.metrics.get("receiver_failures", receiver="r"), 1)
        self.assertIn("ValueError: invalid literal", given.faults.reason(0))
        given.raised("{id}: later", failure)
        self.flushLoggedErrors(ValueError)
        self.assertIn("2 times", given.faults.reason(0))

    def test_gauges_carry_kind_and_id(self) -> None:
        given = context("receiver", "r")
        given.gauge("connections", "Open.", lambda: 4, port="1")
        (gauge,) = given.metrics.gauges
        self.assertEqual((gauge.name, gauge.read()), ("receiver_connections", 4))
        self.assertEqual(gauge.labels, (("receiver", "r"), ("port", "1")))

    def test_a_dead_letter_is_counted_by_its_reason(self) -> None:
        box = LetterBox()
        given = context("receiver", letters=box)
        given.dead_letter(b"raw", "unreadable")
        self.assertEqual(box.said, [(b"raw", "unreadable")])
        count = given.metrics.get("receiver_dead_lettered_log_records", reason="unreadable")
        self.assertEqual(count, 1)

    def test_a_dead_letter_without_room_is_counted_as_lost(self) -> None:
        given = context("receiver", letters=NoDeadLetter())
        given.dead_letter(b"raw", "unreadable")
        lost = given.metrics.get("receiver_dropped_log_records", reason="dead_letter_full")
        self.assertEqual(lost, 1)
