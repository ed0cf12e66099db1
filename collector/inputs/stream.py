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
from .connection import SMALL_READ, Connection
from .conversation import Conversation
from .frames import Frames, Source
from .framing import MAX_FRAME, Cut, Framing, WrongProtocol
from .looking import PAUSE, Looking, Next
from .polling import READ, WRITE, new_poll
from .sockets import peer_address, stream_socket

#: Connections and new peers a look, so that other listeners get their turn.
_MOST_READS = 1024
_MOST_PEERS = 256
#: Bytes that end a look: about 5 ms of work. A frame counts as so many at least.
_BATCH = 262144
_LEAST_FRAME = 64
#: A read no longer than this is taken for one frame; counting costs 0.2 us.
_ONE_LINE = 1024
#: Of a longer run the frames are counted in samples: all of them would be 30 ns a frame.
_SAMPLE = 4096
_SAMPLES = 4
#: A look that brought so much is followed at once by the next.
_BUSY = 65536
#: Reads of this size on average are worth a look each.
_BULK = 4096
#: Seconds between warnings that accepting fails, or a framing ...
_QUIET = 60.0
#: ... and without accepting after it failed: the reactor would ask for it again at once.
_REST = 1.0
#: Seconds that a peer has to read our last words and to close.
_LINGER = 2.0
#: Seconds of silence after which the kernel asks whether a peer is still there; 2 h otherwise.
_IDLE = 300
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
        self._named: set[tuple[str, str]] = set()
        self._ready: list[tuple[int, int]] = []  # of the last poll, not read yet
        self._quiet_until = {"accepting": 0.0, "framing": 0.0}
        self._resting: Any = None  # the timer of a listening socket that is not polled
        self._ending: dict[Connection, Any] = {}  # timers
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
            # Peers that were not yet accepted are heard too.
            await self._looking.last_looks(lambda: self._read_ready()[0])
        self._listen_no_more()
        self._looking.stop()
        parts: list[tuple[Source, Cut]] = []
        for connection in list(self._connections.values()):
            self._finish(connection, parts)
        self._hand_on(parts, 0)

    def _listen_no_more(self) -> None:
        sock, self._socket = self._socket, None
        if sock is None:
            return
        if self._resting is None:
            self._poll.unregister(sock.fileno())
        else:
            self._resting.cancel()
            self._resting = None
        sock.close()

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
                self._accept()
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
            self._misdialled(connection, str(e))
            return 0, 0
        except Exception:  # noqa: BLE001 an author's bug costs one peer, not all of this look
            self._framing_failed()
            self._close(connection)
            return 0, 0
        frames = _count(cut) if len(data) > _ONE_LINE else 1
        if len(data) >= SMALL_READ:
            connection.busy(len(data), frames)
        if cut:
            parts.append((connection, cut))
        return len(data), frames

    def _finish(self, connection: Connection, parts: list[tuple[Source, Cut]]) -> None:
        """No more will come: what is left of an unfinished frame."""
        if connection.ending:
            return
        try:
            rest = connection.framing.finish()
        except Exception:  # noqa: BLE001 as above
            self._framing_failed()
            self._close(connection)
            return
        if rest:
            parts.append((connection, rest))

    def _framing_failed(self) -> None:
        """It raised what is not WrongProtocol; each peer may cause that as often as it likes."""
        self._context.count("connections_refused", reason="framing_failed")
        if self._may_say("framing"):
            self._context.log.failure(
                "{id}: the framing failed; connection closed", id=self._context.id
            )

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
            except ConnectionAbortedError:  # the peer's affair
                continue
            except OSError as e:  # EMFILE
                self._context.count("connections_refused", reason="accept_failed")
                self._complain(e)
                self._rest()
                return
            self._opened(sock, address)

    def _complain(self, error: OSError) -> None:
        """Accepting fails until a descriptor is free: say so now and then."""
        if self._may_say("accepting"):
            log, id = self._context.log, self._context.id
            log.warn("{id}: accepting failed: {error}", id=id, error=error.strerror)

    def _may_say(self, what: str) -> bool:
        now: float = self._context.reactor.seconds()
        if now < self._quiet_until[what]:
            return False
        self._quiet_until[what] = now + _QUIET
        return True

    def _rest(self) -> None:
        assert self._socket is not None
        self._poll.unregister(self._socket.fileno())
        self._resting = self._context.reactor.callLater(_REST, self._rested)

    def _rested(self) -> None:
        assert self._socket is not None
        self._resting = None
        self._poll.register(self._socket.fileno(), READ)

    def _opened(self, sock: socket.socket, address: Any) -> None:
        if len(self._connections) >= self._options.max_connections:
            self._context.count("connections_refused", reason="max_connections")
            sock.close()
            return
        try:
            framing = self._framing()
        except Exception:  # noqa: BLE001 an author's bug must not end the accepting
            self._framing_failed()
            sock.close()
            return
        sock.setblocking(False)
        _tuned(sock)
        ip, port = peer_address(address)
        facts = {"net.peer.ip": ip, "net.peer.port": port, **self._common}
        connection = Connection(sock, self._poll, framing, ip, facts, self._stalled, self._ended)
        self._connections[connection.fd] = connection
        self._context.count("connections_opened")
        if isinstance(framing, Conversation):
            framing.begin(connection)

    def _ended(self, connection: Connection) -> None:
        later = self._context.reactor.callLater
        self._ending[connection] = later(_LINGER, self._close, connection)

    def _close(self, connection: Connection) -> None:
        if self._connections.pop(connection.fd, None) is None:
            return
        connection.close()
        timer = self._ending.pop(connection, None)
        if timer is not None and timer.active():
            timer.cancel()
        if isinstance(connection.framing, Conversation):
            connection.framing.closed()

    def _misdialled(self, connection: Connection, protocol: str) -> None:
        """The peer speaks something else: say so once, and close."""
        self._context.count("connections_refused", reason="wrong_protocol")
        peer = (connection.ip, protocol)
        if peer not in self._named and len(self._named) < _NAMED_PEERS:
            self._named.add(peer)
            self._context.log.warn(
                "{id}: {ip} speaks {protocol} to the plain TCP port {port}; connection closed",
                id=self._context.id,
                ip=connection.ip,
                protocol=protocol,
                port=self.address[1],
            )
        self._close(connection)


def _count(cut: Cut) -> int:
    """How many frames; of a long run about."""
    if type(cut) is not bytes:
        return len(cut)
    if len(cut) <= _SAMPLE * _SAMPLES:
        return cut.count(b"\n")
    step = len(cut) // _SAMPLES
    found = sum(cut.count(b"\n", at, at + _SAMPLE) for at in range(0, step * _SAMPLES, step))
    return found * len(cut) // (_SAMPLE * _SAMPLES)


def _tuned(sock: socket.socket) -> None:
    """Answers go at once; a peer that is gone without a word shall not hold its place for ever."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):  # not macOS
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _IDLE)
