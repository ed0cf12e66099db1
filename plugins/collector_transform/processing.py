"""What the processors that run OTTL have in common: a program over each batch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from collector.api import Batch, Config, Context, Event, Processor

from .program import ERRORS, Failures, Group, program


class Statements(Config):
    """A configuration that comes to groups of statements."""

    def groups(self) -> Iterable[Group]:
        """The groups, in the order in which they run."""
        raise NotImplementedError


C = TypeVar("C", bound=Statements)


class StatementProcessor(Processor[C]):
    """Runs the groups of its configuration."""

    counters: ClassVar[dict[str, str]] = ERRORS
    #: Keys of OpenTelemetry's processor that are not about logs.
    for_others: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def config_warnings(cls, config: Any) -> Iterable[str]:
        """See `Component`."""
        for key in cls.for_others:
            if getattr(config, key) is not None:
                yield f"{key} has no effect: only logs come here"

    def __init__(self, config: C, context: Context) -> None:
        super().__init__(config, context)
        made = program(config.groups())
        self._run = made.run
        self._failures = Failures(made.parts, context)

    def process(self, batch: Batch) -> Batch:
        """See `Processor`."""
        lost: list[Event] = []
        batch.events = self._run(batch.events, self._failures.failed, lost)
        self._failures.tell()
        if lost:
            self.drop(lost, "statement_failed")
        return batch
