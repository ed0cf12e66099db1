"""The connections of an HTTP receiver: whom it lets in, and when they have lasted too long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..context import Context
from .conversation import Peer
from .networks import Networks
from .opening import sockets_of
from .sources import Sources
from .tokens import Tokens
from .web_exchange import Dialect, Exchange, WebSession
from .web_messages import WebLimits, WebRequest, WebResponse, later
from .web_options import HttpServerOptions

#: Seconds between looks at the deadlines.
_SWEEP = 1.0


class Door:
    """A session's `Server`. What is complete is gathered in `complete`."""

    def __init__(
        self,
        context: Context,
        options: HttpServerOptions,
        tokens: Tokens,
        admit: Callable[[WebRequest], WebResponse | None],
        refuse: Callable[[int, str], WebResponse],
        dialect: Dialect,
    ) -> None:
        self.reactor = context.reactor
        self.limits = WebLimits(
            max_body=options.max_request_body_size,
            header_timeout=options.read_header_timeout,
            body_timeout=options.read_timeout,
            idle_timeout=options.idle_timeout,
            max_buffered=min(WebLimits.max_buffered, sockets_of(context).room.memory),
        )
        self.buffered = 0
        self.quiescing = False
        #: Whether the queues are full.
        self.full = False
        self.refuse = refuse
        self.complete: list[Exchange] = []
        self.session = dialect.session
        self._context, self._tokens, self._admit = context, tokens, admit
        self._sources = Sources(options.max_connections_per_source)
        self._allowed = Networks(options.allowed_sources)
        self._visits: set[Visit] = set()
        self._timer: Any = None

    def visit(self) -> Visit:
        """For a new connection."""
        return Visit(self)

    def refused(self, reason: str) -> None:
        """See `web_session.Server`."""
        self._context.count("requests_refused", reason=reason)

    def received(self, exchange: Exchange) -> None:
        """See `web_session.Server`."""
        self.complete.append(exchange)

    def admit(self, request: WebRequest) -> WebResponse | None:
        """See `web_session.Server`. An answer that says nothing to whom may not send."""
        if self._allowed and request.peer not in self._allowed:
            return self._refusal("source", 403, "Your address may not send here.")
        if not self._tokens.admits(request):
            challenge = {"WWW-Authenticate": 'Bearer realm="collector"'}
            return self._refusal("token", 401, "A valid token is needed.").having(challenge)
        if self.full:
            return later(self._refusal("full", 503, "The queue is full."))
        return self._admit(request)

    def _refusal(self, reason: str, status: int, text: str) -> WebResponse:
        self.refused(reason)
        return self.refuse(status, text)

    def joined(self, visit: Visit, ip: str) -> None:
        """A connection was made."""
        self._visits.add(visit)
        has_room = self._sources.has_room(ip)
        self._sources.came(ip)
        if self._timer is None:
            self._timer = self.reactor.callLater(_SWEEP, self._sweep)
        if not has_room:
            text = "Your address has too many connections."
            visit.session.turn_away(later(self._refusal("connections", 429, text)))

    def left(self, visit: Visit, ip: str) -> None:
        """It is gone. The last one takes the timer along."""
        self._visits.discard(visit)
        self._sources.left(ip)
        if not self._visits:
            self._timer.cancel()
            self._timer = None

    def _sweep(self) -> None:
        self._timer = self.reactor.callLater(_SWEEP, self._sweep)
        now = self.reactor.seconds()
        for visit in list(self._visits):
            if visit.session.deadline <= now:
                visit.session.expire()

    def close(self) -> None:
        """End the connections that have nothing under way."""
        for visit in list(self._visits):
            visit.session.quiesce()


class Visit:
    """A `Conversation`, and its session's `Line`."""

    session: WebSession

    def __init__(self, door: Door) -> None:
        self._door = door
        self._peer: Peer | None = None

    def begin(self, peer: Peer) -> None:
        """See `Conversation`."""
        self._peer = peer
        port = peer.resource.attributes.get("net.peer.port", 0)
        self.session = self._door.session(self._door, self, (peer.ip, port), peer.resource)
        self._door.joined(self, peer.ip)

    def feed(self, data: bytes) -> list[bytes]:
        """See `Framing`: the bodies of the requests that are complete."""
        complete = self._door.complete
        before = len(complete)
        self.session.feed(data)
        return [exchange.request.body for exchange in complete[before:]]

    def part(self) -> None:
        """See `Parting`."""
        self.session.part()

    def finish(self) -> list[bytes]:
        """See `Framing`. Half a request has no answer, so its sender sends it again."""
        return []

    def closed(self) -> None:
        """See `Conversation`; also when a TLS handshake failed before `begin`."""
        if self._peer is not None:
            self.session.closed()
            self._door.left(self, self._peer.ip)

    def write(self, data: bytes) -> None:
        """See `Line`."""
        if self._peer is not None:
            self._peer.write(data)

    def end(self) -> None:
        """See `Line`."""
        if self._peer is not None:
            self._peer.end()

    #: A stream's peer has no other end.
    abort = end
