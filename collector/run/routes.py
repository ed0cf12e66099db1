"""Method and path to an answer, and the answers that the admin endpoint and the control socket
have in common.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

import orjson
from prometheus_client import CONTENT_TYPE_LATEST

from ..inputs.web import Answer, WebRequest, WebResponse
from .view import View

Handler = Callable[[WebRequest], Answer]
#: How everything is at this moment.
Look = Callable[[], Awaitable[View]]

#: Nothing here may be kept, framed, embedded or taken for something else by a browser.
SAFE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
_TEXT = "text/plain; charset=utf-8"


def answer(status: int, body: bytes, content_type: str = _TEXT, **headers: str) -> WebResponse:
    """An answer with the headers that all of ours have."""
    return WebResponse(status, body, {"Content-Type": content_type, **SAFE, **headers})


def sentence(status: int, text: str, **headers: str) -> WebResponse:
    """An answer that says so in a line of text."""
    return answer(status, f"{text}\n".encode(), **headers)


def json_answer(status: int, value: Any) -> WebResponse:
    """An answer for programs, indented for people."""
    body = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return answer(status, body, "application/json")


class Routes:
    """A table of handlers. HEAD is answered wherever GET is."""

    def __init__(self) -> None:
        self._table: dict[str, dict[str, Handler]] = {}

    def add(self, method: str, path: str, handler: Handler) -> None:
        """Answer requests for exactly this path with `handler`."""
        methods = self._table.setdefault(path, {})
        assert method not in methods, f"{method} {path} has a handler"
        methods[method] = handler

    def __call__(self, request: WebRequest) -> Answer:
        """The answer of the handler; 404 and 405 where there is none."""
        methods = self._table.get(request.path)
        if methods is None:
            known = ", ".join(sorted(self._table))
            return sentence(404, f"There is nothing here. Known paths: {known}")
        handler = methods.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            allowed = sorted({*methods, *({"HEAD"} if "GET" in methods else ())})
            return sentence(405, "This method is not answered here.", Allow=", ".join(allowed))
        return handler(request)


def add_reads(routes: Routes, look: Look) -> None:
    """/healthz, /readyz and /metrics."""

    async def shown(show: Callable[[View], WebResponse]) -> WebResponse:
        return show(await look())

    for path, show in (("/healthz", healthz), ("/readyz", readyz), ("/metrics", metrics)):
        routes.add("GET", path, lambda _, show=show: shown(show))  # type: ignore[misc]


def healthz(view: View) -> WebResponse:
    """200 unless a component needs an operator, then 503; each with its reason."""
    healthy = all(component.healthy for component in view.components)
    said = {"healthy": healthy, "components": [asdict(each) for each in view.components]}
    return json_answer(200 if healthy else 503, said)


def readyz(view: View) -> WebResponse:
    """200 while every receiver listens; what is not simply running is shown, and changes nothing.

    A full queue is backpressure: a replica that is taken out of service for it would only move
    the load to the others.
    """
    others = [asdict(each) for each in view.components if each.state != "running"]
    return json_answer(200 if view.ready else 503, {"ready": view.ready, "components": others})


def metrics(view: View) -> WebResponse:
    """For Prometheus."""
    return answer(200, view.metrics.text(), CONTENT_TYPE_LATEST)
