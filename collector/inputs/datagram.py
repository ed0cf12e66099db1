"""Datagrams: all that a socket holds at a look becomes one batch (see `looking`)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from itertools import islice
from typing import Any

from ..component import Context
from ..event import NOTHING, Event, Resource
from ..fields import Endpoint, Size
from .access import AccessOptions
from .frames import Frames
from .looking import PAUSE, Looking, Next
from .network import network_of
from .screen import Screen, Through
from .sockets import peer_address

#: Datagrams a look, so that other sockets get their turn.
_MOST = 1000
#: Bytes that end a look too.
_MOST_BYTES = 1 << 20
#: Buffer bytes a second that a pause may let fill: four times 100,000 datagrams/s, which
#: take about 1.3 kB each in the kernel.
_FILL_RATE = 520e6
_LARGEST = 65536
_SO_MEMINFO = 55  # Linux; nine u32, the last one counts what the socket dropped
_MEMINFO_SIZE = 36
#: Peers remembered; the older half is forgotten when there are more.
_PEERS = 32_768
_SEPARATORS = b"\0\r\n"


class DatagramOptions(AccessOptions):
    """A UDP listener."""

    endpoint: Endpoint
    #: Bytes asked of the kernel. Where it grants less, one warning says which sysctl to raise.
    receive_buffer: Size = 32 << 20


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
        self._socket: socket.socket | None = None
        self._looking: Looking | None = None
        self._dropped = 0
        guarded = options.allowed_sources or options.trusted_proxies
        self._screen = Screen(context, options) if guarded else None
        self.address = ("", 0)

    async def start(self) -> None:
        """Bind and read. Raises ListenError."""
        options = self._options
        network = network_of(self._context)
        self._socket, granted = network.datagrams(options.endpoint, options.receive_buffer)
        if granted < options.receive_buffer:
            self._warn(granted)
        fileno = self._socket.fileno()
        pause = _pause_for(granted) if network.has_pauses else 0.0
        self._looking = Looking(self._context, fileno, self._look, pause)
        self.address = peer_address(self._socket.getsockname())
        port = self.address[1]
        self._common = {"net.transport": "udp", "net.host.port": port, **self._common}
        gauge = self._context.gauge
        gauge(
            "receive_buffer_bytes",
            "What the kernel granted a UDP socket.",
            lambda: granted,
            endpoint=options.endpoint,
        )
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

    def pause(self) -> None:
        """Unread datagrams wait in the kernel, which drops and counts what finds no room."""
        if self._looking is not None:
            self._looking.stop()

    def resume(self) -> None:
        """Read again."""
        if self._looking is not None:
            self._looking.start()

    async def quiesce(self) -> None:
        """Take what the kernel still has, then read no more."""
        if self._looking is not None:
            await self._looking.last_looks(lambda: self._look() is not Next.WAIT)
        self.pause()
        self._looking = None  # what makes room later resumes nothing

    async def stop(self) -> None:
        """Close the socket."""
        self.pause()
        if self._socket is not None:
            self.count_dropped()
            self._socket.close()
            self._socket = None
        self._looking = None

    def _look(self) -> Next:
        """Read until empty, or until others must have their turn."""
        assert self._socket is not None
        size = 0
        frames: list[bytes] = []
        addresses: list[Any] = []
        recvfrom, add, note = self._socket.recvfrom, frames.append, addresses.append
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
        if self._screen is not None:
            self._screen.look(frames, addresses)
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
            facts = {"net.peer.ip": ip, "net.peer.port": port, **self._common}
            way = address
            if isinstance(address, Through):
                way = address.proxy
                proxy = zip(
                    ("net.sock.peer.addr", "net.sock.peer.port"), peer_address(way), strict=True
                )
                facts |= proxy
            assert self._socket is not None
            peer = peers[address] = Peer(self._socket, way, Resource(facts))
        return peer

    def count_dropped(self) -> None:
        """Bring the kernel's count of this socket's losses into the metrics."""
        total = self._kernel_drops()
        self._context.count("kernel_dropped_datagrams", max(0, total - self._dropped))
        self._dropped = total

    def _kernel_drops(self) -> int:
        if self._socket is None:
            return self._dropped
        try:
            info = self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO_SIZE)
        except OSError:  # not Linux
            return self._dropped
        drops: int = struct.unpack_from("=I", info, _MEMINFO_SIZE - 4)[0]
        return drops


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
