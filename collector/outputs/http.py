"""An HTTP client: a request out, an answer in, over connections that are kept.

`twisted.web.client.Agent` does the protocol. Around it: certificates are always verified,
redirects and cookies do not exist, everything has a deadline, and a failure says whether
the request can have reached the server.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.interfaces import IConsumer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import Agent, ResponseDone
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import IBodyProducer
from zope.interface import implementer

from ..tasks import wait
from .certificates import Certificates
from .destinations import Destinations
from .http_failures import Ambiguous, NotSent, broken, cause_of, not_sent
from .http_pool import Connection, Pool
from .proxy import Proxies, ProxyOption
from .trust import TlsClientOptions, Trust

__all__ = ["Ambiguous", "HttpAnswer", "HttpClient", "NotSent"]

#: Bytes of an answer that are kept; what comes after is read and thrown away ...
MAX_BODY = 64 << 10
#: ... up to here, where the connection is given up instead.
MAX_READ = 1 << 20
#: Bytes of what is asked for with `get`, unless it is said.
MAX_ASKED = 16 << 20


@dataclass(frozen=True)
class HttpAnswer:
    """What a server said."""

    status: int
    #: Names in lower case; repeated ones are joined by a comma.
    headers: dict[str, str]
    #: At most `MAX_BODY` bytes, less when the connection broke.
    body: bytes
    #: Whether that is all of it.
    is_whole: bool = True


class HttpClient:
    """Posts and gets.

    `connections`: how many are kept open to a host, as many as requests at a time. They
    are closed after 55 s without use, before servers and firewalls with their usual
    60 s do so while a request is on its way. `proxy` may be the URL of one, `none`, or
    `environment`. `certificates` is told when those of the servers expire.

    Making one reads the files that `tls` names. Raises ValueError that says what is wrong.
    After `async with` it is closed.
    """

    def __init__(
        self,
        reactor: Any,
        *,
        connections: int = 4,
        connect_timeout: float = 5.0,
        timeout: float = 60.0,
        tls: TlsClientOptions | None = None,
        proxy: ProxyOption = "environment",
        certificates: Certificates | None = None,
    ) -> None:
        self._reactor = reactor
        self._timeout = timeout
        self._pool = Pool(reactor, connections)
        self._proxies = Proxies(proxy)
        self._certificates = certificates
        trust = Trust(tls or TlsClientOptions())
        to = Destinations(reactor, connect_timeout, trust, self._proxies, certificates)
        self._agent: Agent = Agent.usingEndpointFactory(  # type: ignore[no-untyped-call]
            reactor, to, self._pool
        )
        self._under_way: set[Deferred[Any]] = set()

    def route(self, url: str) -> str:
        """How a URL is reached, for a log line: `directly`, or `through the proxy ...`.

        Raises ValueError when what the environment names as a proxy is none.
        """
        proxy = self._proxies.to(url)
        return f"through the proxy {proxy}" if proxy else "directly"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def post(self, url: str, headers: Iterable[tuple[str, str]], body: bytes) -> HttpAnswer:
        """Send and wait for the answer, whatever its status. Raises NotSent or Ambiguous.

        Cancelling the Task aborts the request and its connection.
        """
        asked = self._asked(b"POST", url, headers, _Whole(body), (MAX_BODY, MAX_READ))
        del body  # what is raised here keeps this frame until cycles are collected: minutes
        return await wait(asked)

    async def get(
        self, url: str, headers: Iterable[tuple[str, str]] = (), *, limit: int = MAX_ASKED
    ) -> HttpAnswer:
        """Ask and wait for the whole answer, whatever its status. Raises NotSent or Ambiguous.

        Ambiguous too when the body breaks off, or has more than `limit` bytes.
        """
        answer = await wait(self._asked(b"GET", url, headers, None, (limit, limit)))
        if not answer.is_whole:
            where = _where(url)
            raise Ambiguous(f"the answer of {where} broke off, or has more than {limit:,} bytes")
        return answer

    def _asked(
        self,
        method: bytes,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: _Whole | None,
        limits: tuple[int, int],
    ) -> Deferred[HttpAnswer]:
        """`limits`: bytes of the answer that are kept, and that are read."""
        raw = Headers()
        for name, value in headers:
            raw.addRawHeader(name, value)
        exchange = _Exchange(url, self._timeout, limits)
        # The pool tells it which connection it is on, within the next call.
        self._pool.asking = exchange.connected
        # `maybe`: an endpoint that cannot be made raises.
        asked = maybeDeferred(self._agent.request, method, url.encode("ascii"), raw, body)
        answered = asked.addCallback(exchange.answered)
        answered.addTimeout(self._timeout, self._reactor, exchange.expired)
        answered.addErrback(exchange.failed)
        self._under_way.add(answered)
        if self._certificates is not None:
            self._certificates.warn()
        return answered.addBoth(self._ended, answered)

    def _ended(self, result: Any, ended: Deferred[Any]) -> Any:
        self._under_way.discard(ended)
        return result

    async def close(self) -> None:
        """End what is under way and close all connections; nothing is left in the reactor."""
        for request in list(self._under_way):
            request.cancel()
        await wait(self._pool.close())


@implementer(IBodyProducer)
class _Whole:
    """A body in one write; the transport does the rest."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.length = len(body)

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        consumer.write(self._body)
        return succeed(None)

    def pauseProducing(self) -> None:
        pass

    def resumeProducing(self) -> None:
        pass

    def stopProducing(self) -> None:
        pass


