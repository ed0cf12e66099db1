"""The admin endpoint over TCP, which only reads: health, metrics, tables, the status page.

Who may read: anybody on this machine when it listens on loopback, else only who has the token.
A page in a browser of this machine must not: it gets no CORS headers, and one that has made
its own name point here (DNS rebinding) is known by the Host header.
"""

from __future__ import annotations

import hmac
from typing import Any

from ..endpoints import is_loopback
from ..inputs.sockets import ListenError, peer_address, stream_socket
from ..inputs.web import WebLimits, WebRequest, WebResponse, WebServer
from ..tasks import wait
from .routes import Look, Routes, add_reads, sentence
from .status_page import StatusPage, paths

_LIMITS = WebLimits(
    max_body=4096,
    max_buffered=1 << 20,
    max_connections=100,
    header_timeout=10.0,
    body_timeout=10.0,
)


class Admin:
    """Started once, stopped once."""

    def __init__(
        self,
        reactor: Any,
        look: Look,
        endpoint: str,
        token: str = "",
        page: StatusPage | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._token = token.encode()
        self._local = False
        #: Host and port, once it listens.
        self.address = ("", 0)
        self.routes = Routes()
        add_reads(self.routes, look)
        if page is not None:
            page.add_to(self.routes)
        self._server = WebServer(
            reactor, self.routes, _LIMITS, admit=self._refusal, refuse=sentence
        )

    async def start(self) -> None:
        """Listen. Raises ListenError, also when others could read without a token."""
        with stream_socket(self._endpoint) as listener:
            host = peer_address(listener.getsockname())[0]
            self._local = is_loopback(host)
            if not self._local and not self._token:
                raise ListenError(
                    f"the admin endpoint {self._endpoint} can be reached from other machines: set "
                    "service.admin.token, or listen on 127.0.0.1"
                )
            self.address = self._server.adopt(listener)

    async def quiesce(self) -> None:
        """Accept no more; answers under way are still written."""
        await wait(self._server.quiesce())

    async def stop(self) -> None:
        """Close all, also when it was not started."""
        await wait(self._server.stop())

    def _refusal(self, request: WebRequest) -> WebResponse | None:
        if request.method not in {"GET", "HEAD"}:
            return sentence(405, "This endpoint only reads.", Allow="GET, HEAD")
        if self._local and not _names_loopback(request.headers.get("host")):
            return sentence(403, "This endpoint is for this machine: ask for it as localhost.")
        if request.path in paths():
            return None  # the page's files: nothing of this collector is in them
        if self._token and not self._knows_token(request.headers.get("authorization", "")):
            challenge = {"WWW-Authenticate": 'Bearer realm="collector"'}
            return sentence(401, "The token of service.admin.token is needed.", **challenge)
        return None

    def _knows_token(self, authorization: str) -> bool:
        scheme, _, said = authorization.partition(" ")
        right = hmac.compare_digest(said.strip().encode(), self._token)
        return right and scheme.lower() == "bearer"


def _names_loopback(host: str | None) -> bool:
    """Whether the Host header is one that no other machine can have; browsers always send it."""
    if host is None:
        return True
    name = host.lower()
    if name.rpartition(":")[2].isdigit():
        name = name.rpartition(":")[0]
    if name in {"localhost", "localhost."}:
        return True
    # A name below .localhost is left out: resolvers may ask the network for it.
    return is_loopback(name) and not name.endswith("localhost")
