"""A small real CONNECT proxy, which leads every tunnel to one port of this machine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from tests.collector.outputs.http_case import reactor

OPENED = b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n"


class _Far(Protocol):
    """The way to the server."""

    def __init__(self, near: Any) -> None:
        self._near = near

    def dataReceived(self, data: bytes) -> None:
        self._near.transport.write(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._near.transport.loseConnection()


class _Near(Protocol):
    """A client's connection."""

    factory: ConnectProxy

    def connectionMade(self) -> None:
        self.factory.open.append(self)
        self.head = b""
        self.far: Any = None

    def dataReceived(self, data: bytes) -> None:
        if self.far is not None:
            self.factory.tunnelled += data
            self.far.transport.write(data)
            return
        self.head += data
        if self.head.endswith(b"\r\n\r\n"):
            self.factory.heads.append(self.head)
            self.factory.answer(self)

    def tunnel(self, answer: bytes = OPENED) -> None:
        def opened(far: Any) -> None:
            self.far = far
            self.transport.write(answer)  # type: ignore[union-attr]

        to = TCP4ClientEndpoint(reactor, "127.0.0.1", self.factory.port)
        to.connect(Factory.forProtocol(partial(_Far, self))).addCallback(opened)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.factory.open.remove(self)
        if self.far is not None:
            self.far.transport.abortConnection()


class ConnectProxy(Factory):
    """`heads`: what it was asked; `tunnelled`: what clients then sent; `answer`: what it does."""

    noisy = False
    protocol = _Near  # type: ignore[assignment]

    def __init__(self, port: int) -> None:
        self.port = port
        self.heads: list[bytes] = []
        self.tunnelled = b""
        self.open: list[Any] = []
        self.answer: Callable[[Any], None] = lambda near: near.tunnel()

    def says(self, text: bytes, *, close: bool = False) -> None:
        def answer(near: Any) -> None:
            near.transport.write(text)
            if close:
                near.transport.loseConnection()

        self.answer = answer
