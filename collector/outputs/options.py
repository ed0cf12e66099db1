"""What a user may say of any exporter: batching, queueing, retrying, compressing.

These keys stand in an exporter's block beside its own and are the core's, the same for all.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ..component import Config
from ..fields import Duration, Size

_ON_DISK, _IN_MEMORY = 1 << 30, 64 << 20

Positive = Annotated[int, Field(ge=1)]


class BatchOptions(Config):
    """When a gather is closed and becomes requests: at the first of these."""

    max_events: Positive = 5000
    max_bytes: Size = 4 << 20
    max_age: Duration = 1.0


class QueueOptions(Config):
    """What waits between encoding and sending."""

    #: disk: it is there after a crash, and senders are answered when it has their events.
    type: Literal["disk", "memory"] = "disk"
    #: 1 GiB on the disk, 64 MiB in memory.
    max_size: Size | None = None
    #: block: receivers are paused. drop_oldest, drop_newest: counted with that reason.
    on_full: Literal["block", "drop_oldest", "drop_newest"] = "block"

    @property
    def size(self) -> int:
        """`max_size` in bytes."""
        return self.max_size or (_ON_DISK if self.type == "disk" else _IN_MEMORY)


class RetryOptions(Config):
    """Full-jitter exponential backoff, without an attempt limit."""

    initial_interval: Duration = 1.0
    max_interval: Duration = 60.0
    #: The slow probe while the exporter is on hold.
    hold_interval: Duration = 60.0
    max_hold_interval: Duration = 900.0


def _gzip(value: Any) -> Any:
    return "fast" if value == "gzip" else value


Compression = Annotated[
    Literal["fast", "small", "none"],
    BeforeValidator(_gzip, json_schema_input_type=Literal["fast", "small", "gzip", "none"]),
]


class OutletOptions(Config):
    """The core's part of an exporter's block."""

    batch: BatchOptions = BatchOptions()
    queue: QueueOptions = QueueOptions()
    retry: RetryOptions = RetryOptions()
    #: gzip, as OpenTelemetry has it, is fast.
    compression: Compression = "fast"
    #: Requests in flight at once. They start in queue order; 1 keeps order of arrival too.
    concurrency: Annotated[int, Field(ge=1, le=64)] = 4
