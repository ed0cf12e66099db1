"""Peers of a stream listener in, open connections out: how many, how slow, and their end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..context import Context
from .connection import Connection
from .conversation import Conversation, Parting
from .doors import Door
from .entrance import Entrance
from .framing import Framing
from .handover import peer_of, restored
from .opening import sockets_of
from .polling import Poll
from .rates import Throttle
from .refusals import Refusals
from .secured import Secured
from .sources import Sources, source
from .stream_options import StreamOptions
from .tls import Identity

#: Seconds that a peer has to read our last words and to close.
_LINGER = 2.0
#: Seconds for a TLS handshake.
_HANDSHAKE = 10.0


class Connections:
    """Those of one listener, by their descriptors; their `Keeper`."""

    def __init__(
        self,
        context: Context,
        options: StreamOptions,
        door: Door,
        poll: Poll,
        framing: Callable[[], Framing],
        refusals: Refusals,
    ) -> None:
        self._context = context
        self._room = room = sockets_of(context).room
        self._most = min(options.max_connections, room.most_of_one)
        room.joined(self, options.max_connections)
        self._door = door
        self._poll = poll
        self._framing = framing
        self._refusals = refusals
        self._open: dict[int, Connection] = {}
        self._closing: dict[Connection, Any] = {}  # timers
        self._is_local = door.transport == "unix"
        self._sources = Sources(0 if self._is_local else options.max_connections_per_source)
        #: Whether another process has our place: each is asked to end.
        self._leaves = False
        self._left = asyncio.Event()
        left = self._left.set
        self.entrance = Entrance(context, options, poll, refusals, self._opened, left, self._most)
        self.throttle = Throttle(context, options, refusals)
        #: Set before anybody comes: facts of all peers, and who we are to them under TLS.
        self.facts: Mapping[str, Any] = {}
        self.identity: Identity | None = None
        context.gauge(
            "connections",
            "Open connections.",
            lambda: len(self._open),
            endpoint=options.endpoint,
        )
        context.gauge(
            "old_connections",
            "Those of them that a reload has left with an old worker.",
            lambda: len(self._open) if self._leaves else 0,
            endpoint=options.endpoint,
        )

    def __len__(self) -> int:
        """Those too of which a proxy has not spoken yet."""
        return len(self._open) + len(self.entrance)

    def __iter__(self) -> Iterator[Connection]:
        """All of them; they may be closed meanwhile."""
        return iter(list(self._open.values()))

    def get(self, fd: int) -> Connection | None:
        """That of a descriptor."""
        return self._open.get(fd)

    def came(self, sock: socket.socket, address: Any) -> None:
        """A peer was accepted."""
        if self._room.is_full:
            self._refusals.count("max_open_files")
            sock.close()
        elif self._is_local:
            self._opened(sock, address, {})
        else:
            self.entrance.came(sock, address)

    def inherited(self, sock: socket.socket, state: bytes) -> None:
        """A worker before us had it, and gives it with the state of its framing."""
        self._opened(sock, peer_of(sock), {})
        connection = self._open.get(sock.fileno())
        if connection is not None and not restored(connection, state):
            self._refusals.count("another_framing")
            self.close(connection)

    def _opened(self, sock: socket.socket, address: Any, proxy: Mapping[str, Any]) -> None:
        try:
            connection = self._connection(sock, address, proxy)
        except OSError:  # it is gone already
            connection = None
        if connection is None:
            sock.close()
            return
        self._open[connection.fd] = connection
        self._sources.came(connection.ip)
        if self.identity is None:
            self.established(connection)
        else:
            self._later(_HANDSHAKE, self._too_slow, connection)

    def _connection(
        self, sock: socket.socket, address: Any, proxy: Mapping[str, Any]
    ) -> Connection | None:
        """None: it is refused, or has no framing. Raises OSError."""
        ip, facts = self._door.peer(sock, address)
        framing = self._new_framing() if self._has_room(ip) else None
        if framing is None:
            return None
        self._context.count("connections_opened")
        sock.setblocking(False)
        facts = {**facts, **proxy, **self.facts}
        if self.identity is None:
            return Connection(sock, self._poll, framing, ip, facts, self)
        return Secured(sock, self.identity, self._poll, framing, ip, facts, self)

    def _new_framing(self) -> Framing | None:
        try:
            return self._framing()
        except Exception:  # noqa: BLE001 an author's bug must not end the accepting
            self._refusals.framing_failed()
            return None

    def _has_room(self, ip: str) -> bool:
        if len(self) >= self._most:
            self._refusals.count("max_connections")
            return False
        if not self._sources.has_room(ip):
            self._refusals.full(source(ip), self._sources.most)
            return False
        return True

    def established(self, connection: Connection) -> None:
        """See `Keeper`."""
        self._close_no_more(connection)
        if isinstance(connection.framing, Conversation):
            connection.framing.begin(connection)
        if self._leaves:
            _part(connection)

    async def leave(self) -> None:
        """Ask each to end, and those that are still coming in. Returns when all have."""
        self._leaves = True
        for connection in self:
            if connection not in self._closing:  # in a handshake, or ending
                _part(connection)
        while self._open or self.entrance:
            self._left.clear()
            await self._left.wait()

    def cut(self) -> None:
        """The time of those that have not ended is over: count them."""
        if self._leaves and self._open:
            self._context.count("connections_cut", len(self._open))
            self._context.log.warn(
                "{id}: {n} connections have not ended after a reload, and are cut",
                id=self._context.id,
                n=len(self._open),
            )

    def _close_no_more(self, connection: Connection) -> None:
        timer = self._closing.pop(connection, None)
        if timer is not None and timer.active():
            timer.cancel()

    def failed(self, connection: Connection, why: str, shown: str = "") -> None:
        """See `Keeper`."""
        self._refusals.handshake_failed(connection.ip, why, shown)

    def _too_slow(self, connection: Connection) -> None:
        self.failed(connection, "it did not end the handshake in time")
        self.close(connection)

    def stalled(self, connection: Connection) -> None:
        """See `Keeper`."""
        self._refusals.count("does_not_read")
        self.close(connection)

    def ended(self, connection: Connection) -> None:
        """See `Keeper`."""
        self._later(_LINGER, self.close, connection)

    def crowded_out(self, connection: Connection) -> None:
        """See `Tenant`."""
        self._refusals.crowded_out(connection.ip, connection.unfinished)
        self.close(connection)

    def _later(self, seconds: float, end: Callable[[Connection], None], of: Connection) -> None:
        self._closing[of] = self._context.reactor.callLater(seconds, end, of)

    def close(self, connection: Connection) -> None:
        """End one; nothing when that has been done."""
        if self._open.pop(connection.fd, None) is None:
            return
        connection.close()
        self._sources.left(connection.ip)
        self.throttle.closed(connection)
        self._close_no_more(connection)
        if isinstance(connection.framing, Conversation):
            connection.framing.closed()
        self._left.set()


def _part(connection: Connection) -> None:
    framing = connection.framing
    if isinstance(framing, Parting):
        framing.part()
    elif not isinstance(framing, Conversation):
        connection.hang_up()
