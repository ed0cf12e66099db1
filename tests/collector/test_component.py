"""What components are given: configuration types, contexts, counters."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr, ValidationError
from twisted.trial.unittest import SynchronousTestCase

from collector.component import Config, Processor
from collector.event import Batch
from collector.letter import NoDeadLetter
from collector.request import Retry
from collector.testing import LetterBox, context


class Mine(Config):
    token: SecretStr = SecretStr("")
    level: int = 0


class Level(Processor[Mine]):
    counters = {"levels": "How many levels."}  # noqa: RUF012 as authors write it

    def process(self, batch: Batch) -> Batch:
        return batch


class Higher(Level):
    pass


class Untyped(Processor[Any]):
    def process(self, batch: Batch) -> Batch:
        return batch


class ConfigTests(SynchronousTestCase):
    def test_the_model_is_the_base_classes_parameter(self) -> None:
        self.assertEqual([Level.config_type, Higher.config_type], [Mine, Mine])
        self.assertIs(Untyped.config_type, Config)

    def test_unknown_keys_are_refused_and_inputs_never_shown(self) -> None:
        wrong = {"tokn": "s3cret", "level": "s3cret"}
        error = self.assertRaises(ValidationError, Mine.model_validate, wrong)
        self.assertEqual(error.error_count(), 2)
        self.assertNotIn("s3cret", str(error))

    def test_defaults_are_checked(self) -> None:
        class Bad(Config):
            level: int = "x"  # type: ignore[assignment]

        self.assertRaises(ValidationError, Bad)

    def test_a_configuration_does_not_change(self) -> None:
        self.assertRaises(ValidationError, setattr, Mine(), "level", 2)


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

    def test_a_component_describes_its_counters(self) -> None:
        given = context("processor")
        Level(Mine(), given)
        self.assertEqual(given.metrics.helps["processor_levels"], "How many levels.")

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


class RetryTests(SynchronousTestCase):
    def test_carries_what_the_destination_asked_for(self) -> None:
        error = Retry("busy", 3.0, ambiguous=True)
        self.assertEqual((str(error), error.after, error.ambiguous), ("busy", 3.0, True))
