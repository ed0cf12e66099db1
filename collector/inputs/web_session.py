"""One HTTP/1.1 connection without its socket: bytes in, requests out, answers back in order.

httptools (llhttp) parses. A small POST, parsed and answered without a socket, takes 13 to 25 us;
with Twisted's HTTPChannel it took 44 to 52. Rules:

1. A request is shown to `admit` when its headers are in, and `received` when its body is.
2. What is refused before its body has been read is answered at once; what still comes is
   discarded for a while, so that the client can read the answer, then the connection ends.
3. Answers go out in the order of the requests, whenever they are given.
4. No connection waits for ever: `deadline` is watched by the server's one timer (a timer for
   each request would cost more than its parsing).
"""

from __future__ import annotations

import math
import re
from collections import deque

from httptools import (
    HttpParserError,
    HttpParserInvalidMethodError,
    HttpParserUpgrade,
    HttpRequestParser,
)
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..event import NOTHING, Resource
from .web_exchange import Exchange, Line, Server
from .web_head import Head
from .web_messages import RESET, WebRequest, WebResponse, rendered

#: A refused body of at most this size is read to its end, and the connection lives on.
SWALLOWED = 65536
#: Seconds after which a client that does not read its answer is cut off.
STALLED = 300.0
#: Requests of one connection that wait for their answers.
_PIPELINED = 1000
_REQUEST_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [^ \r\n]+ HTTP/1\.[01]\r?\n")


