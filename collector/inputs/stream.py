"""Connections: accepting, reading, pausing, and the reads of all of them as one batch.

The sockets of a listener, its own and its connections', hang on one poll object, which is
looked at as `looking` says. A look asks the kernel once which of them have something, reads
those, and hands on the frames of all of them together.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from ..component import Config, Context
from ..fields import Endpoint, Size
from .connection import Connection
from .frames import Frames, Source
from .framing import MAX_FRAME, Cut, Framing, WrongProtocol
from .looking import PAUSE, Looking, Next
from .polling import READ, WRITE, new_poll
from .sockets import peer_address, stream_socket

#: Connections and new peers a look, so that other listeners get their turn.
_MOST_READS = 1024
_MOST_PEERS = 256
#: Bytes that end a look: about 5 ms of work.
_BATCH = 262144
#: A look that brought so much is followed at once by the next.
_BUSY = 65536
#: Reads of this size on average are worth a look each.
_BULK = 4096
#: Looks at the end, for what the kernel still holds of fast senders.
_LAST_LOOKS = 100
#: Seconds between warnings that accepting fails.
_QUIET = 60.0
#: Peers whose mistakes have been logged; each is named once.
_NAMED_PEERS = 1024


class StreamOptions(Config):
    """A TCP listener."""

    endpoint: Endpoint
    #: A longer frame is cut there and flagged. RFC 5424 6.1: at least 480.
    max_frame_size: Annotated[Size, Field(ge=480)] = MAX_FRAME
    #: More are closed at once, and counted.
    max_connections: int = 10_000


class StreamListener:
    """Accepts connections, each with a framing of its own; hands on the frames of each look."""

    transport = "tcp"

    def __init__(
        self,
        context: Context,
        options: StreamOptions,
        framing: Callable[[], Framing],
        flush: Callable[[Frames], None],
        resource: dict[str, Any],
        pause: float = PAUSE,
    ) -> None:
        self._context = context
        self._options = options
        self._framing = framing
        self._flush = flush
        self._common = resource
        self._connections: dict[int, Connection] = {}
        self._socket: socket.socket | None = None
        self._poll, fileno = new_poll()
        self._looking = Looking(context, fileno, self._look, pause)
        self._named: set[str] = set()
        self._ready: list[tuple[int, int]] = []  # of the last poll, not read yet
        self._quiet_until = 0.0
        self.address = ("", 0)
        context.gauge(
            "connections",
            "Open connections.",
            lambda: len(self._connections),
            endpoint=options.endpoint,
        )

    async def start(self) -> None:
        """Bind and accept. Raises ListenError."""
        self._socket = stream_socket(self._options.endpoint)
        self.address = peer_address(self._socket.getsockname())
        port = self.address[1]
        self._common = {"net.transport": "tcp", "net.host.port": port, **self._common}
        self._poll.register(self._socket.fileno(), READ)
        self._looking.start()

    def pause(self) -> None:
        """Read no more; TCP tells the senders."""
        self._looking.stop()

    def resume(self) -> None:
        """Read again."""
        if self._socket is not None:
            self._looking.start()

    async def quiesce(self) -> None:
        """Accept no more; hand on what has arrived, in the kernel too; read no more."""
        if self._socket is not None:
            looks = _LAST_LOOKS if self._looking.active else 0
            while looks and self._read_ready()[0]:  # peers that were not yet accepted, too
                looks -= 1
            self._poll.unregister(self._socket.fileno())
            self._socket.close()
            self._socket = None
        self._looking.stop()
        parts: list[tuple[Source, Cut]] = []
        for connection in self._connections.values():
            _finish(connection, parts)
        self._hand_on(parts, 0)

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
        reads = size = 0
        while self._ready and size < _BATCH:
            fd, events = self._ready.pop()
            reads += 1
            connection = self._connections.get(fd)
            if connection is None:
                self._accept()
                continue
            if events & WRITE:
                connection.written()
            if events != WRITE:
                size += self._read(connection, parts)
        self._hand_on(parts, size)
        return reads, size

    def _read(self, connection: Connection, parts: list[tuple[Source, Cut]]) -> int:
        """Read a connection once; how many bytes there were."""
        try:
            data = connection.recv(connection.read_size)
            if len(data) == connection.read_size:
                connection.busy()
            cut = connection.feed(data) if data else b""
        except BlockingIOError:
            return 0
        except WrongProtocol as e:
            self._misdialled(connection, str(e))
            return 0
        except OSError:
            data = cut = b""
        if not data:
            _finish(connection, parts)
            self._close(connection)
        elif cut:
            parts.append((connection, cut))
        return len(data)

    def _hand_on(self, parts: list[tuple[Source, Cut]], size: int) -> None:
        self._context.count("received_bytes", size, transport="tcp")
        if parts:
            self._flush(Frames(parts, size))

    def _stalled(self, connection: Connection) -> None:
        self._context.count("connections_refused", reason="does_not_read")
        self._close(connection)

    def _accept(self) -> None:
        assert self._socket is not None
        for _ in range(_MOST_PEERS):
            try:
                sock, address = self._socket.accept()
            except BlockingIOError:
                return
            except OSError as e:  # EMFILE, ECONNABORTED
                self._context.count("connections_refused", reason="accept_failed")
                self._complain(e)
                return
            self._opened(sock, address)

    def _complain(self, error: OSError) -> None:
        """Accepting fails at each look until a descriptor is free: say so now and then."""
        now = self._context.reactor.seconds()
        if now >= self._quiet_until:
            self._quiet_until = now + _QUIET
            log, id = self._context.log, self._context.id
            log.warn("{id}: accepting failed: {error}", id=id, error=error.strerror)

    def _opened(self, sock: socket.socket, address: Any) -> None:
        if len(self._connections) >= self._options.max_connections:
            self._context.count("connections_refused", reason="max_connections")
            sock.close()
            return
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        ip, port = peer_address(address)
        facts = {"net.peer.ip": ip, "net.peer.port": port, **self._common}
        connection = Connection(sock, self._poll, self._framing(), ip, facts, self._stalled)
        self._connections[connection.fd] = connection
        self._context.count("connections_opened")

    def _close(self, connection: Connection) -> None:
        self._connections.pop(connection.fd, None)
        connection.close()

    def _misdialled(self, connection: Connection, protocol: str) -> None:
        """The peer speaks something else: say so once, and close."""
        self._context.count("connections_refused", reason="wrong_protocol")
        if connection.ip not in self._named and len(self._named) < _NAMED_PEERS:
            self._named.add(connection.ip)
            self._context.log.warn(
                "{id}: {ip} speaks {protocol} to the plain TCP port {port}; connection closed",
                id=self._context.id,
                ip=connection.ip,
                protocol=protocol,
                port=self.address[1],
            )
        self._close(connection)


def _finish(connection: Connection, parts: list[tuple[Source, Cut]]) -> None:
    """No more will come: what is left of an unfinished frame."""
    rest = connection.framing.finish()
    if rest:
        parts.append((connection, rest))
