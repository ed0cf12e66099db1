"""Datagrams: all that a socket holds at a look becomes one batch (see `looking`)."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any, Literal

from ..component import Config, Context
from ..event import NOTHING, Event, Resource
from ..fields import Endpoint, Size
from ..listening import Asked
from .frames import Frames
from .looking import PAUSE, Looking, Next
from .opening import sockets_of
from .sockets import buffer_of, dropped_by_kernel, peer_address

#: Datagrams a look, so that other sockets get their turn.
_MOST = 1000
#: Bytes that end a look too.
_MOST_BYTES = 1 << 20
#: Buffer bytes a second that a pause may let fill: four times 100,000 datagrams/s, which
#: take about 1.3 kB each in the kernel.
_FILL_RATE = 520e6
_LARGEST = 65536
#: Peers remembered; the older half is forgotten when there are more.
_PEERS = 32_768
_SEPARATORS = b"\0\r\n"


class DatagramOptions(Config):
    """A UDP listener."""

    endpoint: Endpoint
    #: Bytes asked of the kernel. Where it grants less, one warning says which sysctl to raise.
    receive_buffer: Size = 32 << 20
    #: With several workers, who gets a datagram: `any` that is free, or `source`, always the same
    #: for an address and port, which keeps their order.
    spread: Literal["any", "source"] = "any"


class Peer:
    """The source of a datagram."""

    __slots__ = ("_address", "_socket", "resource")

    def __init__(self, sock: socket.socket, address: Any, resource: Resource) -> None:
        self._socket = sock
        self._address = address
        self.resource = resource

    def write(self, data: bytes) -> None:
        """A datagram back; lost like any other when the kernel has no room."""
        try:
            self._socket.sendto(data, self._address)
        except OSError:
            return


class DatagramListener:
    """Reads a UDP socket while it is not paused, and hands on the frames of each look.

    A trailing NUL, LF or CRLF is not part of a message (RFC 5426 has no trailer); LF inside
    one is. Empty datagrams, which health checks send, are ignored.
    """

    transport = "udp"

    def __init__(
        self,
        context: Context,
        options: DatagramOptions,
        flush: Callable[[Frames], None],
        resource: dict[str, Any],
    ) -> None:
        self._context = context
        self._options = options
        self._flush = flush
        self._common = resource
        self._peers: dict[Any, Peer] = {}
        self._sockets: list[socket.socket] = []
        self._lookings: list[Looking] = []
        self._dropped = 0
        self._counts_dropped = False
        self.address = ("", 0)

    async def start(self) -> None:
        """Bind and read. Raises ListenError."""
        options = self._options
        sockets = sockets_of(self._context)
        asked = Asked(
            "udp",
            options.endpoint,
            self._context.id,
            receive_buffer=options.receive_buffer,
            by_source=options.spread == "source",
        )
        for sock in sockets.open(asked, self._more):
            self._serve(sock)
        granted = buffer_of(self._sockets[0])
        if granted < options.receive_buffer:
            self._warn(granted)
        self.address = peer_address(self._sockets[0].getsockname())
        port = self.address[1]
        self._common = {"net.transport": "udp", "net.host.port": port, **self._common}
        gauge = self._context.gauge
        gauge(
            "receive_buffer_bytes",
            "What the kernel granted a UDP socket.",
            lambda: granted,
            endpoint=options.endpoint,
        )
        self._counts_dropped = not sockets.are_shared
        self._context.metrics.before_reading.append(self.count_dropped)
        self.resume()

    def _warn(self, granted: int) -> None:
        self._context.log.warn(
            "{id}: the kernel grants a receive buffer of {granted} bytes of the {wanted} asked "
            "for, bursts may be lost; sysctl -w net.core.rmem_max={wanted}",
            id=self._context.id,
            granted=granted,
            wanted=self._options.receive_buffer,
        )

    def _serve(self, sock: socket.socket) -> None:
        self._sockets.append(sock)
        pause = _pause_for(buffer_of(sock))
        look = partial(self._look, sock)
        self._lookings.append(Looking(self._context, sock.fileno(), look, pause))

    def _more(self, sock: socket.socket, _: bytes | None) -> None:
        """One that another worker has read."""
        if not self._lookings:
            sock.close()
            return
        self._serve(sock)
        if self._lookings[0].active:
            self._lookings[-1].start()

    def pause(self) -> None:
        """Unread datagrams wait in the kernel, which drops and counts what finds no room."""
        for looking in self._lookings:
            looking.stop()

    def resume(self) -> None:
        """Read again."""
        for looking in self._lookings:
            looking.start()

    async def quiesce(self) -> None:
        """Take what the kernel still has, then read no more."""
        for looking, sock in zip(self._lookings, self._sockets, strict=True):
            await looking.last_looks(lambda sock=sock: self._look(sock) is not Next.WAIT)  # type: ignore[misc]
        self.pause()
        self._lookings = []  # what makes room later resumes nothing

    async def stop(self) -> None:
        """Close the sockets."""
        self.pause()
        if self._sockets:
            self.count_dropped()
        for sock in self._sockets:
            sock.close()
        self._sockets, self._lookings = [], []

    def _look(self, sock: socket.socket) -> Next:
        """Read until empty, or until others must have their turn."""
        size = 0
        frames: list[bytes] = []
        addresses: list[Any] = []
        recvfrom, add, note = sock.recvfrom, frames.append, addresses.append
        try:
            for _ in range(_MOST):
                data, address = recvfrom(_LARGEST)
                add(data)
                note(address)
                size += len(data)
                if size >= _MOST_BYTES:
                    break
        except BlockingIOError:
            pass
        except OSError as e:  # the ICMP error of an earlier reply; the socket is well
            self._context.log.debug("{id}: {error}", id=self._context.id, error=e)
        if not frames:
            return Next.WAIT
        self._hand_on(frames, addresses, size)
        full = len(frames) == _MOST or size >= _MOST_BYTES
        return Next.AGAIN if full else Next.PAUSE

    def _hand_on(self, frames: list[bytes], addresses: list[Any], size: int) -> None:
        frames = [frame.rstrip(_SEPARATORS) for frame in frames]
        peers = self._peers
        try:
            sources = [peers[address] for address in addresses]
        except KeyError:
            sources = [self._peer(address) for address in addresses]
        self._context.count("received_bytes", size, transport="udp")
        self._flush(Datagrams(frames, sources, size))

    def _peer(self, address: Any) -> Peer:
        peers = self._peers
        peer = peers.get(address)
        if peer is None:
            if len(peers) >= _PEERS:
                for old in list(islice(peers, _PEERS // 2)):
                    del peers[old]
            ip, port = peer_address(address)
            resource = Resource({"net.peer.ip": ip, "net.peer.port": port, **self._common})
            peer = peers[address] = Peer(self._sockets[0], address, resource)
        return peer

    def count_dropped(self) -> None:
        """Bring the kernel's count of this socket's losses into the metrics."""
        total = self._kernel_drops()
        self._context.count("kernel_dropped_datagrams", max(0, total - self._dropped))
        self._dropped = total

    def _kernel_drops(self) -> int:
        if not (self._sockets and self._counts_dropped):
            return self._dropped
        try:
            return sum(map(dropped_by_kernel, self._sockets))
        except OSError:  # not Linux
            return self._dropped


def _pause_for(granted: int) -> float:
    """Seconds in which a buffer of that size cannot fill at any likely rate."""
    return min(PAUSE, granted / _FILL_RATE)


class Datagrams(Frames):
    """Frames that each have a source of their own."""

    __slots__ = ("_sources",)

    def __init__(self, frames: list[bytes], sources: list[Peer], size: int) -> None:
        super().__init__([], size)
        if not all(frames):
            sources = [source for frame, source in zip(frames, sources, strict=True) if frame]
            frames = [frame for frame in frames if frame]
        self._frames = frames
        self._sources = sources

    def _run(self) -> bytes | None:
        frames = self.frames()
        run = b"\n".join(frames) + b"\n"
        return run if run.count(b"\n") == len(frames) else None

    def source(self, index: int) -> Peer:
        """Where a datagram came from."""
        return self._sources[index]

    def _attach_resources(self, events: list[Event]) -> None:
        for event, source in zip(events, self._sources, strict=True):
            if event.resource is NOTHING:
                event.resource = source.resource
