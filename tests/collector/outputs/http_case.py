"""What tests of the HTTP client have in common: a server that does as it is told, and a client."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.logger import eventAsText, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from collector.outputs.http import HttpClient
from collector.tasks import spawn, wait

reactor: Any = global_reactor
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


def as_task(
    test: Callable[[Any], Coroutine[Any, Any, None]],
) -> Callable[[Any], Deferred[None]]:
    """The test as an asyncio Task, for that is where the client is used."""

    @wraps(test)
    def run(case: Any) -> Deferred[None]:
        return within(test(case))

    return run


def within(coroutine: Coroutine[Any, Any, None]) -> Deferred[None]:
    """Start it as a Task as soon as the loop runs: trial may not have started it yet."""
    return deferLater(reactor, 0).addCallback(lambda _: spawn(coroutine))


def logged_in(case: Any) -> list[str]:
    """What is logged from now on, as it comes."""
    lines: list[str] = []
    observe: Any = lambda event: lines.append(eventAsText(event))  # noqa: E731
    globalLogPublisher.addObserver(observe)
    case.addCleanup(globalLogPublisher.removeObserver, observe)
    return lines


def pause(seconds: float) -> Any:
    return wait(deferLater(reactor, seconds))


class Server(Protocol):
    """Does what the factory's script says with the next whole request."""

    def connectionMade(self) -> None:
        self.factory: Any
        self.factory.open.append(self)
        self.got = b""
        if self.factory.on_connect is not None:
            self.factory.on_connect(self)

    def dataReceived(self, data: bytes) -> None:
        self.got += data
        self.factory.read += data
        head, end, body = self.got.partition(b"\r\n\r\n")
        length = next(
            (
                int(x.split(b":")[1])
                for x in head.split(b"\r\n")
                if x.lower().startswith(b"content-l")
            ),
            0,
        )
        if end and len(body) >= length:
            self.factory.requests.append((head, body))
            self.got = b""
            self.factory.answer(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.factory.open.remove(self)
        self.factory.closed += 1


class Servers(Factory):
    noisy = False
    protocol = Server

    def __init__(self) -> None:
        self.open: list[Any] = []
        self.paused: list[Any] = []
        self.closed = 0
        #: Every byte that any client sent, whatever became of it.
        self.read = b""
        self.requests: list[tuple[bytes, bytes]] = []
        self.on_connect: Callable[[Any], None] | None = None
        self.answer: Callable[[Any], None] = lambda s: s.transport.write(NO_CONTENT)

    def pause(self, server: Any) -> None:
        server.transport.pauseProducing()
        self.paused.append(server)

    def answers(self, text: bytes, *, close: bool = False) -> None:
        def answer(server: Any) -> None:
            server.transport.write(text)
            if close:
                server.transport.loseConnection()

        self.answer = answer


class Case(TestCase):
    timeout = 8

    def setUp(self) -> None:
        self.clients: list[HttpClient] = []
        self.addCleanup(lambda: within(self.ended()))
        self.server = Servers()
        self.port = reactor.listenTCP(0, self.server, interface="127.0.0.1")
        self.addCleanup(self.port.stopListening)
        self.url = f"http://127.0.0.1:{self.port.getHost().port}/in"

    def client(self, **options: Any) -> HttpClient:
        """One that is closed at the end. The proxies of whoever runs the tests are not its."""
        client = HttpClient(reactor, **({"proxy": "none"} | options))
        self.clients.append(client)
        return client

    async def ended(self) -> None:
        for client in self.clients:
            await client.close()
        for server in self.server.paused:
            server.transport.abortConnection()
        while self.server.open:
            await pause(0.01)

    async def fails(
        self, kind: type[Exception], client: HttpClient, url: str = "", body: bytes = b"x"
    ) -> Any:
        with self.assertRaises(kind) as caught:
            await client.post(url or self.url, (), body)
        return caught.exception
