"""Requests as they go over a channel: what is asked of a worker in, its answer out."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from ..inputs.web import WebRequest, WebResponse
from ..tasks import wait
from .routes import Routes, sentence

log = Logger(namespace="collector")
#: Status, body, headers.
Said = tuple[int, bytes, dict[str, str]]


async def answered(routes: Routes, method: str, path: str, query: str, body: bytes) -> Said:
    """What the routes say; never raises."""
    request = WebRequest(method, path, query, {}, "", 0, body)
    try:
        response = await _response(routes, request)
    except Exception:  # noqa: BLE001 a bug must not end the worker
        log.failure("a question could not be answered")
        response = sentence(500, "An unexpected error.")
    return response.status, response.body, dict(response.headers)


async def _response(routes: Routes, request: WebRequest) -> WebResponse:
    answer = routes(request)
    if isinstance(answer, WebResponse):
        return answer
    return await (wait(answer) if isinstance(answer, Deferred) else answer)
