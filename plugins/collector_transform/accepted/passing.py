"""What is accepted from OpenTelemetry's files for a part of the core that does its work."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from collector.api import Batch, Config, Processor

C = TypeVar("C", bound=Config)


class PassingProcessor(Processor[C]):
    """Does nothing, and says so when the configuration is read."""

    #: Why there is nothing to do.
    note: ClassVar[str]

    @classmethod
    def config_warnings(cls, config: Any) -> Iterable[str]:  # noqa: ARG003 it has no effect
        """See `Component`."""
        yield f"has no effect: {cls.note}"

    def process(self, batch: Batch) -> Batch:
        """See `Processor`."""
        return batch
