"""Connections of the HTTP client: kept for the next request, and all closed at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IAddress, IHandshakeListener, IStreamClientEndpoint
from twisted.internet.protocol import Factory, connectionDone
from twisted.python.failure import Failure
from twisted.web._newclient import HTTP11ClientProtocol
from twisted.web.client import HTTPConnectionPool
from zope.interface import implementer

#: Servers and firewalls close idle connections after 60 s, often: be the first.
IDLE = 55
#: Bytes of an answer before its body; more is no answer. Twisted would keep them all.
MAX_HEAD = 64 << 10


@implementer(IHandshakeListener)
class Connection(HTTP11ClientProtocol):
    """One connection; `live` is the set of those that are open."""

    def __init__(self, quiescent: Callable[[Any], None], live: set[Connection]) -> None:
        super().__init__(quiescent)  # type: ignore[no-untyped-call]
        self._live = live
        self._head: int | None = None  # bytes so far of an answer that is awaited
        #: The answer was given up for its endless headers.
        self.flooded = False
        #: Fires when TLS is agreed, fails when it is not. Never fires without TLS.
        self.secured: Deferred[Connection] = Deferred(lambda _: self.abort_now())
        #: Fires when the connection is closed.
        self.gone: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        self._live.add(self)
        super().connectionMade()

    def handshakeCompleted(self) -> None:  # noqa: N802
        transport: Any = self.transport
        # Twisted 25.5 checks the name at this moment, and says no by having aborted already.
        if not self.secured.called and not transport.disconnecting:
            self.secured.callback(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._live.discard(self)
        super().connectionLost(reason)  # type: ignore[no-untyped-call]
        if not self.secured.called:
            self.secured.addErrback(lambda _: None)
            self.secured.errback(reason)
        self.gone.callback(None)

    def asked(self) -> None:
        """A request is about to be sent."""
        self._head = 0

    def answered(self) -> None:
        """The headers are there."""
        self._head = None

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        if self._head is not None:  # what came has not ended the headers
            self._head += len(data)
            if self._head > MAX_HEAD:
                self.flooded = True
                self.abort_now()

    def abort_now(self) -> None:
        """Close without waiting for what is unsent or for the peer."""
        transport: Any = self.transport
        if transport is not None:
            transport.abortConnection()


class _Factory(Factory):
    noisy = False

    def __init__(self, quiescent: Callable[[Any], None], live: set[Connection]) -> None:
        self._quiescent = quiescent
        self._live = live

    def buildProtocol(self, addr: IAddress | None) -> Connection:
        return Connection(self._quiescent, self._live)


class Pool(HTTPConnectionPool):
    """Twisted's, with our numbers, our connections, and an end that can be waited for."""

    def __init__(self, reactor: Any, connections: int) -> None:
        super().__init__(reactor)  # type: ignore[no-untyped-call]
        self.retryAutomatically = False
        self.cachedConnectionTimeout = IDLE
        self.maxPersistentPerHost = connections
        self.live: set[Connection] = set()
        self._factory = self._connections_of  # type: ignore[assignment]
        #: Called with the next connection that is handed out.
        self.asking: Callable[[Connection], Connection] = lambda connection: connection

    def _connections_of(self, quiescent: Callable[[Any], None], _: object) -> _Factory:
        return _Factory(quiescent, self.live)

    def getConnection(  # noqa: N802
        self, key: Any, endpoint: IStreamClientEndpoint
    ) -> Deferred[Any]:
        found: Deferred[Any] = super().getConnection(key, endpoint)
        return found.addCallback(self.asking)

    def close(self) -> Deferred[Any]:
        """Close everything. Fires when it is."""
        ends = [connection.gone for connection in self.live]
        self.closeCachedConnections()  # type: ignore[no-untyped-call]
        for connection in list(self.live):
            connection.abort_now()
        return gatherResults(ends)
