"""One HTTP/1.1 connection: bytes in, requests out to its server, answers back.

`twisted.web` parses; what it calls a request is replaced here (`Exchange`): its own takes a
small POST to 270 us where this takes 85, most of it the kernel's and the loop's, writes large
bodies to temporary files and knows no 413, 408 or 431. Rules:

1. A request is shown to `admit` when its headers are in, and to `handle` when its body is.
2. What is refused before its body has been read is answered at once; what still comes is
   discarded for a while, so that the client can read the answer, then the connection ends.
3. No connection waits for ever: `deadline` and `stalled` are watched by the server's one timer
   (a timer for each request would cost more than its parsing).
4. Nothing is raised into the reactor: what is unexpected is logged and ends the connection.
"""

# mypy: allow-untyped-calls
# Twisted's HTTPChannel has no annotations.

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel

from ..tasks import spawn
from .web_messages import RESET, Fields, WebLimits, WebRequest, WebResponse, rendered, request_of

#: A refused body of at most this size is read to its end, and the connection lives on.
SWALLOWED = 65536
#: Seconds after which a client that does not read its answer is cut off.
STALLED = 300.0

#: What a server's `handle` may return.
Answer = WebResponse | Deferred[WebResponse] | Coroutine[Any, Any, WebResponse]


class Server(Protocol):
    """What a channel needs of the server it belongs to; `WebServer` says what each is."""

    reactor: Any
    limits: WebLimits
    buffered: int
    quiescing: bool
    handle: Callable[[WebRequest], Answer]
    admit: Callable[[WebRequest], WebResponse | None]
    refuse: Callable[[int, str], WebResponse]
    refused: Callable[[str], None]

    def date(self) -> bytes: ...
    def joined(self, channel: Channel) -> None: ...
    def left(self, channel: Channel) -> None: ...


class Exchange:
    """A request while it comes in: what HTTPChannel calls its `requestFactory` for."""

    __slots__ = ("channel", "chunks", "early", "request", "requestHeaders", "size")
    request: WebRequest

    def __init__(self, channel: Channel, _queued: int) -> None:
        self.channel = channel
        self.requestHeaders = Fields()
        self.chunks: list[bytes] = []
        #: Bytes that the server counts as buffered for this request.
        self.size = 0
        #: An answer that waits only for the rest of the body.
        self.early: WebResponse | None = None

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """HTTPChannel: bytes of the body."""
        if self.channel.over or self.early is not None:
            return
        self.size += len(data)
        self.chunks.append(data)
        self.channel.grown(self, len(data))

    def requestReceived(self, _command: bytes, _path: bytes, _version: bytes) -> None:  # noqa: N802
        """HTTPChannel: the body is complete."""
        chunks, self.chunks = self.chunks, []
        self.request.body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        self.channel.complete(self)

    def release(self, _reason: object = None) -> None:
        """The body is needed no more."""
        self.chunks = []
        self.channel.server.buffered -= self.size
        self.size = 0

    #: HTTPChannel: nobody waits for the answer any more.
    connectionLost = release


