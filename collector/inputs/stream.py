"""Connections: accepting, reading, pausing, and the reads of all of them as one batch.

The sockets of a listener, its own and its connections', hang on one poll object, which is
looked at as `looking` says. A look asks the kernel once which of them have something, reads
those, and hands on the frames of all of them together.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from ..component import Context
from ..fields import FileMode, Size
from .accepting import Accepting
from .connection import SMALL_READ, Connection
from .conversation import Conversation
from .doors import door
from .entrance import Entrance
from .frames import Frames, Source
from .framing import MAX_FRAME, Cut, Framing, WrongProtocol, about
from .handover import given, peer_of, restored
from .looking import PAUSE, Looking, Next
from .opening import sockets_of
from .polling import WRITE
from .rates import RateOptions, Throttle
from .refusals import Refusals
from .secured import Secured
from .sources import Sources, source
from .tls import Identity, TlsServerOptions

#: Connections a look, so that other listeners get their turn.
_MOST_READS = 1024
#: Bytes that end a look: about 5 ms of work. A frame counts as so many at least.
_BATCH = 262144
_LEAST_FRAME = 64
#: A read no longer than this is taken for one frame; counting costs 0.2 us.
_ONE_LINE = 1024
#: A look that brought so much is followed at once by the next.
_BUSY = 65536
#: Reads of this size on average are worth a look each.
_BULK = 4096
#: Seconds that a peer has to read our last words and to close.
_LINGER = 2.0
#: Seconds for a TLS handshake.
_HANDSHAKE = 10.0


class StreamOptions(RateOptions):
    """A listener on TCP, or on a UNIX socket."""

    #: Of a UNIX socket's file: who may connect.
    socket_mode: FileMode = "0660"
    #: A longer frame is cut there and flagged. RFC 5424 6.1: at least 480.
    max_frame_size: Annotated[Size, Field(ge=480)] = MAX_FRAME
    #: More are closed at once, and counted.
    max_connections: int = 10_000
    #: The same for each address, or IPv6 network of 64 bits; 0: any number. A tenth of all, so
    #: that one sender that goes wrong leaves room for the others.
    max_connections_per_source: Annotated[int, Field(ge=0)] = 1000
    #: Without it the port is plain TCP.
    tls: TlsServerOptions | None = None


class StreamListener:
    """Accepts connections, each with a framing of its own; hands on the frames of each look."""

    def __init__(
        self,
        context: Context,
        options: StreamOptions,
        framing: Callable[[], Framing],
        flush: Callable[[Frames], None],
        resource: dict[str, Any],
        pause: float = PAUSE,
        *,
        alpn: Sequence[str] = (),
    ) -> None:
        self._alpn = alpn
        self._context = context
        self._options = options
        self._framing = framing
        self._flush = flush
        self._common = resource
        self._connections: dict[int, Connection] = {}
        sockets = sockets_of(context)
        self._poll, fileno = sockets.poll()
        self._looking = Looking(context, fileno, self._look, pause if sockets.has_pauses else 0.0)
        self._refusals = Refusals(context)
        self._door = door(options.endpoint, options.socket_mode)
        room = options.max_connections
        self._entrance = Entrance(context, options, self._poll, self._refusals, self._opened, room)
        self._accepting = Accepting(
            context, self._door, self._poll, self._refusals, self._came, self._inherited
        )
        self._tls = options.tls if sockets.has_tls else None
        self._identity: Identity | None = None
        self._ready: list[tuple[int, int]] = []  # of the last poll, not read yet
        self._closing: dict[Connection, Any] = {}  # timers
        local = self._door.transport == "unix"
        self._sources = Sources(0 if local else options.max_connections_per_source)
        self._throttle = Throttle(context, options, self._refusals)
        self.transport = "tls" if options.tls else self._door.transport
        context.gauge(
            "connections",
            "Open connections.",
            lambda: len(self._connections),
            endpoint=options.endpoint,
        )

    @property
    def address(self) -> tuple[str, int]:
        """See `Listener`."""
        return self._door.address

    async def start(self) -> None:
        """Bind and accept. Raises ListenError."""
        options = self._options
        if self._tls is not None:
            self._identity = Identity(self._tls, self._context, options.endpoint, self._alpn)
        self._accepting.start()
        self._common = {**self._door.facts, **self._common}
        self._looking.start()

    def pause(self) -> None:
        """Read no more; TCP tells the senders."""
        self._looking.stop()

    def resume(self) -> None:
        """Read again."""
        if self._accepting.active:
            self._looking.start()

    async def quiesce(self) -> None:
        """Accept no more; hand on what has arrived, in the kernel too; read no more."""
        self._throttle.end()
        if self._accepting.active:
            # Peers that were not yet accepted are heard too.
            await self._looking.last_looks(lambda: self._read_ready()[0])
            self._hand_over()
        self._accepting.stop()
        self._entrance.close()
        self._looking.stop()
        parts: list[tuple[Source, Cut]] = []
        for connection in list(self._connections.values()):
            self._finish(connection, parts)
        self._hand_on(parts, 0)

    def _hand_over(self) -> None:
        """Give away what another process can go on with, where one comes after this."""
        for connection in list(self._connections.values()):
            if given(connection, self._accepting):
                self._close(connection)

    def _inherited(self, sock: socket.socket, state: bytes) -> None:
        """The other side of that."""
        self._opened(sock, peer_of(sock), {})
        connection = self._connections.get(sock.fileno())
        if connection is not None and not restored(connection, state):
            self._refusals.count("another_framing")
            self._close(connection)

    async def stop(self) -> None:
        """Close every connection."""
        await self.quiesce()
        for connection in list(self._connections.values()):
            self._close(connection)
        self._poll.close()

    def _look(self) -> Next:
        reads, size = self._read_ready()
        if self._ready or size >= _BUSY:
            return Next.AGAIN
        return Next.PAUSE if reads and size < reads * _BULK else Next.WAIT

    def _read_ready(self) -> tuple[int, int]:
        """Read sockets that have something, once each, until that is a batch.

        Returns how many were read, and their bytes. The others are first next time.
        """
        if not self._ready:
            self._ready = self._poll.poll(0, _MOST_READS)
        parts: list[tuple[Source, Cut]] = []
        reads = size = work = 0
        while self._ready and work < _BATCH:
            fd, events = self._ready.pop()
            reads += 1
            connection = self._connections.get(fd)
            if connection is None:
                if not self._entrance.heard(fd):
                    self._accepting.accept(fd)
                continue
            if events & WRITE:
                connection.written()
            if events != WRITE:
                got, frames = self._read(connection, parts)
                size += got
                work += max(got, frames * _LEAST_FRAME)
        self._hand_on(parts, size)
        return reads, size

    def _read(self, connection: Connection, parts: list[tuple[Source, Cut]]) -> tuple[int, int]:
        """Read a connection once; how many bytes there were, and about how many frames."""
        try:
            data = connection.recv(connection.read_size)
        except BlockingIOError:
            return 0, 0
        except OSError:
            data = b""
        if not data:
            self._finish(connection, parts)
            self._close(connection)
            return 0, 0
        if connection.ending:
            return len(data), 0
        try:
            cut = connection.feed(data)
        except WrongProtocol as e:
            kind = "TLS on" if self._identity else "plain"
            self._refusals.misdialled(connection.ip, str(e), f"{kind} {self._door.name}")
            self._close(connection)
            return 0, 0
        except Exception:  # noqa: BLE001 an author's bug costs one peer, not all of this look
            self._refusals.framing_failed()
            self._close(connection)
            return 0, 0
        frames = about(cut) if len(data) > _ONE_LINE else 1
        if len(data) >= SMALL_READ:
            connection.busy(len(data), frames)
        if cut:
            parts.append((connection, cut))
        if self._throttle.rates:
            self._throttle.read(connection, about(cut))
        return len(data), frames

    def _finish(self, connection: Connection, parts: list[tuple[Source, Cut]]) -> None:
        """No more will come: what is left of an unfinished frame."""
        if connection.ending:
            return
        try:
            rest = connection.framing.finish()
        except Exception:  # noqa: BLE001 as above
            self._refusals.framing_failed()
            self._close(connection)
            return
        if rest:
            parts.append((connection, rest))

    def _hand_on(self, parts: list[tuple[Source, Cut]], size: int) -> None:
        self._context.count("received_bytes", size, transport=self._door.transport)
        if parts:
            self._flush(Frames(parts, size))

    def stalled(self, connection: Connection) -> None:
        """See `Keeper`."""
        self._refusals.count("does_not_read")
        self._close(connection)

    def _came(self, sock: socket.socket, address: Any) -> None:
        if self._door.transport == "unix":
            self._opened(sock, address, {})
        else:
            self._entrance.came(sock, address)

    def _opened(self, sock: socket.socket, address: Any, proxy: Mapping[str, Any]) -> None:
        try:
            connection = self._connection(sock, address, proxy)
        except OSError:  # it is gone already
            connection = None
        if connection is None:
            sock.close()
            return
        self._connections[connection.fd] = connection
        self._sources.came(connection.ip)
        if self._identity is None:
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
        facts = {**facts, **proxy, **self._common}
        if self._identity is None:
            return Connection(sock, self._poll, framing, ip, facts, self)
        return Secured(sock, self._identity, self._poll, framing, ip, facts, self)

    def _new_framing(self) -> Framing | None:
        try:
            return self._framing()
        except Exception:  # noqa: BLE001 an author's bug must not end the accepting
            self._refusals.framing_failed()
            return None

    def _has_room(self, ip: str) -> bool:
        if len(self._connections) + len(self._entrance) >= self._options.max_connections:
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

    def _close_no_more(self, connection: Connection) -> None:
        timer = self._closing.pop(connection, None)
        if timer is not None and timer.active():
            timer.cancel()

    def failed(self, connection: Connection, why: str, shown: str = "") -> None:
        """See `Keeper`."""
        self._refusals.handshake_failed(connection.ip, why, shown)

    def _too_slow(self, connection: Connection) -> None:
        self.failed(connection, "it did not end the handshake in time")
        self._close(connection)

    def ended(self, connection: Connection) -> None:
        """See `Keeper`."""
        self._later(_LINGER, self._close, connection)

    def _later(self, seconds: float, end: Callable[[Connection], None], of: Connection) -> None:
        self._closing[of] = self._context.reactor.callLater(seconds, end, of)

    def _close(self, connection: Connection) -> None:
        if self._connections.pop(connection.fd, None) is None:
            return
        connection.close()
        self._sources.left(connection.ip)
        self._throttle.closed(connection)
        self._close_no_more(connection)
        if isinstance(connection.framing, Conversation):
            connection.framing.closed()