class _Exchange:
    """One request: how far it got, and what that means when it fails."""

    def __init__(self, url: str, timeout: float, limits: tuple[int, int]) -> None:
        self._where = _where(url)
        self._limits = limits
        self._timeout = timeout
        self._late = False
        self._connection: Connection | None = None
        self._reading: _Reading | None = None
        self._status: tuple[int, dict[str, str]] | None = None

    def connected(self, connection: Connection) -> Connection:
        self._connection = connection
        connection.asked()
        return connection

    def answered(self, response: Any) -> Deferred[HttpAnswer]:
        assert self._connection is not None
        self._connection.answered()
        status, headers = self._status = response.code, _lowered(response.headers)
        self._reading = reading = _Reading(self._connection, *self._limits)
        response.deliverBody(reading)
        return reading.done.addCallback(
            lambda body: HttpAnswer(status, headers, body, reading.is_whole)
        )

    def expired(self, result: Any, _seconds: float) -> Any:
        self._late = True
        return result

    def failed(self, failure: Failure) -> HttpAnswer:
        """An answer whose body did not end is an answer; all else is one of two exceptions."""
        if self._status is not None and self._reading is not None and self._late:
            return HttpAnswer(*self._status, self._reading.body(), is_whole=False)
        cause = cause_of(failure)
        if self._connection is None:
            raise not_sent(cause, self._where, late=self._late) from None
        if self._late:
            raise Ambiguous(f"{self._where} did not answer within {self._timeout:g} s") from None
        if self._connection.flooded:
            raise Ambiguous(f"the headers of {self._where} do not end") from None
        raise Ambiguous(broken(cause, self._where)) from None


class _Reading(Protocol):
    """Collects the body of an answer."""

    def __init__(self, connection: Connection, kept: int, most: int) -> None:
        self._connection = connection
        self._kept = kept
        self._most = most
        self._parts: list[bytes] = []
        self._size = 0
        self.is_whole = False
        self.done: Deferred[bytes] = Deferred(self._abort)

    def body(self) -> bytes:
        return b"".join(self._parts)[: self._kept]

    def dataReceived(self, data: bytes) -> None:
        if self._size < self._kept:
            self._parts.append(data)
        self._size += len(data)
        if self._size > self._most:
            self._connection.abort_now()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The end, whether regular or not: the status counts, and a body may be cut short."""
        regular = reason.check(ResponseDone, PotentialDataLoss) is not None  # type: ignore[no-untyped-call]
        self.is_whole = regular and self._size <= self._kept
        if not self.done.called:
            self.done.callback(self.body())

    def _abort(self, _: Deferred[bytes]) -> None:
        self._connection.abort_now()


def _where(url: str) -> str:
    """Host and port, without a user and a password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _lowered(headers: Headers) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in headers.getAllRawHeaders()
    }
