"""The sandbox's own routes, without a token: what has arrived, and what shall go wrong.

`GET /sandbox/events?contains=&limit=`, `/sandbox/requests?limit=`, `/sandbox/stats`;
`GET`, `POST` and `DELETE /sandbox/faults`; `DELETE /sandbox/events`.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson

from collector.api import WebRequest, WebResponse

from ..ingest.refusal import QUERY, Refused, Violation, bad_json
from .ingestion import JSON, Ingestion


class Console:
    """Answers from, and tells, one `Ingestion`."""

    def __init__(self, ingestion: Ingestion) -> None:
        self._ingestion = ingestion

    def events(self, request: WebRequest) -> WebResponse:
        """The stored events, newest last."""
        contains = dict(request.query).get("contains", "")
        found = self._ingestion.store.find(contains, _limit(request))
        return WebResponse(200, b"[%b]\n" % b",\n".join(found), JSON)

    def forget(self, _request: WebRequest) -> WebResponse:
        """Drop the stored events; the counters stay."""
        self._ingestion.store.clear()
        return WebResponse(204)

    def stats(self, _request: WebRequest) -> WebResponse:
        """The counters."""
        return _json(self._ingestion.stats.as_json(len(self._ingestion.store)))

    def requests(self, request: WebRequest) -> WebResponse:
        """The last ingest requests, newest last."""
        seen = list(self._ingestion.seen)
        limit = _limit(request)
        if limit is not None:
            seen = seen[max(len(seen) - limit, 0) :]
        return _json([_without_body(asdict(one)) for one in seen])

    def faults(self, _request: WebRequest) -> WebResponse:
        """The faults to come."""
        return _json(self._ingestion.faults.pending())

    def add_faults(self, request: WebRequest) -> WebResponse:
        """More faults, behind those there are."""
        try:
            self._ingestion.faults.add_json(request.body)
        except ValueError as e:
            raise bad_json(str(e)) from e
        return self.faults(request)

    def clear_faults(self, _request: WebRequest) -> WebResponse:
        """No faults."""
        self._ingestion.faults.clear()
        return WebResponse(204)


def _json(value: Any) -> WebResponse:
    return WebResponse(200, orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE), JSON)


def _without_body(seen: dict[str, Any]) -> dict[str, Any]:
    del seen["body"]
    return seen


def _limit(request: WebRequest) -> int | None:
    said = dict(request.query).get("limit", "")
    if not said:
        return None
    if said.isascii() and said.isdigit() and len(said) < 10:
        return int(said)
    message = "limit is not a number."
    raise Refused(400, "parameter", message, [Violation(message, QUERY, "limit")])
