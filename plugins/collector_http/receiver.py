"""The HTTP receiver: Dynatrace's log ingest API, and JSON of any sender."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import lru_cache
from typing import ClassVar

from collector.api import Context, Taken, WebReceiver, WebRequest, WebResponse
from collector_dynatrace.ingest import answer
from collector_dynatrace.ingest.record import Profile
from collector_dynatrace.ingest.refusal import Refused
from collector_dynatrace.ingest.request import Rules, aged, no_objects, opened
from collector_dynatrace.limits import GRAIL

from .events import EventReader, LooseReader
from .options import HttpConfig

_JSON = {"Content-Type": answer.CONTENT_TYPE}
_STORED = WebResponse(204)


class HttpReceiver(WebReceiver[HttpConfig]):
    """An answer of 2xx says that every exporter has the events; see `ack`."""

    counters: ClassVar = {
        **WebReceiver.counters,
        "left_out_log_records": "Events of requests that were taken in part, by reason.",
    }

    def __init__(self, config: HttpConfig, context: Context) -> None:
        super().__init__(config, context)
        size = config.max_decompressed_size
        # A flattened event without content is copied into it.
        limits = replace(GRAIL, request=size, preprocessed=4 * size)
        self._strict = Rules(
            Profile(limits, config.structure),
            stale="partial" if config.strict_age else "take",
            unsupported=415,
        )
        self._loose = replace(self._strict, lenient=True)
        patterns = list(config.patterns())
        self._route = lru_cache(1024)(
            lambda path: next((ingest for way, ingest in patterns if way.fullmatch(path)), None)
        )

    def admit(self, request: WebRequest) -> WebResponse | None:
        """See `WebReceiver`."""
        if self._route(request.path) is None:
            return self.refuse(404, "There is nothing at this path.")
        if request.method != "POST":
            refusal = self.refuse(405, f"{request.method} is not allowed here.")
            return refusal.having({"Allow": "POST"})
        return None

    def refuse(self, status: int, text: str) -> WebResponse:
        """See `WebReceiver`."""
        return WebResponse(status, answer.error(status, text), _JSON)

    def take(self, request: WebRequest) -> Taken | WebResponse:
        """See `WebReceiver`."""
        try:
            return self._taken(request)
        except Refused as refused:
            self.context.count("requests_refused", reason=refused.reason)
            return WebResponse(refused.status, answer.refusal(refused), _JSON)

    def _taken(self, request: WebRequest) -> Taken:
        now = time.time_ns()
        strict = self._route(request.path)
        rules = self._strict if strict else self._loose
        found = opened(request.headers, request.query, request.body, rules)
        kind = EventReader if strict else LooseReader
        reader = kind(found, rules.profile.limits.depth, now, request.resource)
        events = reader.events()
        if not events:
            raise no_objects()
        fresh, stale = aged(events, rules, now)
        self._noted(reader, stale)
        return Taken(fresh, self._answer(reader, stale))

    def _answer(self, reader: EventReader, stale: int) -> WebResponse:
        message = answer.left_out(stale, reader.invalid, reader.too_nested)
        return WebResponse(200, answer.success(message), _JSON) if message else _STORED

    def _noted(self, reader: EventReader, stale: int) -> None:
        for reason, times in (("stale", stale), ("invalid", reader.invalid)):
            if times:
                self.context.count("left_out_log_records", times, reason=reason)
        if reader.unparsed:
            self.context.count("flagged_log_records", reader.unparsed, flag="bad_timestamp")
