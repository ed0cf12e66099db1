"""OpenTelemetry's batch processor, accepted: exporters gather events themselves."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from collector.api import Config, Duration

from .passing import PassingProcessor

Count = Annotated[int, Field(ge=0)]


class BatchConfig(Config):
    """The keys of OpenTelemetry's processor; none has an effect."""

    timeout: Duration = 0.2
    send_batch_size: Count = 8192
    send_batch_max_size: Count = 0
    metadata_keys: tuple[str, ...] = ()
    metadata_cardinality_limit: Count = 1000


class BatchProcessor(PassingProcessor[BatchConfig]):
    """Passes events on."""

    note = "batching is built in, see `batch` of an exporter"
