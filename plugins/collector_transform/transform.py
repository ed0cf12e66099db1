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

    #: Whose paths these are where they do not say it.
    context: Literal["log", "resource", "scope"] | None = None
    #: Conditions, of which one must be true for the statements to run, such as `[IsString(body)]`.
    conditions: tuple[str, ...] = ()
    #: The statements of a group, such as `['set(attributes["site"], "vienna")']`.
    statements: tuple[str, ...]
    #: What an error does; unless it is said, what the processor says.
    error_mode: ErrorMode | None = None


class TransformConfig(Statements):
    """Statements, alone or in groups."""

    #: What a statement that fails on an event does: `ignore` logs it and goes on, `silent` does
    #: not log, `propagate` drops the event.
    error_mode: ErrorMode = "ignore"
    #: Statements, or groups of them, such as `['set(log.attributes["site"], "vienna")']`.
    log_statements: tuple[str | StatementGroup, ...]
    #: For another signal; has no effect.
    trace_statements: Any = None
    #: For another signal; has no effect.
    metric_statements: Any = None
    #: For another signal; has no effect.
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
