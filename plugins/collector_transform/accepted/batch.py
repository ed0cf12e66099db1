"""OpenTelemetry's batch processor, accepted: exporters gather events themselves."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from collector.api import Config, Duration

from .passing import PassingProcessor

Count = Annotated[int, Field(ge=0)]


class BatchConfig(Config):
    """The keys of OpenTelemetry's processor; none has an effect."""

    #: Has no effect; see `batch.max_age` of an exporter.
    timeout: Duration = 0.2
    #: Has no effect; see `batch.max_events` of an exporter.
    send_batch_size: Count = 8192
    #: Has no effect.
    send_batch_max_size: Count = 0
    #: Has no effect, such as `[tenant]`.
    metadata_keys: tuple[str, ...] = ()
    #: Has no effect.
    metadata_cardinality_limit: Count = 1000


class BatchProcessor(PassingProcessor[BatchConfig]):
    """Passes events on."""

    note = "batching is built in, see `batch` of an exporter"
