"""The filter processor: drops the events for which one of its conditions is true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import model_validator

from collector.api import Batch, Config, Context, Event

from .older import OlderFilter
from .ottl.fault import Failed
from .processing import StatementProcessor, Statements
from .program import ErrorMode, Failures, Group, Part, Way, placed, program


class ConditionGroup(Config):
    """Conditions with a context of their own."""

    #: Whose paths these are where they do not say it.
    context: Literal["log", "resource", "scope"] | None = None
    #: The conditions of a group, such as `['IsMatch(body, "^health")']`.
    conditions: tuple[str, ...]
    #: What an error does; unless it is said, what the processor says.
    error_mode: ErrorMode | None = None


class OlderConditions(OlderFilter):
    """The older spelling, in which paths have no prefix, and the one before that."""

    #: Conditions whose paths are those of a log, such as `[severity_number <
    #: SEVERITY_NUMBER_WARN]`.
    log_record: tuple[str, ...] = ()
    #: Conditions whose paths are those of a resource, such as `['attributes["service.name"] ==
    #: nil']`.
    resource: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _of_one_kind(self) -> OlderConditions:
        if (self.include or self.exclude) and (self.log_record or self.resource):
            raise ValueError("include and exclude do not go with log_record and resource")
        return self


class FilterConfig(Statements):
    """Conditions of events that go no further."""

    #: What a condition that fails on an event does: `ignore` logs it and goes on, `silent` does
    #: not log, `propagate` drops the event.
    error_mode: ErrorMode = "ignore"
    #: Conditions, or groups of them. An event for which one is true is dropped. Such as
    #: `[log.severity_number < SEVERITY_NUMBER_INFO]`.
    log_conditions: tuple[str | ConditionGroup, ...] = ()
    #: The older spellings.
    logs: OlderConditions | None = None
    #: For another signal; has no effect.
    traces: Any = None
    #: For another signal; has no effect.
    metrics: Any = None
    #: For another signal; has no effect.
    profiles: Any = None
    #: For another signal; has no effect.
    spans: Any = None
    #: For another signal; has no effect.
    trace_conditions: Any = None
    #: For another signal; has no effect.
    metric_conditions: Any = None
    #: For another signal; has no effect.
    profile_conditions: Any = None

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

    for_others = (
        "traces", "metrics", "profiles", "spans",
        "trace_conditions", "metric_conditions", "profile_conditions",
    )  # fmt: skip

    def __init__(self, config: FilterConfig, context: Context) -> None:
        super().__init__(config, context)
        older = [*config.logs.tests()] if config.logs else []
        self._tests = [(n, test, wanted) for n, (_, test, wanted) in enumerate(older)]
        parts = [Part(f"logs.{key}", config.error_mode) for key, _, _ in older]
        self._unsure = Failures(parts, context)

    def process(self, batch: Batch) -> Batch:
        """See `Processor`."""
        if self._tests:
            batch.events = [event for event in batch.events if self._goes_on(event)]
            self._unsure.tell()
        return super().process(batch)

    def _goes_on(self, event: Event) -> bool:
        for n, test, wanted in self._tests:
            try:
                if test(event) is not wanted:
                    return False
            except Failed as e:  # nobody knows: it stays
                self._unsure.failed(n, e)
        return True
