"""Batches to requests: encode, and when that fails, find out which events it was."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from ..component import Exporter
from ..event import Batch, Event, Resource, Scope, flag
from ..letter import Letter
from ..request import Request
from ..text import as_text
from .rows import Rows

_INT64 = 1 << 63
_DEPTH = 32
_REASON = "encode_failed"


class Encoding:
    """An exporter's pure half, guarded and compressed."""

    def __init__(self, exporter: Exporter[Any], rows: Rows) -> None:
        self._exporter = exporter
        self._context = exporter.context
        self._rows = rows
        #: Events of the last call of `requests` that are in none of them: dead letters,
        self.ended = 0
        #: and those of them for which there was no room.
        self.lost = 0
        self._dead: list[Letter] = []

    def requests(self, batches: Sequence[Batch]) -> list[Request]:
        """The requests of these batches, compressed. Never raises."""
        self.ended = self.lost = 0
        self._dead.clear()
        try:
            found = list(self._exporter.encode(batches))
        except Exception:  # noqa: BLE001 which event it was is found out below
            self._context.count("encode_failures")
            self._context.raised("{id}: encode raised")
            found = self._one_by_one(batches)
        return [request for request in map(self._ready, found) if request is not None]

    def _ready(self, request: Request) -> Request | None:
        """Compressed; None for one that is empty, or no request at all."""
        try:
            return self._rows.compressed(request) if request.events else None
        except Exception:  # noqa: BLE001 a body that is not bytes; the outlet counts what is missing
            self._context.count("encode_failures")
            self._context.raised("{id}: encode gave no bytes")
            return None

    def _one_by_one(self, batches: Sequence[Batch]) -> list[Request]:
        found: list[Request] = []
        for batch in batches:
            for event in batch.events:
                found += self._alone(event)
        self.ended = len(self._dead)
        self.lost = self.ended - self._context.dead_letters(_REASON, self._dead)
        return self._merged(found)

    def _alone(self, event: Event) -> list[Request]:
        try:
            return list(self._exporter.encode([Batch([event])]))
        except Exception:  # noqa: BLE001 counted above; now with what every exporter can encode
            clean = sanitised(event)
        try:
            return list(self._exporter.encode([Batch([clean])]))
        except Exception as e:  # noqa: BLE001 it ends here, kept and counted
            raw = orjson.dumps({"body": clean.body, "attributes": clean.attributes})
            self._dead.append(Letter(row=raw, reason=_REASON, text=type(e).__name__))
            return []

    def _merged(self, requests: list[Request]) -> list[Request]:
        """One request of many small ones, when their rows say that it can be."""
        try:
            rows = [row for request in requests for row in self._exporter.unpack(request)]
            if len(rows) != sum(request.events for request in requests) or not rows:
                return requests
            merged = self._exporter.pack(rows)
        except Exception:  # noqa: BLE001 then they go as they are
            self._context.raised("{id}: unpack or pack raised")
            return requests
        merged.oldest_ns = min(request.oldest_ns for request in requests)
        return [merged]


def sanitised(event: Event) -> Event:
    """A copy that is JSON whatever the event was, flagged `encode_failed`."""
    attributes = plain(event.attributes)
    clean = Event(
        _time(event.time),
        plain(event.body),
        attributes if isinstance(attributes, dict) else {},
        event.severity_number if event.severity_number in range(25) else 0,
        as_text(event.severity_text),
        _time(event.observed_time),
        event.trace_id,
        event.span_id,
        event.flags,
        as_text(event.event_name),
        _clean_resource(event.resource),
        event.dropped_attributes_count,
    )
    flag(clean, "encode_failed")
    return clean


def _clean_resource(resource: Resource) -> Resource:
    attributes, scope = plain(resource.attributes), resource.scope
    if scope is not None:
        facts = plain(scope.attributes)
        scope = Scope(
            as_text(scope.name),
            as_text(scope.version),
            facts,
            as_text(scope.schema_url),
            scope.dropped_attributes_count,
        )
    url, dropped = as_text(resource.schema_url), resource.dropped_attributes_count
    return Resource(attributes, scope, url, dropped)


def _time(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < _INT64 else 0


def plain(value: Any, depth: int = 0) -> Any:  # noqa: PLR0911 one for each JSON type
    """JSON-like: str without surrogates, int64, finite float, bool, None, list, str-keyed dict."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -_INT64 <= value < _INT64 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, Mapping) and depth < _DEPTH:
        return {as_text(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)) and depth < _DEPTH:
        return [plain(item, depth + 1) for item in value]
    return as_text(value)
