"""A network in memory: listeners work as ever, nothing listens, and time passes when told to.

Listeners get sockets of ours from it (`collector.inputs.opening`), and do everything else as over
the kernel's: access, proxies' headers, framing, answers. TLS alone is left out: what is sent counts
as decrypted.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any
from unittest import mock

from twisted.internet.task import Clock

from .endpoints import split_endpoint
from .inputs.polling import READ, Poll
from .inputs.room import Room
from .listening import Asked, More

Address = tuple[str, int]
#: Turns of the loop until all is quiet; a component that asks for more has no end.
_MOST_TURNS = 10_000
#: Calls that may become due while time passes.
_MOST_CALLS = 100_000
#: Bytes that a socket can hold: as many as anybody asks for.
_ROOM = 1 << 40
#: Turns for tasks that a look has begun.
_TASK_TURNS = 3


class Restless(Exception):
    """Components did not come to rest."""


class MemoryReactor(Clock):
    """Time, and descriptors of the memory network, for components."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: dict[Any, None] = {}

    def next_due(self) -> float | None:
        """When the next call is due."""
        return min((call.getTime() for call in self.getDelayedCalls()), default=None)

    @property
    def has_due(self) -> bool:
        """Whether a call is due now."""
        due = self.next_due()
        return due is not None and due <= self.seconds()

    def addReader(self, reader: Any) -> None:
        """See `IReactorFDSet`."""
        self.readers[reader] = None

    def removeReader(self, reader: Any) -> None:
        """See `IReactorFDSet`."""
        self.readers.pop(reader, None)


class MemorySocket:
    """What listeners use of a socket, of any kind."""

    family = socket.AF_INET

    def __init__(self, fd: int) -> None:
        self._fd = fd
        #: What comes: bytes of a stream, datagrams with their addresses, or connections.
        self.coming: deque[Any] = deque()
        self.ended = False
        #: What was written back, in the order of writing.
        self.written: list[bytes] = []
        self.closed = False

    def fileno(self) -> int:
        return self._fd

    @property
    def readable(self) -> bool:
        """Whether a read brings something, be it the end."""
        return bool(self.coming) or self.ended

    def recv(self, size: int, flags: int = 0) -> bytes:
        if not self.coming:
            if self.ended:
                return b""
            raise BlockingIOError
        data: bytes = self.coming.popleft()
        rest = data if flags & socket.MSG_PEEK else data[size:]
        if rest:
            self.coming.appendleft(rest)
        return data[:size]

    def recvfrom(self, _: int) -> tuple[bytes, Any]:
        if not self.coming:
            raise BlockingIOError
        found: tuple[bytes, Any] = self.coming.popleft()
        return found

    def recvmsg(self, size: int, _: int) -> tuple[bytes, list[Any], int, Any]:
        data, address = self.recvfrom(size)
        return data[:size], [], 0, address

    def accept(self) -> tuple[MemorySocket, Any]:
        if not self.coming:
            raise BlockingIOError
        found: tuple[MemorySocket, Any] = self.coming.popleft()
        return found

    def send(self, data: bytes) -> int:
        self.written.append(bytes(data))
        return len(data)

    def sendto(self, data: bytes, _: Any) -> None:
        self.send(data)

    def sendmsg(self, parts: list[bytes], *_: Any) -> None:
        self.send(b"".join(parts))

    def getsockname(self) -> Any:
        return self.address

    address: Any = ("", 0)

    def getsockopt(self, _level: int, _name: int, size: int = 0) -> Any:
        if size:
            raise OSError("it has no such options")
        return _ROOM

    def setsockopt(self, *_: Any) -> None: ...
    def setblocking(self, _: bool) -> None: ...  # noqa: FBT001 as a socket's
    def shutdown(self, _: int) -> None: ...

    def close(self) -> None:
        self.closed = True


