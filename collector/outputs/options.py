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

    #: Events that close a batch.
    max_events: Positive = 5000
    #: Size that closes a batch, before compression.
    max_bytes: Size = 4 << 20
    #: Time that closes a batch, from its first event on.
    max_age: Duration = 1.0


class QueueOptions(Config):
    """What waits between encoding and sending."""

    #: `disk` survives a crash and a power cut, in `queue/` of `data_dir`; senders are answered
    #: when it has their events. `memory` does not.
    type: Literal["disk", "memory"] = "disk"
    #: Size of the requests that wait or are on their way, compressed, such as `256MiB`. Unless it
    #: is said, 1 GiB on the disk, 64 MiB in memory. On the disk, up to 50 MB more are used beside
    #: them.
    max_size: Size | None = None
    #: `block` pauses the receivers. `drop_oldest` and `drop_newest` drop and count, also when the
    #: disk is full.
    on_full: Literal["block", "drop_oldest", "drop_newest"] = "block"

    @property
    def size(self) -> int:
        """`max_size` in bytes."""
        return self.max_size or (_ON_DISK if self.type == "disk" else _IN_MEMORY)


class RetryOptions(Config):
    """Full-jitter exponential backoff, without an attempt limit."""

    #: Longest wait after the first failure; it doubles with each more.
    initial_interval: Duration = 1.0
    #: Longest wait after many failures. There is no limit of attempts.
    max_interval: Duration = 60.0
    #: Wait between probes while the exporter is on hold, at first.
    hold_interval: Duration = 60.0
    #: The same after many probes.
    max_hold_interval: Duration = 900.0


def _gzip(value: Any) -> Any:
    return "fast" if value == "gzip" else value


Compression = Annotated[
    Literal["fast", "small", "none"],
    BeforeValidator(_gzip, json_schema_input_type=Literal["fast", "small", "gzip", "none"]),
]


class OutletOptions(Config):
    """The core's part of an exporter's block."""

    #: When events become a request.
    batch: BatchOptions = BatchOptions()
    #: Where requests wait.
    queue: QueueOptions = QueueOptions()
    #: When a request is sent again.
    retry: RetryOptions = RetryOptions()
    #: Of requests: `fast` and `small` are gzip (`gzip` is `fast`); `none` is what a OneAgent's
    #: local endpoint needs.
    compression: Compression = "fast"
    #: Requests on their way at once. They start in queue order; 1 keeps the order of arrival too.
    concurrency: Annotated[int, Field(ge=1, le=64)] = 4
