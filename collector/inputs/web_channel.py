"""A Twisted connection under an HTTP session, for the servers that use the reactor's transports."""

from __future__ import annotations

import math
from typing import Any, Protocol

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IPushProducer
from twisted.internet.protocol import Protocol as Connection
from twisted.python.failure import Failure
from zope.interface import implementer

from .web_exchange import Server
from .web_session import STALLED, Session


class Host(Server, Protocol):
    """The server, which keeps its channels."""

    def joined(self, channel: Channel) -> None: ...
    def left(self, channel: Channel) -> None: ...


@implementer(IPushProducer)
class Channel(Connection):
    """A session's `Line`."""

    transport: Any

    def __init__(self, server: Host, address: IAddress) -> None:
        peer = ("", 0)
        if isinstance(address, IPv4Address | IPv6Address):
            peer = (address.host, address.port)
        self._server = server
        self.session = Session(server, self, peer)
        self._stalled = math.inf
        self._ended = False

    @property
    def deadline(self) -> float:
        """When it has lasted too long."""
        return min(self.session.deadline, self._stalled)

    def connectionMade(self) -> None:
        self.transport.registerProducer(self, True)
        if hasattr(self.transport, "setTcpNoDelay"):
            self.transport.setTcpNoDelay(True)
        self._server.joined(self)

    def dataReceived(self, data: bytes) -> None:
        self.session.feed(data)

    def connectionLost(self, reason: Failure | None = None) -> None:
        self.session.closed()
        self._server.left(self)

    def write(self, data: bytes) -> None:
        """See `Line`."""
        self.transport.write(data)

    def end(self) -> None:
        """See `Line`. TLS cannot close one direction."""
        self._ended = True
        self._stalled = self._server.reactor.seconds() + self._server.limits.linger
        self.transport.unregisterProducer()
        if hasattr(self.transport, "loseWriteConnection") and not _is_tls(self.transport):
            self.transport.loseWriteConnection()
        else:
            self.transport.loseConnection()

    def abort(self) -> None:
        """See `Line`."""
        self._ended = True
        self.transport.abortConnection()

    def expire(self) -> None:
        """It has lasted too long."""
        if self._ended or self._stalled < math.inf:
            self.abort()
        else:
            self.session.expire()

    # --- as a producer: whether the client reads its answers ---

    def pauseProducing(self) -> None:
        """Twisted: the client does not."""
        self._stalled = self._server.reactor.seconds() + STALLED
        self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """Twisted: it does."""
        self._stalled = math.inf
        self.transport.resumeProducing()

    def stopProducing(self) -> None:
        """Twisted: it is gone."""


def _is_tls(transport: Any) -> bool:
    return hasattr(transport, "getPeerCertificate")
