"""Where an exporter sends to in its contract: it takes, fails, refuses, breaks off or is silent."""

from __future__ import annotations

import enum
import gzip
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from twisted.web.http import HTTPChannel
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

from ..tasks import wait


class Mood(enum.Enum):
    """What a destination does with what it is sent."""

    TAKES = "takes everything"
    FAILS = "fails for now"
    REFUSES = "refuses for good"
    BREAKS = "is gone in the middle of its answer"
    SILENT = "does not answer"


class Destination(ABC):
    """Made for each test of a contract; `address` stands for `{destination}` in `config`."""

    #: The moods that it can have.
    moods: ClassVar[frozenset[Mood]] = frozenset(Mood)

    def __init__(self) -> None:
        self.mood = Mood.TAKES

    @property
    @abstractmethod
    def address(self) -> str:
        """As it stands in a configuration; before it has started nobody is there."""

    @property
    @abstractmethod
    def received(self) -> bytes:
        """All that it was sent, whether it took it or not."""

    async def become(self, mood: Mood) -> None:
        """Do so from now on. It begins with TAKES."""
        self.mood = mood

    @abstractmethod
    async def start(self, reactor: Any) -> None:
        """Be there, on loopback."""

    @abstractmethod
    async def stop(self) -> None:
        """Be gone, with everything that was open."""


class HttpDestination(Destination):
    """A server; a subclass may have other statuses."""

    statuses: ClassVar = {Mood.TAKES: 204, Mood.FAILS: 503, Mood.REFUSES: 400}

    def __init__(self) -> None:
        super().__init__()
        self._port: Any = None
        self._received: list[bytes] = []
        self._site = _Site(_Anywhere(self))

    @property
    def address(self) -> str:
        """See `Destination`: a URL without a path."""
        return f"http://127.0.0.1:{self._port.getHost().port if self._port else 1}"

    @property
    def received(self) -> bytes:
        """See `Destination`: the bodies, uncompressed."""
        return b"".join(self._received)

    async def start(self, reactor: Any) -> None:
        """See `Destination`."""
        self._port = reactor.listenTCP(0, self._site, interface="127.0.0.1")

    async def stop(self) -> None:
        """See `Destination`."""
        port, self._port = self._port, None
        stopped = port.stopListening()
        for channel in list(self._site.channels):
            if channel.transport is not None:
                channel.transport.abortConnection()
        if stopped is not None:
            await wait(stopped)

    def answer(self, request: Any) -> int:
        """What a request gets."""
        body = request.content.read() if request.content else b""
        if request.getHeader("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self._received.append(body)
        if self.mood is Mood.BREAKS:
            request.channel.transport.write(b"HTTP/1.1 20")
            request.channel.loseConnection()
        elif self.mood is not Mood.SILENT:
            request.setResponseCode(self.statuses[self.mood])
            request.finish()
        return NOT_DONE_YET


class _Anywhere(Resource):
    """Every path."""

    isLeaf = True

    def __init__(self, destination: HttpDestination) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._destination = destination

    def render(self, request: Any) -> int:
        return self._destination.answer(request)


class _Site(Site):
    """Knows its connections."""

    protocol: Any = HTTPChannel  # without the one around it, which chooses between HTTP/1.1 and 2

    def __init__(self, resource: Resource) -> None:
        super().__init__(resource, timeout=None)  # type: ignore[no-untyped-call]
        self.channels: list[Any] = []

    def buildProtocol(self, addr: Any) -> Any:
        """See `IProtocolFactory`."""
        channel = super().buildProtocol(addr)  # type: ignore[no-untyped-call]
        self.channels.append(channel)
        return channel
