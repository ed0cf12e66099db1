"""A small HTTP/1.1 server: bodies in memory, and a limit on everything.

It serves the admin endpoint, the control socket and the sandbox, over the reactor's transports.
What goes over a connection is in `web_session`, what is asked and answered in `web_messages`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.defer import Deferred, DeferredList, maybeDeferred, succeed
from twisted.internet.interfaces import IAddress, IListeningPort
from twisted.internet.protocol import ServerFactory
from twisted.logger import Logger
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure

from ..endpoints import shown_endpoint
from ..tasks import spawn
from .sockets import stream_socket
from .web_channel import Channel
from .web_exchange import Exchange
from .web_messages import RESET, WebLimits, WebRequest, WebResponse, plain

__all__ = ["RESET", "Answer", "WebLimits", "WebRequest", "WebResponse", "WebServer", "plain"]

#: What a server's `handle` may return.
Answer = WebResponse | Deferred[WebResponse] | Coroutine[Any, Any, WebResponse]


class WebServer:
    """Listens, and calls `handle` with each request; an exception in it is a 500.

    `admit` sees a request before its body is read, and may answer it. `refuse` makes the
    answers to what never reaches `handle`. `refused` is told why, for a counter: one of
    `bad_request`, `too_large`, `slow`, `busy`, `connections`, `failed`. `tls` is a context
    factory.
    """

    log = Logger()

    def __init__(
        self,
        reactor: Any,
        handle: Callable[[WebRequest], Answer],
        limits: WebLimits | None = None,
        *,
        admit: Callable[[WebRequest], WebResponse | None] = lambda _: None,
        refuse: Callable[[int, str], WebResponse] = plain,
        refused: Callable[[str], None] = lambda _: None,
        tls: Any = None,
    ) -> None:
        self.reactor, self.limits = reactor, limits or WebLimits()
        self.handle, self.admit = handle, admit
        self.refuse, self.refused = refuse, refused
        self.channels: set[Channel] = set()
        #: Bytes of bodies in memory, of all connections.
        self.buffered = 0
        self.quiescing = False
        self._ports: list[IListeningPort] = []
        self._timer: Any = None
        self._empty: Deferred[None] | None = None
        plain_text = _Factory(self)
        self._factory = TLSMemoryBIOFactory(tls, False, plain_text) if tls else plain_text

    def listen(self, host: str, port: int) -> tuple[str, int]:
        """Listen there (port 0: any) and return the address. Raises ListenError."""
        with stream_socket(shown_endpoint(host, port)) as listener:
            return self.adopt(listener)

    def adopt(self, listener: socket.socket) -> tuple[str, int]:
        """Listen on a duplicate of a socket that listens already; the caller closes its own."""
        listener.setblocking(False)
        fd, family = listener.fileno(), listener.family
        return self._listening(self.reactor.adoptStreamPort(fd, family, self._factory))

    def _listening(self, port: IListeningPort) -> tuple[str, int]:
        self._ports.append(port)
        address = port.getHost()
        return getattr(address, "host", ""), getattr(address, "port", 0)

    def quiesce(self) -> Deferred[None]:
        """Accept no more and close what is idle; answers under way are still written."""
        self.quiescing = True
        ports, self._ports = self._ports, []
        for channel in list(self.channels):
            channel.session.quiesce()
        closed = DeferredList([maybeDeferred(port.stopListening) for port in ports])
        return closed.addCallback(lambda _: None)

    def stop(self) -> Deferred[None]:
        """Cut off what is left. Fires when every connection is gone."""
        stopped = self.quiesce()
        for channel in list(self.channels):
            channel.abort()
        return stopped.addCallback(lambda _: self._gone())

    def _gone(self) -> Deferred[None]:
        if not self.channels:
            return succeed(None)
        self._empty = Deferred()
        return self._empty

    def received(self, exchange: Exchange) -> None:
        """See `web_session.Server`."""
        try:
            answer = self.handle(exchange.request)
        except Exception:  # noqa: BLE001 an author's bug must not end the connection
            exchange.answer(self._failed(Failure()))  # type: ignore[no-untyped-call]
            return
        if isinstance(answer, WebResponse):
            exchange.answer(answer)
            return
        later = answer if isinstance(answer, Deferred) else spawn(answer)
        _ = later.addErrback(self._failed).addCallback(exchange.answer)

    def _failed(self, failure: Failure) -> WebResponse:
        self.log.failure("a request could not be answered", failure)
        self.refused("failed")
        return self.refuse(500, "An unexpected error.")

    def joined(self, channel: Channel) -> None:
        """A connection was made."""
        self.channels.add(channel)
        if self._timer is None:
            self._timer = self.reactor.callLater(1.0, self._sweep)

    def left(self, channel: Channel) -> None:
        """A connection is gone. The last one takes the timer along."""
        self.channels.discard(channel)
        if self.channels:
            return
        timer, self._timer = self._timer, None
        timer.cancel()
        empty, self._empty = self._empty, None
        if empty is not None:
            empty.callback(None)

    def _sweep(self) -> None:
        self._timer = self.reactor.callLater(1.0, self._sweep)
        now = self.reactor.seconds()
        for channel in list(self.channels):
            if channel.deadline <= now:
                channel.expire()


class _Factory(ServerFactory):
    noisy = False

    def __init__(self, server: WebServer) -> None:
        self.server = server

    def buildProtocol(self, addr: IAddress | None) -> Channel | None:
        server = self.server
        if server.quiescing or addr is None:
            return None
        if len(server.channels) >= server.limits.max_connections:
            server.refused("connections")
            return None
        return Channel(server, addr)