class Session:
    """The methods `on_...` are httptools'."""

    log = Logger()

    def __init__(
        self, server: Server, line: Line, peer: tuple[str, int], resource: Resource = NOTHING
    ) -> None:
        self._server, self._line = server, line
        self._peer, self._resource = peer, resource
        self._parser = HttpRequestParser(self)
        #: Of the request that comes, and whether it is not complete.
        self._head = Head()
        self._in_head = False
        self._coming: Exchange | None = None
        #: Requests without an answer on the wire, oldest first.
        self._open: deque[Exchange] = deque()
        #: Nothing more is parsed: the last request has come, or one was refused.
        self.over = False
        self.lost = False
        self.deadline = 0.0
        self._within(server.limits.idle_timeout)

    def _within(self, seconds: float) -> None:
        self.deadline = self._server.reactor.seconds() + seconds

    # --- what comes ---

    def feed(self, data: bytes) -> None:
        """Bytes from the client. Raises nothing."""
        if self.over:
            return
        if not self._in_head and self._coming is None:
            self._within(self._server.limits.header_timeout)
        elif self._in_head:
            self._head.came(len(data))
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as e:  # which a server may ignore, RFC 9110 section 7.8
            self._parser = HttpRequestParser(self)
            self.feed(data[e.args[0] :])
        except HttpParserInvalidMethodError:
            if _REQUEST_LINE.match(data):
                self.early_end("bad_request", 501, "The request method is not known.")
            else:
                self._not_http()
        except HttpParserError as e:
            if e.__context__ is not None:  # raised by one of the methods below
                raised = Failure(e.__context__)  # type: ignore[no-untyped-call]
                self.log.failure("a request could not be read", raised)
            self._not_http()
        if self._in_head and self._head.is_endless:
            self._long_head()

    def _not_http(self) -> None:
        self.early_end("bad_request", 400, "This is not a valid HTTP request.")

    def _long_head(self) -> None:
        self.early_end("bad_request", 431, "The headers are too long.")

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._in_head = True
        self._head = Head()

    def on_url(self, part: bytes) -> None:
        """A part of the target."""
        self._head.add_target(part)
        if self._head.is_too_long:
            self._long_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header line."""
        self._head.add(name, value)
        if self._head.is_too_long:
            self._long_head()

    def on_headers_complete(self) -> None:
        """Rule 1."""
        self._in_head = False
        if self.over:
            return
        version = self._parser.get_http_version()
        if version not in ("1.1", "1.0"):
            self._not_http()
            return
        server, parser = self._server, self._parser
        request = self._head.request(parser.get_method(), self._peer, self._resource)
        persistent = parser.should_keep_alive() and not server.quiescing
        exchange = self._coming = Exchange(self.answered, request, persistent=persistent)
        self._within(server.limits.body_timeout)
        length = request.length
        early = server.admit(request) or self._too_large(length)
        if early is None:
            # Not behind answers that are still to be written.
            if not self._open and request.headers.get("expect", "").lower() == "100-continue":
                self._line.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        elif early is RESET or length is None or length > SWALLOWED:
            self._end(early)
        else:
            exchange.early = early

    def _too_large(self, length: int | None) -> WebResponse | None:
        if length is not None and length > self._server.limits.max_body:
            return self._refusal("too_large", 413, "The request body is too large.")
        return None

    def on_body(self, data: bytes) -> None:
        """Bytes of the body."""
        exchange, server = self._coming, self._server
        if self.over or exchange is None or exchange.early is not None:
            return
        size, limits = len(data), server.limits
        exchange.chunks.append(data)
        exchange.size += size
        server.buffered += size
        self.deadline += size / limits.min_rate
        if exchange.size > limits.max_body:
            self.early_end("too_large", 413, "The request body is too large.")
        elif server.buffered > limits.max_buffered:
            self.early_end("busy", 503, "Too many requests are being read.")

    def on_message_complete(self) -> None:
        """The body is complete."""
        exchange, self._coming = self._coming, None
        if self.over or exchange is None:
            return
        chunks, exchange.chunks = exchange.chunks, []
        exchange.request.body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        self.deadline = math.inf
        self.over = not exchange.persistent
        self._open.append(exchange)
        if exchange.early is not None:
            exchange.answer(exchange.early)
        elif len(self._open) > _PIPELINED:
            self.over = True
            exchange.persistent = False
            exchange.answer(self._refusal("busy", 503, "Too many requests wait for answers."))
        else:
            self._server.received(exchange)

    # --- what goes ---

    def answered(self) -> None:
        """Rule 3: write what can be written."""
        waiting = self._open
        while waiting and (response := waiting[0].response) is not None:
            exchange = waiting.popleft()
            self._server.buffered -= exchange.size
            if self.lost:
                continue
            if response is RESET:
                self._abort()
                return
            exchange.persistent = exchange.persistent and not self._server.quiescing
            self._write(response, exchange)
            if not exchange.persistent:
                self._finish()
                return
        if not waiting and self._coming is None and not self._in_head:
            self._within(self._server.limits.idle_timeout)

    def _write(self, response: WebResponse, exchange: Exchange) -> None:
        head, close = exchange.request.method == "HEAD", not exchange.persistent
        self._line.write(rendered(response.to(exchange.request), close=close, head=head))

    def _refusal(self, reason: str, status: int, text: str) -> WebResponse:
        self._server.refused(reason)
        return self._server.refuse(status, text)

    def early_end(self, reason: str, status: int, text: str) -> None:
        """Refuse before the request was complete, unless that has been done."""
        if not self.over:
            self._end(self._refusal(reason, status, text))

    def turn_away(self, response: WebResponse) -> None:
        """Answer before anything has come, and end."""
        self._end(response)

    def _end(self, response: WebResponse) -> None:
        """Rule 2, behind the answers that others still wait for."""
        self.over = True
        exchange, self._coming = self._coming, None
        self._in_head = False
        if exchange is None:
            exchange = Exchange(self.answered, _UNREAD, persistent=False)
        exchange.persistent = False
        exchange.chunks = []
        self._open.append(exchange)
        self.deadline = math.inf
        exchange.answer(response)

    def _finish(self) -> None:
        self._release()
        self.over = True
        self._within(STALLED)
        self._line.end()

    def _abort(self) -> None:
        self._release()
        self.over = True
        self._line.abort()

    def _release(self) -> None:
        """Nobody waits for what is under way any more."""
        self._server.buffered -= sum(exchange.size for exchange in self._open)
        self._open.clear()
        if self._coming is not None:
            self._server.buffered -= self._coming.size
            self._coming = None

    # --- its end ---

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._open and self._coming is None and not self._in_head

    def expire(self) -> None:
        """Rule 4: the deadline has come."""
        if self.over:
            self._abort()
        elif self.idle:
            self._finish()
        else:
            self.early_end("slow", 408, "The request took too long.")

    def part(self) -> None:
        """See `WebSession`."""
        if self.idle:
            now, patience = self._server.reactor.seconds(), self._server.limits.parting_timeout
            self.deadline = min(self.deadline, now + patience)

    def quiesce(self) -> None:
        """Close when nothing is under way, else after the answer."""
        if self.over:
            return
        if self.idle:
            self._finish()
        elif self._coming is None and not self._in_head:
            self.over = True

    def closed(self) -> None:
        """The connection is gone."""
        self.lost = self.over = True
        self._release()


#: In place of a request that cannot be read.
_UNREAD = WebRequest("", "", "", {}, "", 0)