class _Poll:
    """A `Poll` of memory sockets."""

    def __init__(self, network: MemoryNetwork) -> None:
        self._network = network
        self._wanted: dict[int, int] = {}

    def register(self, fd: int, events: int) -> None:
        self._wanted[fd] = events

    modify = register

    def unregister(self, fd: int) -> None:
        self._wanted.pop(fd, None)

    def poll(self, _: float, maxevents: int) -> list[tuple[int, int]]:
        sockets = self._network.sockets
        ready = [
            fd for fd, events in self._wanted.items() if events & READ and sockets[fd].readable
        ]
        return [(fd, READ) for fd in ready[:maxevents]]

    def close(self) -> None:
        self._wanted.clear()

    @property
    def readable(self) -> bool:
        """Whether there is something to tell."""
        return bool(self.poll(0, 1))


class MemoryNetwork:
    """A `collector.inputs.opening.Network`, with the reactor that goes with it."""

    has_tls = has_pauses = are_shared = False

    def __init__(self) -> None:
        self.reactor = MemoryReactor()
        self.room = Room()
        self.sockets: dict[int, MemorySocket] = {}
        #: The sockets that listen, each with its transport, in their order.
        self.listeners: list[tuple[str, MemorySocket]] = []
        self._polls: dict[int, _Poll] = {}
        self._numbers = count(1)

    def poll(self) -> tuple[Poll, int | None]:
        """See `Network`."""
        number, poll = next(self._numbers), _Poll(self)
        self._polls[number] = poll
        return poll, number

    def open(self, asked: Asked, more: More) -> Sequence[Any]:
        """See `Sockets`."""
        is_path = asked.kind in {"unix", "unix_datagram"}
        address = (asked.endpoint, 0) if is_path else split_endpoint(asked.endpoint)
        return [self.listening(asked.kind, address)]

    def hand_on(self, asked: Asked, sock: socket.socket, state: bytes) -> bool:
        """See `Sockets`: nobody comes after us."""
        return False

    def close(self, asked: Asked) -> None:
        """See `Sockets`."""

    def listening(self, transport: str, address: Address) -> MemorySocket:
        """A socket that others can send to."""
        sock = self.socket()
        sock.address = address
        self.listeners.append((transport, sock))
        return sock

    def socket(self) -> MemorySocket:
        """A new one."""
        sock = MemorySocket(next(self._numbers))
        self.sockets[sock.fileno()] = sock
        return sock

    def connect(self, listener: MemorySocket, peer: Address) -> MemorySocket:
        """A connection from there: put bytes into `coming`, and find answers in `written`."""
        sock = self.socket()
        listener.coming.append((sock, peer))
        return sock

    async def settle(self) -> None:
        """Let components do all that they can do now. Raises Restless."""
        for _ in range(_MOST_TURNS):
            busy = self._look()
            self.reactor.advance(0)
            for _ in range(_TASK_TURNS):
                await asyncio.sleep(0)
            if not busy and not self.reactor.has_due:
                return
        raise Restless("it does not come to rest")

    async def advance(self, seconds: float) -> None:
        """Let time pass, from one call that is due to the next. Raises Restless."""
        end = self.reactor.seconds() + seconds
        for _ in range(_MOST_CALLS):
            due = self.reactor.next_due()
            if due is None or due > end:
                break
            self.reactor.advance(max(0.0, due - self.reactor.seconds()))
            await self.settle()
        else:
            raise Restless(f"more than {_MOST_CALLS} calls were due in that time")
        self.reactor.advance(max(0.0, end - self.reactor.seconds()))
        await self.settle()

    def _look(self) -> bool:
        """Give each reader that has something a turn; whether one had."""
        ready = [reader for reader in self.reactor.readers if self._has(reader.fileno())]
        for reader in ready:
            if reader in self.reactor.readers:
                reader.doRead()
        return bool(ready)

    def _has(self, fd: int) -> bool:
        poll = self._polls.get(fd)
        return poll.readable if poll is not None else self.sockets[fd].readable


@contextmanager
def wall_clock(now_ns: int, reactor: Clock) -> Iterator[None]:
    """Within it, `time.time` and `time.time_ns` say that time, and go on with the reactor's."""
    began = reactor.seconds()

    def time_ns() -> int:
        return now_ns + round((reactor.seconds() - began) * 1_000_000_000)

    def seconds() -> float:
        return time_ns() / 1_000_000_000

    with mock.patch("time.time_ns", time_ns), mock.patch("time.time", seconds):
        yield
