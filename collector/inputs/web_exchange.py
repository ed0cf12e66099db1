"""A request on its connection until it has its answer, and what a session deals with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from ..event import Resource
from .web_messages import WebLimits, WebRequest, WebResponse


class Server(Protocol):
    """What a session needs of the server it belongs to."""

    reactor: Any
    limits: WebLimits
    #: Bytes of bodies in memory, of all connections.
    buffered: int
    #: Whether connections end after what is under way.
    quiescing: bool

    def admit(self, request: WebRequest, /) -> WebResponse | None:
        """See a request before its body; may answer it."""
        ...

    def refuse(self, status: int, text: str, /) -> WebResponse:
        """The answer with a status and a sentence."""
        ...

    def refused(self, reason: str, /) -> None:
        """Why, for a counter."""
        ...

    def received(self, exchange: Exchange) -> None:
        """A request is complete: `exchange.answer` is to be called once, then or later."""
        ...


class Line(Protocol):
    """The connection, as its session sees it."""

    def write(self, data: bytes) -> None:
        """Send this."""
        ...

    def end(self) -> None:
        """Send what was written, and close soon; what still comes is thrown away."""
        ...

    def abort(self) -> None:
        """Reset the connection."""
        ...


class Exchange:
    """A request and its answer."""

    __slots__ = ("_answered", "chunks", "early", "persistent", "request", "response", "size")

    def __init__(
        self, answered: Callable[[], None], request: WebRequest, *, persistent: bool
    ) -> None:
        self._answered = answered
        self.request = request
        #: Whether the connection outlives it.
        self.persistent = persistent
        self.chunks: list[bytes] = []
        #: Bytes that the server counts as buffered for this request.
        self.size = 0
        #: An answer that waits only for the rest of the body.
        self.early: WebResponse | None = None
        self.response: WebResponse | None = None

    def answer(self, response: WebResponse) -> None:
        """Give the answer. Once; nothing happens when the client has gone."""
        self.response = response
        self._answered()


class WebSession(Protocol):
    """One connection: bytes in, requests to the server, answers to the line."""

    @property
    def deadline(self) -> float:
        """When `expire` is to be called, by the reactor's clock."""
        ...

    def feed(self, data: bytes) -> None:
        """Bytes from the client. Raises WrongProtocol, nothing else."""
        ...

    def turn_away(self, response: WebResponse) -> None:
        """Answer before anything has come, and end."""
        ...

    def expire(self) -> None:
        """The deadline has come."""
        ...

    def part(self) -> None:
        """The server is quiescing, with time: let it end with the next answer, or when idle."""
        ...

    def quiesce(self) -> None:
        """Close when nothing is under way, else after the answers."""
        ...

    def closed(self) -> None:
        """The connection is gone."""
        ...


class Dialect(NamedTuple):
    """What is spoken on the connections of a server."""

    #: For the log.
    name: str
    #: Makes the session of a connection: its client's address and port, and their resource.
    session: Callable[[Server, Line, tuple[str, int], Resource], WebSession]
    #: The names of the protocol under TLS, for clients that insist (RFC 7301).
    alpn: tuple[str, ...] = ()
