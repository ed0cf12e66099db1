"""OpenTelemetry's memory limiter, accepted: `service.memory_limit` does its work."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from collector.api import Config, Duration

from .passing import PassingProcessor

MiB = Annotated[int, Field(ge=0)]
Percentage = Annotated[int, Field(ge=0, le=100)]


class MemoryLimiterConfig(Config):
    """The keys of OpenTelemetry's processor; none has an effect."""

    #: Has no effect.
    check_interval: Duration = 0.0
    #: Has no effect.
    min_gc_interval_when_soft_limited: Duration = 10.0
    #: Has no effect.
    min_gc_interval_when_hard_limited: Duration = 0.0
    #: Has no effect; see `service.memory_limit`.
    limit_mib: MiB = 0
    #: Has no effect.
    spike_limit_mib: MiB = 0
    #: Has no effect.
    limit_percentage: Percentage = 0
    #: Has no effect.
    spike_limit_percentage: Percentage = 0


class MemoryLimiterProcessor(PassingProcessor[MemoryLimiterConfig]):
    """Passes events on."""

    note = "what waits in memory is bounded, see `service.memory_limit`"
