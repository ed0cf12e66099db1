"""The filter processor: drops the events for which one of its conditions is true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import model_validator

from collector.api import Config

from .processing import StatementProcessor, Statements
from .program import ErrorMode, Group, Way, placed, program


class ConditionGroup(Config):
    """Conditions with a context of their own."""

    context: Literal["log", "resource", "scope"] | None = None
    conditions: tuple[str, ...]
    error_mode: ErrorMode | None = None


class OlderConditions(Config):
    """The older spelling, in which paths have no prefix."""

    log_record: tuple[str, ...] = ()
    resource: tuple[str, ...] = ()


class FilterConfig(Statements):
    """Conditions of events that go no further."""

    error_mode: ErrorMode = "ignore"
    log_conditions: tuple[str | ConditionGroup, ...] = ()
    logs: OlderConditions | None = None

    @model_validator(mode="after")
    def _readable(self) -> FilterConfig:
        if not self.log_conditions and self.logs is None:
            raise ValueError("expected log_conditions, a list of conditions")
        program(self.groups())
        return self

    def groups(self) -> Iterator[Group]:
        """See `Statements`."""
        for n, given in enumerate(self.log_conditions):
            way: Way = ("log_conditions", n)
            if isinstance(given, str):
                yield Group(((way, given),), "drop", None, (), self.error_mode)
            else:
                texts = placed((*way, "conditions"), given.conditions)
                yield Group(texts, "drop", given.context, (), given.error_mode or self.error_mode)
        if self.logs is not None:
            for key, context in (("resource", "resource"), ("log_record", "log")):
                texts = placed(("logs", key), getattr(self.logs, key))
                yield Group(texts, "drop", context, (), self.error_mode)


class FilterProcessor(StatementProcessor[FilterConfig]):
    """Drops events, counted as `filtered`."""
