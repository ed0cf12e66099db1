"""OpenTelemetry's batch processor, accepted: events go on as they came, exporters batch them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from collector.api import Batch, Config, Duration, Processor

Count = Annotated[int, Field(ge=0)]


class BatchConfig(Config):
    """The keys of OpenTelemetry's processor; none has an effect."""

    timeout: Duration = 0.2
    send_batch_size: Count = 8192
    send_batch_max_size: Count = 0
    metadata_keys: tuple[str, ...] = ()
    metadata_cardinality_limit: Count = 1000


class BatchProcessor(Processor[BatchConfig]):
    """Does nothing."""

    @classmethod
    def config_warnings(cls, config: Any) -> Iterable[str]:  # noqa: ARG003 it has no effect
        """See `Component`."""
        yield "has no effect: batching is built in, see `batch` of an exporter"

    def process(self, batch: Batch) -> Batch:
        """See `Processor`."""
        return batch
