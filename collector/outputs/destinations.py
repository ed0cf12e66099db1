"""Where the HTTP client connects to: a URL in, a connection out, with a deadline for all of it.

On the way lie a proxy, if there is one for this URL, and TLS. A connection is handed out only
after its TLS handshake, so whatever fails before that has sent nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IProtocolFactory, IStreamClientEndpoint
from twisted.web.client import URI
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer

from ..fields import shown_endpoint
from .certificates import Certificates
from .http_pool import Connection
from .proxy import Proxies, Proxy
from .trust import Trust
from .tunnel import Tunnel


@implementer(IStreamClientEndpoint)
class _Destination:
    """Connects, TLS included, within a time. `secured` is called after a handshake."""

    def __init__(
        self,
        reactor: Any,
        endpoint: Any,
        timeout: float,
        secured: Callable[[Connection], Connection] | None,
    ) -> None:
        self._reactor = reactor
        self._endpoint = endpoint
        self._timeout = timeout
        self._secured = secured

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[Any]:  # noqa: N803
        connecting: Deferred[Any] = self._endpoint.connect(protocolFactory)
        if self._secured is not None:
            connecting.addCallback(lambda connection: connection.secured)
            connecting.addCallback(self._secured)
        return connecting.addTimeout(self._timeout, self._reactor)


@implementer(IAgentEndpointFactory)
class Destinations:
    """Where an Agent connects to."""

    def __init__(
        self,
        reactor: Any,
        timeout: float,
        trust: Trust,
        proxies: Proxies,
        certificates: Certificates | None,
    ) -> None:
        self._reactor = reactor
        self._timeout = timeout
        self._trust = trust
        self._proxies = proxies
        self._certificates = certificates

    def endpointForURI(self, uri: URI) -> _Destination:  # noqa: N802
        """Twisted: for each request. Raises NotAProxy."""
        host, port = uri.host.decode("ascii"), uri.port
        scheme = uri.scheme.decode("ascii")
        proxy = self._proxies.to(f"{scheme}://{shown_endpoint(host, port)}")
        endpoint = self._tunnel(proxy, host, port) if proxy else self._tcp(host, port)
        if scheme != "https":
            return _Destination(self._reactor, endpoint, self._timeout, None)
        endpoint = wrapClientTLS(self._trust.destination(host), endpoint)
        secured = partial(self._secured, host, port)
        return _Destination(self._reactor, endpoint, self._timeout, secured)

    def _tcp(self, host: str, port: int) -> Any:
        return HostnameEndpoint(self._reactor, host, port, self._timeout)

    def _tunnel(self, proxy: Proxy, host: str, port: int) -> Tunnel:
        endpoint = self._tcp(proxy.host, proxy.port)
        if proxy.secure:
            endpoint = wrapClientTLS(self._trust.proxy(proxy.host), endpoint)
        return Tunnel(proxy, endpoint, host, port)

    def _secured(self, host: str, port: int, connection: Connection) -> Connection:
        if self._certificates is not None:
            transport: Any = connection.transport
            certificate = transport.getPeerCertificate().to_cryptography()
            self._certificates.seen(host, port, certificate.not_valid_after_utc.timestamp())
        return connection
