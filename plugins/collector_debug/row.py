"""An event as one line of JSON; any event, whatever a plugin has put into it."""

from __future__ import annotations

import gzip
from collections.abc import Iterable

from collector.api import Batch, Event, Request, Row, as_json, as_record


def row(event: Event) -> Row:
    """One line, without its LF."""
    return as_json(as_record(event))


def lines(batches: Iterable[Batch]) -> list[Row]:
    """A row for each event."""
    return [row(event) for batch in batches for event in batch.events]


def packed(rows: Iterable[Row]) -> Request:
    """Rows as a request: each ends with LF."""
    said = [*rows, b""]
    return Request(body=b"\n".join(said), events=len(said) - 1)


def unpacked(request: Request) -> list[Row]:
    """The inverse."""
    return request.body.split(b"\n")[:-1]


def body(request: Request) -> bytes:
    """The bytes as they were before the core compressed them."""
    return gzip.decompress(request.body) if request.encoding else request.body
