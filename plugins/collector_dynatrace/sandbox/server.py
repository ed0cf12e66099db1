"""The sandbox: Dynatrace's log ingest API on a local port, and how to look into it.

A route is found first, then its method, then the token; all else is in `ingestion` and, for
the routes that take no token because they are the sandbox's own, in `console`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from twisted.internet.defer import Deferred

from collector.api import WebLimits, WebRequest, WebResponse, WebServer

from ..ingest import answer
from ..ingest.refusal import BODY, Refused, Violation
from ..limits import HEALTH_PATH, INGEST_PATH, LOOKUP_PATH, SCOPE, token_id
from .access import check, is_known, token_of
from .console import Console
from .faults import Faults
from .ingestion import JSON, Ingestion, Seen
from .options import SandboxOptions
from .stats import Stats
from .store import Store

_ENVIRONMENT = re.compile(r"/e/([^/]+)(/.*)")
# Those of RFC 9110 and RFC 5789. A word that is none of them is answered 501.
_METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"}
)

Handle = Callable[[WebRequest], WebResponse | Deferred[WebResponse]]


class Sandbox:
    """A server for the command line, and a fixture for tests.

    `on_accept` is called with the JSON texts of the events of each request that is taken,
    `now` tells the time of ingest in nanoseconds, `tls` is a context factory.
    """

    def __init__(
        self,
        reactor: Any,
        options: SandboxOptions | None = None,
        *,
        on_accept: Callable[[Sequence[bytes]], None] = lambda _: None,
        now: Callable[[], int] = time.time_ns,
        tls: Any = None,
    ) -> None:
        self.options = options or SandboxOptions()
        store = Store(self.options.keep_events)
        self._ingestion = Ingestion(reactor, self.options, now, on_accept, store)
        self._routes = self._table(Console(self._ingestion))
        limits = WebLimits(max_body=self.options.rules.profile.limits.request)
        self._web = WebServer(
            reactor, self._handle, limits, admit=self._admit, refuse=self._refuse, tls=tls
        )

    def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen, and return the port. Raises ListenError."""
        return self._web.listen(host, port)[1]

    def stop(self) -> Deferred[None]:
        """Close the port and all connections; what has arrived can still be read."""
        self._ingestion.stop()
        return self._web.stop()

    @property
    def stats(self) -> Stats:
        """The counters."""
        return self._ingestion.stats

    @property
    def faults(self) -> Faults:
        """What shall go wrong."""
        return self._ingestion.faults

    @property
    def requests(self) -> Sequence[Seen]:
        """The last ingest requests, newest last."""
        return self._ingestion.seen

    def events(self, contains: str = "", limit: int | None = None) -> list[dict[str, Any]]:
        """The stored events, newest last."""
        return [orjson.loads(text) for text in self._ingestion.store.find(contains, limit)]

    # --- routes ---

    def _table(self, console: Console) -> Mapping[str, Mapping[str, Handle]]:
        return {
            INGEST_PATH: {"POST": self._ingestion.handle},
            HEALTH_PATH: {"GET": _running, "HEAD": _running},
            LOOKUP_PATH: {"POST": self._lookup},
            "/sandbox/events": {"GET": console.events, "DELETE": console.forget},
            "/sandbox/requests": {"GET": console.requests},
            "/sandbox/stats": {"GET": console.stats},
            "/sandbox/faults": {
                "GET": console.faults,
                "POST": console.add_faults,
                "DELETE": console.clear_faults,
            },
        }

    def _route(self, request: WebRequest) -> str:
        """The key in the table. Raises Refused for an unknown path or environment."""
        path = request.path
        found = _ENVIRONMENT.fullmatch(path)
        if found is not None:
            environments = self.options.environments
            path = found[2] if not environments or found[1] in environments else ""
        if path not in self._routes or (found and path.startswith("/sandbox")):
            raise Refused(404, "path", "The requested resource doesn't exist.")
        return path

    def _admit(self, request: WebRequest) -> WebResponse | None:
        try:
            path = self._route(request)
        except Refused as refused:
            return _refusal(refused)
        if request.method not in self._routes[path]:
            return self._wrong_method(request.method, path)
        return self._ingestion.admit(request) if path == INGEST_PATH else None

    def _wrong_method(self, method: str, path: str) -> WebResponse:
        allowed = {**JSON, "Allow": ", ".join(self._routes[path])}
        if method not in _METHODS:
            message = "The server does not recognize the request method."
            return WebResponse(501, answer.error(501, message), JSON)
        status = self.options.wrong_method
        return WebResponse(status, answer.error(status, f"{method} is not allowed here."), allowed)

    def _handle(self, request: WebRequest) -> WebResponse | Deferred[WebResponse]:
        try:
            return self._routes[self._route(request)][request.method](request)
        except Refused as refused:
            return _refusal(refused)

    def _refuse(self, status: int, text: str) -> WebResponse:
        """What never got as far as a route; most of them were meant for ingest."""
        self.stats.requests += 1
        self.stats.status[status] += 1
        self.stats.refused["http"] += 1
        return WebResponse(status, answer.error(status, text), JSON)

    def _lookup(self, request: WebRequest) -> WebResponse:
        """`POST /api/v2/apiTokens/lookup`: what a token may do."""
        check(token_of(request), self.options)
        token = _token_in(request.body)
        unscoped = token in self.options.unscoped
        if not unscoped and not is_known(token, self.options):
            raise Refused(404, "token", "Token does not exist.")
        said = {
            "id": token_id(token),
            "name": "sandbox",
            "enabled": True,
            "revoked": False,
            "scopes": [] if unscoped else [SCOPE],
        }
        return WebResponse(200, orjson.dumps(said), JSON)


def _token_in(body: bytes) -> str:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        said = None
    token = said.get("token") if isinstance(said, dict) else None
    if isinstance(token, str):
        return token
    message = "Expected an object with the key token."
    raise Refused(400, "invalid_json_format", message, [Violation(message, BODY, "token")])


def _running(_request: WebRequest) -> WebResponse:
    return WebResponse(200, b"RUNNING", {"Content-Type": "text/plain; charset=utf-8"})


def _refusal(refused: Refused) -> WebResponse:
    return WebResponse(refused.status, answer.refusal(refused), JSON)
