"""The transform processor: changes events by its statements, in their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import model_validator

from collector.api import Config

from .processing import StatementProcessor, Statements
from .program import ErrorMode, Group, Way, placed, program


class StatementGroup(Config):
    """Statements that run where one of the conditions is true."""

    context: Literal["log", "resource", "scope"] | None = None
    conditions: tuple[str, ...] = ()
    statements: tuple[str, ...]
    error_mode: ErrorMode | None = None


class TransformConfig(Statements):
    """Statements, alone or in groups."""

    error_mode: ErrorMode = "ignore"
    log_statements: tuple[str | StatementGroup, ...]
    #: What is for other signals has no effect.
    trace_statements: Any = None
    metric_statements: Any = None
    profile_statements: Any = None

    @model_validator(mode="after")
    def _readable(self) -> TransformConfig:
        program(self.groups())
        return self

    def groups(self) -> Iterator[Group]:
        """See `Statements`."""
        for n, given in enumerate(self.log_statements):
            way: Way = ("log_statements", n)
            if isinstance(given, str):
                yield Group(((way, given),), "statement", None, (), self.error_mode)
                continue
            mode = given.error_mode or self.error_mode
            texts = placed((*way, "statements"), given.statements)
            conditions = placed((*way, "conditions"), given.conditions)
            yield Group(texts, "statement", given.context, conditions, mode)


class TransformProcessor(StatementProcessor[TransformConfig]):
    """Changes events in place; those that `drop()` ends are counted as `filtered`."""

    for_others = ("trace_statements", "metric_statements", "profile_statements")
