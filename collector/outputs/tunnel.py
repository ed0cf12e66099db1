"""A tunnel through an HTTP proxy: `CONNECT host:port`, and what answers 2xx is the way there.

RFC 9110 section 9.3.6. TLS with the destination runs end to end inside, so the proxy sees a
host name and a port, and nothing else.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from twisted.internet import error
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProtocolFactory, IStreamClientEndpoint
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from ..fields import shown_endpoint
from .proxy import Proxy

#: Bytes of a proxy's answer; squid's error pages come after its head.
MAX_HEAD = 16 << 10
_HTTP = b"HTTP/1."
_STATUS = re.compile(rb"HTTP/1\.\d (\d{3})(?: |\r|$)")
_STRANGER = ": it wants a user and a password, as in http://user:password@host:port"
_LASTING = frozenset({401, 403, 407})
_AWAY = ": it cannot reach the server"
_ADVICE = {
    401: _STRANGER,  # tinyproxy, where it knows no such password
    403: ": it does not allow this server and port",
    407: _STRANGER,
    502: _AWAY,
    503: _AWAY,
    504: _AWAY,
}


class TunnelRefused(Exception):
    """The proxy was reached and opened no tunnel; the text begins with a verb.

    `lasting`: it will not, until somebody changes something.
    """

    def __init__(self, text: str, *, lasting: bool = False) -> None:
        super().__init__(text)
        self.lasting = lasting


class ProxyFailed(Exception):
    """`cause` kept the connection from getting past `proxy`."""

    def __init__(self, proxy: Proxy, cause: BaseException) -> None:
        super().__init__(str(proxy))
        self.proxy = proxy
        self.cause = cause


@implementer(IStreamClientEndpoint)
class Tunnel:
    """Connects to a host through a proxy that `endpoint` connects to."""

    def __init__(self, proxy: Proxy, endpoint: Any, host: str, port: int) -> None:
        self._proxy = proxy
        self._endpoint = endpoint
        self._to = shown_endpoint(host, port)

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[Any]:  # noqa: N803
        """Fires with a protocol of the factory's. Fails with ProxyFailed."""
        asking: Deferred[Any] = self._endpoint.connect(
            _Asking(self._request(), self._to, protocolFactory)
        )
        asking.addCallback(lambda opening: opening.opened)
        return asking.addErrback(self._failed)

    def _request(self) -> bytes:
        to = self._to.encode("ascii")
        lines = [b"CONNECT %s HTTP/1.1" % to, b"Host: %s" % to]
        if authorization := self._proxy.authorization():
            lines.append(b"Proxy-Authorization: " + authorization)
        return b"\r\n".join([*lines, b"", b""])

    def _failed(self, failure: Failure) -> None:
        raise ProxyFailed(self._proxy, failure.value or error.ConnectionLost()) from None


class _Asking(Factory):
    noisy = False

    def __init__(self, request: bytes, to: str, factory: IProtocolFactory) -> None:
        self._request = request
        self._to = to
        self._wrapped = factory

    def buildProtocol(self, addr: Any) -> _Opening:
        return _Opening(self._request, self._to, partial(self._wrapped.buildProtocol, addr))


class _Opening(Protocol):
    """Asks the proxy, then hands everything on to the protocol that is made with `build`."""

    def __init__(self, request: bytes, to: str, build: Any) -> None:
        self._request = request
        self._to = to
        self._build = build
        self._got = b""
        self._inner: Any = None
        #: Fires with that protocol.
        self.opened: Deferred[Any] = Deferred(lambda _: self._abort())

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.transport.write(self._request)

    def dataReceived(self, data: bytes) -> None:
        if self._inner is not None:
            self._inner.dataReceived(data)
        elif not self.opened.called:
            self._got += data
            self._answered(*self._got.partition(b"\r\n\r\n"))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._inner is not None:
            self._inner.connectionLost(reason)
        elif not self.opened.called:
            closed = isinstance(reason.value, (error.ConnectionDone, error.ConnectionLost))
            refused = TunnelRefused(f"closed the connection when asked for {self._to}")
            self.opened.errback(refused if closed else reason)

    def _answered(self, head: bytes, end: bytes, tail: bytes) -> None:
        if not _HTTP.startswith(head[: len(_HTTP)]) or len(head) > MAX_HEAD:
            self._refuse("answers something that is not HTTP")
        elif end:
            self._judge(head, tail)

    def _judge(self, head: bytes, tail: bytes) -> None:
        found = _STATUS.match(head)
        status = int(found[1]) if found else 0
        if 200 <= status < 300:
            self._open(tail)
        elif found:
            said = f"answered {status} when asked for {self._to}{_ADVICE.get(status, '')}"
            self._refuse(said, lasting=status in _LASTING)
        else:
            self._refuse("answers something that is not HTTP")

    def _open(self, tail: bytes) -> None:
        self._got = b""
        self._inner = self._build()
        self._inner.makeConnection(self.transport)
        self.opened.callback(self._inner)
        if tail:
            self._inner.dataReceived(tail)

    def _refuse(self, text: str, *, lasting: bool = False) -> None:
        self.opened.errback(TunnelRefused(text, lasting=lasting))
        self._abort()

    def _abort(self) -> None:
        transport: Any = self.transport
        transport.abortConnection()
