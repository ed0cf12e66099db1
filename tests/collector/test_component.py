"""What every component has: its configuration's type, its counters."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr, ValidationError
from twisted.trial.unittest import SynchronousTestCase

from collector.component import Config, Processor
from collector.event import Batch
from collector.request import Retry
from collector.testing import context


class Mine(Config):
    token: SecretStr = SecretStr("")
    level: int = 0


class Level(Processor[Mine]):
    counters = {"levels": "How many levels."}

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


class CounterTests(SynchronousTestCase):
    def test_a_component_describes_its_counters(self) -> None:
        given = context("processor")
        Level(Mine(), given)
        self.assertEqual(given.metrics.helps["processor_levels"], "How many levels.")


class RetryTests(SynchronousTestCase):
    def test_carries_what_the_destination_asked_for(self) -> None:
        error = Retry("busy", 3.0, ambiguous=True)
        self.assertEqual((str(error), error.after, error.ambiguous), ("busy", 3.0, True))
