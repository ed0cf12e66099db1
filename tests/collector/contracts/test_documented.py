"""A configuration that a user could not understand, and what is said of it."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import pytest
from pydantic import BaseModel, Field

from collector.api import Batch, Config, Duration, Processor, SecretStr, Size
from collector.testing import ProcessorContract
from tests.collector.contracts.faulty import fault

of = partial(fault, ProcessorContract, "configuration_is_documented")


class Inner(Config):
    """A block of its own has its own words."""

    #: For an answer.
    timeout: Duration = 1.0
    #: Of a row, or as many as there is room for.
    max_bytes: Size | None = None
    #: What must be shown.
    api_key: SecretStr = SecretStr("")
    max_events: Annotated[int, Field(description="Of a batch; it counts itself.")] = 1


class Sound(Config):
    inner: Inner = Inner()


class Wordless(Config):
    colour: str = "red"


class Bare(Config):
    #: For an answer.
    read_timeout: float = 1.0
    #: Of a row.
    max_bytes: int | None = None
    #: What must be shown.
    api_key: str = ""


class Outer(Config):
    #: Several of them.
    rows: tuple[Wordless, ...] = ()


class Lenient(BaseModel):
    """Any key will do."""


def configured(model: type[BaseModel]) -> type[Processor[Config]]:
    class Passing(Processor[Config]):
        def process(self, batch: Batch) -> Batch:
            return batch

    Passing.config_type = model  # type: ignore[assignment]
    return Passing


def test_a_sound_model_keeps_it() -> None:
    assert of(configured(Sound)) == "it keeps the contract"


@pytest.mark.parametrize("model", [Wordless, Outer])
def test_a_key_without_words(model: type[Config]) -> None:
    said = of(configured(model))
    assert "Wordless.colour has no description: write what it does above it, in a comment" in said


def test_numbers_without_units_and_secrets_that_are_shown() -> None:
    said = of(configured(Bare))
    assert (
        "Bare.read_timeout is a number without its unit: make it a collector.api.Duration" in said
    )
    assert "Bare.max_bytes is a number without its unit: make it a collector.api.Size" in said
    assert "Bare.api_key is a secret that would be shown: make it a collector.api.SecretStr" in said


def test_a_model_that_takes_any_key() -> None:
    said = of(configured(Lenient))
    assert "Lenient takes keys that it does not know" in said
    assert "derive it from collector.api.Config" in said
