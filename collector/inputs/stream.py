"""What all connections of a listener bring, as one batch: looking, reading, pausing.

The sockets of a listener, its own and its connections', hang on one poll object, which is
looked at as `looking` says. A look asks the kernel once which of them have something, reads
those, and hands on the frames of all of them together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..context import Context
from .accepting import Accepting
from .connection import SMALL_READ, Connection
from .connections import Connections
from .doors import door
from .frames import Frames, Source
from .framing import Cut, Framing, WrongProtocol, about
from .handover import given
from .looking import PAUSE, Looking, Next
from .opening import sockets_of
from .polling import WRITE
from .refusals import Refusals
from .stream_options import StreamOptions
from .tls import Identity

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
        self._flush = flush
        self._common = resource
        sockets = sockets_of(context)
        self._room = sockets.room
        self._poll, fileno = sockets.poll()
        self._looking = Looking(context, fileno, self._look, pause if sockets.has_pauses else 0.0)
        self._refusals = refusals = Refusals(context)
        self._door = door(options.endpoint, options.socket_mode)
        self._connections = Connections(context, options, self._door, self._poll, framing, refusals)
        came, inherited = self._connections.came, self._connections.inherited
        self._accepting = Accepting(context, self._door, self._poll, refusals, came, inherited)
        self._tls = options.tls if sockets.has_tls else None
        self._ready: list[tuple[int, int]] = []  # of the last poll, not read yet
        #: From its start until it quiesces.
        self._is_open = False
        self.transport = "tls" if options.tls else self._door.transport

    @property
    def address(self) -> tuple[str, int]:
        """See `Listener`."""
        return self._door.address

    async def start(self) -> None:
        """Bind and accept. Raises ListenError."""
        options = self._options
        if self._tls is not None:
            identity = Identity(self._tls, self._context, options.endpoint, self._alpn)
            self._connections.identity = identity
        self._accepting.start()
        self._connections.facts = {**self._door.facts, **self._common}
        self._is_open = True
        self._looking.start()

    def pause(self) -> None:
        """Read no more; TCP tells the senders."""
        self._looking.stop()

    def resume(self) -> None:
        """Read again."""
        if self._is_open:
            self._looking.start()

    async def leave(self) -> None:
        """Accept no more; give connections away, and wait for the end of those that cannot go."""
        await self._last_looks()
        self._accepting.stop()
        await self._connections.leave()

    async def _last_looks(self) -> None:
        if self._is_open:
            # Peers that were not yet accepted are heard too.
            await self._looking.last_looks(lambda: self._read_ready()[0])
            self._hand_over()

    async def quiesce(self) -> None:
        """Accept no more; hand on what has arrived, in the kernel too; read no more."""
        self._connections.throttle.end()
        await self._last_looks()
        if self._is_open:
            self._connections.cut()
        self._is_open = False
        self._accepting.stop()
        self._connections.entrance.close()
        self._looking.stop()
        parts: list[tuple[Source, Cut]] = []
        for connection in self._connections:
            self._finish(connection, parts)
        self._hand_on(parts, 0)

    def _hand_over(self) -> None:
        """Give away what another process can go on with, where one comes after this."""
        for connection in self._connections:
            if given(connection, self._accepting):
                self._connections.close(connection)

    async def stop(self) -> None:
        """Close every connection."""
        await self.quiesce()
        for connection in self._connections:
            self._connections.close(connection)
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
                if not self._connections.entrance.heard(fd):
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
            self._connections.close(connection)
            return 0, 0
        if connection.ending:
            return len(data), 0
        cut = self._cut(connection, data)
        if cut is None:
            self._connections.close(connection)
            return 0, 0
        frames = about(cut) if len(data) > _ONE_LINE else 1
        if len(data) >= SMALL_READ:
            connection.busy(len(data), frames)
        if cut:
            parts.append((connection, cut))
        if self._connections.throttle.rates:
            self._connections.throttle.read(connection, about(cut))
        return len(data), frames

    def _cut(self, connection: Connection, data: bytes) -> Cut | None:
        """What has become whole with these bytes; None: the framing can do nothing with them."""
        try:
            return connection.feed(data)
        except WrongProtocol as e:
            kind = "TLS on" if self._connections.identity else "plain"
            self._refusals.misdialled(connection.ip, str(e), f"{kind} {self._door.name}")
        except Exception:  # noqa: BLE001 an author's bug costs one peer, not all of this look
            self._refusals.framing_failed()
        return None

    def _finish(self, connection: Connection, parts: list[tuple[Source, Cut]]) -> None:
        """No more will come: what is left of an unfinished frame."""
        if connection.ending:
            return
        try:
            rest = connection.framing.finish()
        except Exception:  # noqa: BLE001 as above
            self._refusals.framing_failed()
            self._connections.close(connection)
            return
        if rest:
            parts.append((connection, rest))

    def _hand_on(self, parts: list[tuple[Source, Cut]], size: int) -> None:
        self._context.count("received_bytes", size, transport=self._door.transport)
        if parts:
            self._flush(Frames(parts, size))
        self._room.came(size)