class Channel(HTTPChannel):
    """One connection. Uses `_command`, `_path` and `_version` of its base class."""

    log = Logger()
    requestFactory = Exchange  # type: ignore[assignment]  # as the module says
    timeOut = None  # rule 3  # noqa: N815
    requests: list[Exchange]
    transport: Any

    def __init__(self, server: Server, address: IAddress) -> None:
        super().__init__()
        self.server = server
        self.peer = ("", 0)
        if isinstance(address, IPv4Address | IPv6Address):
            self.peer = (address.host, address.port)
        #: Refused: nothing more is parsed, only discarded.
        self.over = False
        self.lost = False
        self.idle = True
        self.stalled = math.inf
        self._within(server.limits.idle_timeout)

    def _within(self, seconds: float) -> None:
        self.deadline = self.server.reactor.seconds() + seconds

    def connectionMade(self) -> None:
        super().connectionMade()
        self.server.joined(self)

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        self.lost = True
        super().connectionLost(reason)
        self.requests.clear()
        self.server.left(self)

    def dataReceived(self, data: bytes) -> None:
        if self.over:
            return
        if self.idle:
            self.idle = False
            self._within(self.server.limits.header_timeout)
        try:
            super().dataReceived(data)
        except Exception:  # noqa: BLE001  # rule 4: 5,000 digits of Content-Length
            self.log.failure("a request could not be read")
            self.bad_request()

    def lineReceived(self, line: bytes) -> None:
        if not self.over:
            super().lineReceived(line)

    def rawDataReceived(self, data: bytes) -> None:  # noqa: N802
        if not self.over:
            super().rawDataReceived(data)

    def lineLengthExceeded(self, line: bytes) -> None:
        self.early_end("bad_request", 431, "The headers are too long.")

    def bad_request(self) -> None:
        """The request cannot be understood."""
        headers = self._receivedHeaderSize > self.totalHeadersSize
        if headers or self._receivedHeaderCount > self.maxHeaders:
            self.early_end("bad_request", 431, "The headers are too long.")
        else:
            self.early_end("bad_request", 400, "This is not a valid HTTP request.")

    #: HTTPChannel's own answers with a head that has no length, and shuts the client up.
    _respondToBadRequestAndDisconnect = bad_request  # noqa: N815

    def allHeadersReceived(self) -> None:  # noqa: N802
        """Rule 1. Replaces cookies, a Connection header that only some read, and 100-continue."""
        exchange = self.requests[-1]
        headers = exchange.requestHeaders
        request = exchange.request = request_of(self._command, self._path, headers, self.peer)
        self.persistent = self._persists(request.headers.get("connection", "").lower())
        self._within(self.server.limits.body_timeout)
        early = self.server.admit(request) or self._too_large()
        if early is None:
            if request.headers.get("expect", "").lower() == "100-continue":
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        elif early is RESET or self.length is None or self.length > SWALLOWED:
            self.end(early)
        else:
            exchange.early = early

    def _persists(self, connection: str) -> bool:
        if self.server.quiescing or "close" in connection:
            return False
        return self._version == b"HTTP/1.1" or "keep-alive" in connection

    def _too_large(self) -> WebResponse | None:
        if self.length is not None and self.length > self.server.limits.max_body:
            return self._refusal("too_large", 413, "The request body is too large.")
        return None

    def grown(self, exchange: Exchange, size: int) -> None:
        """The body has `size` bytes more."""
        server, limits = self.server, self.server.limits
        server.buffered += size
        self.deadline += size / limits.min_rate
        if exchange.size > limits.max_body:
            self.early_end("too_large", 413, "The request body is too large.")
        elif server.buffered > limits.max_buffered:
            self.early_end("busy", 503, "Too many requests are being read.")

    def complete(self, exchange: Exchange) -> None:
        """Hand the request to the application."""
        if self.over:
            self.loseConnection()
            return
        self.deadline = math.inf
        if exchange.early is not None:
            self._answer(exchange.early, exchange)
            return
        try:
            answer = self.server.handle(exchange.request)
        except Exception:  # noqa: BLE001  # rule 4
            answer = self._failed(Failure())
        if isinstance(answer, WebResponse):
            self._answer(answer, exchange)
            return
        later = answer if isinstance(answer, Deferred) else spawn(answer)
        _ = later.addErrback(self._failed).addCallback(self._answer, exchange)

    def _failed(self, failure: Failure) -> WebResponse:
        self.log.failure("a request could not be answered", failure)
        return self._refusal("failed", 500, "An unexpected error.")

    # --- answers ---

    def _answer(self, response: WebResponse, exchange: Exchange) -> None:
        exchange.release()
        if self.lost:
            return
        if response is RESET:
            self.abort()
            return
        self.persistent = self.persistent and not self.server.quiescing
        self._write(response, head=exchange.request.method == "HEAD")
        self.idle = True
        self._within(self.server.limits.idle_timeout if self.persistent else STALLED)
        self.requestDone(exchange)

    def _write(self, response: WebResponse, *, head: bool = False) -> None:
        date, close = self.server.date(), not self.persistent
        self.transport.write(rendered(response, date, close=close, head=head))

    def _refusal(self, reason: str, status: int, text: str) -> WebResponse:
        self.server.refused(reason)
        return self.server.refuse(status, text)

    def early_end(self, reason: str, status: int, text: str) -> None:
        """Refuse before the request was complete, unless that has been done."""
        if not self.over:
            self.end(self._refusal(reason, status, text))

    def end(self, response: WebResponse) -> None:
        """Rule 2."""
        self.over = True
        self.persistent = False
        for exchange in self.requests:
            exchange.release()
        if response is RESET:
            self.abort()
            return
        self._write(response)
        self._within(self.server.limits.linger)
        if not self.isSecure():  # TLS cannot close one direction
            self.transport.loseWriteConnection()

    def pauseProducing(self) -> None:
        self.stalled = self.server.reactor.seconds() + STALLED
        super().pauseProducing()

    def resumeProducing(self) -> None:
        self.stalled = math.inf
        super().resumeProducing()

    def expire(self) -> None:
        """Rule 3."""
        if self.over or self.transport.disconnecting or self.stalled < math.inf:
            self.abort()
        elif self.idle:
            self.over = True
            self._within(self.server.limits.linger)
            self.loseConnection()
        else:
            self.early_end("slow", 408, "The request took too long.")

    def quiesce(self) -> None:
        """Close when nothing is under way, else after the answer."""
        self.persistent = False
        if self.idle and not self.over:
            self.over = True
            self._within(self.server.limits.linger)
            self.loseConnection()

    def abort(self) -> None:
        """Reset the connection."""
        self.over = True
        self.transport.abortConnection()
