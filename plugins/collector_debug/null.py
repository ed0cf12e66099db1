"""Nowhere: events are encoded to nothing and counted as sent."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from collector.api import Batch, Config, Duration, Exporter, Request, Retry, Row


class NullConfig(Config):
    """A destination that takes its time, or fails, for trials."""

    #: How long a request takes.
    delay: Duration = 0.0
    #: The part of requests that fail and are sent again: 0 none, 1 all.
    failures: Annotated[float, Field(ge=0, le=1)] = 0.0


class NullExporter(Exporter[NullConfig]):
    """A row is an empty line: the account works, the content is gone."""

    def encode(self, batches: Sequence[Batch]) -> list[Request]:
        """See `Exporter`."""
        return [_lines(sum(map(len, batches)))]

    def unpack(self, request: Request) -> list[Row]:
        """See `Exporter`."""
        return [b""] * request.body.count(b"\n")

    def pack(self, rows: Sequence[Row]) -> Request:
        """See `Exporter`."""
        return _lines(len(rows))

    async def send(self, request: Request) -> None:
        """See `Exporter`."""
        if self.config.delay:
            await asyncio.sleep(self.config.delay)
        if random.random() < self.config.failures:  # noqa: S311 not for secrets
            raise Retry("failed, as configured")


def _lines(events: int) -> Request:
    return Request(body=b"\n" * events, events=events)
