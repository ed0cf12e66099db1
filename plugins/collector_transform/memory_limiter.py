"""OpenTelemetry's memory limiter, accepted: the queues of exporters bound the memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from collector.api import Batch, Config, Duration, Processor

MiB = Annotated[int, Field(ge=0)]
Percentage = Annotated[int, Field(ge=0, le=100)]


class MemoryLimiterConfig(Config):
    """The keys of OpenTelemetry's processor; none has an effect."""

    check_interval: Duration = 0.0
    min_gc_interval_when_soft_limited: Duration = 10.0
    min_gc_interval_when_hard_limited: Duration = 0.0
    limit_mib: MiB = 0
    spike_limit_mib: MiB = 0
    limit_percentage: Percentage = 0
    spike_limit_percentage: Percentage = 0


class MemoryLimiterProcessor(Processor[MemoryLimiterConfig]):
    """Does nothing."""

    @classmethod
    def config_warnings(cls, config: Any) -> Iterable[str]:  # noqa: ARG003 it has no effect
        """See `Component`."""
        yield "has no effect: memory is bounded by each exporter's `queue`"

    def process(self, batch: Batch) -> Batch:
        """See `Processor`."""
        return batch
