"""Datagrams: all that a socket holds at a look becomes one batch (see `looking`)."""

from __future__ import annotations

import socket
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from itertools import compress, islice
from typing import Any, Literal

from ..context import Context
from ..event import Resource
from ..fields import Endpoint, Size
from ..listening import Asked
from .datagrams import SEPARATORS, Datagrams, Peer, lines
from .frames import Frames
from .looking import PAUSE, Looking, Next
from .opening import sockets_of
from .rates import RateOptions, Rates
from .refusals import Refusals
from .screen import Screen, Through
from .sockets import buffer_of, dropped_by_kernel, peer_address
from .sources import source

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

#: As `recvfrom`.
Receive = Callable[[int], tuple[bytes, Any]]


class DatagramOptions(RateOptions):
    """A UDP listener."""

    #: Where it listens, such as `'[::]:5514'`.
    endpoint: Endpoint
    #: Size asked of the kernel. Where it grants less, one warning says which sysctl to raise.
    receive_buffer: Size = 32 << 20
    #: Take each line of a datagram for a message, for senders that put several into one.
    split_lines: bool = False
    #: With several workers, who gets a datagram. `any`: one that is free. `source`: always the
    #: same for an address and port, which keeps their order and ties a busy relay to one worker. A
    #: change needs a restart.
    spread: Literal["any", "source"] = "any"


class MessageListener:
    """Reads sockets of datagrams while it is not paused, and hands on the frames of each look.

    Empty datagrams, which health checks send, are ignored.
    """

    transport: str

    def __init__(
        self, context: Context, flush: Callable[[Frames], None], resource: dict[str, Any]
    ) -> None:
        self._context = context
        self._flush = flush
        self._common = resource
        self._peers: dict[Any, Peer] = {}
        self._sockets: list[socket.socket] = []
        self._lookings: list[Looking] = []
        self.address = ("", 0)

    def _serve(self, sock: socket.socket, receive: Receive, pause: float) -> None:
        """One socket more. `receive`: as `recvfrom`; what it gives beside is `_new_peer`'s."""
        self._sockets.append(sock)
        look = partial(self._look, receive)
        self._lookings.append(Looking(self._context, sock.fileno(), look, pause))

    def pause(self) -> None:
        """Unread datagrams wait in the kernel, which drops and counts what finds no room."""
        for looking in self._lookings:
            looking.stop()

    def resume(self) -> None:
        """Read, or read again."""
        for looking in self._lookings:
            looking.start()

    async def leave(self) -> None:
        """Others read what comes."""
        await self.quiesce()

    async def quiesce(self) -> None:
        """Take what the kernel still has, then read no more."""
        for looking in self._lookings:
            await looking.last_looks(lambda look=looking.look: look() is not Next.WAIT)  # type: ignore[misc]
        self.pause()
        self._lookings = []  # what makes room later resumes nothing

    async def stop(self) -> None:
        """Close the sockets."""
        self.pause()
        for sock in self._sockets:
            sock.close()
        self._sockets, self._lookings = [], []

    def _look(self, receive: Receive) -> Next:
        """Read until empty, or until others must have their turn."""
        size = 0
        frames: list[bytes] = []
        origins: list[Any] = []
        add, note = frames.append, origins.append
        try:
            for _ in range(_MOST):
                data, origin = receive(_LARGEST)
                add(data)
                note(origin)
                size += len(data)
                if size >= _MOST_BYTES:
                    break
        except BlockingIOError:
            pass
        except OSError as e:  # the ICMP error of an earlier reply; the socket is well
            self._context.log.debug("{id}: {error}", id=self._context.id, error=e)
        if not frames:
            return Next.WAIT
        self._hand_on(frames, origins, size)
        full = len(frames) == _MOST or size >= _MOST_BYTES
        return Next.AGAIN if full else Next.PAUSE

    def _hand_on(self, frames: list[bytes], origins: list[Any], size: int) -> None:
        peers = self._peers
        try:
            sources = [peers[origin] for origin in origins]
        except KeyError:
            sources = [self._peer(origin) for origin in origins]
        self._context.count("received_bytes", size, transport=self.transport)
        self._flush(Datagrams(*self._kept(frames, sources), size))

    def _kept(self, frames: list[bytes], sources: list[Peer]) -> tuple[list[bytes], list[Peer]]:
        """What is handed on of datagrams that are taken."""
        return frames, sources

    def _peer(self, origin: Any) -> Peer:
        peers = self._peers
        peer = peers.get(origin)
        if peer is None:
            if len(peers) >= _PEERS:
                for old in list(islice(peers, _PEERS // 2)):
                    del peers[old]
            peer = peers[origin] = self._new_peer(self._sockets[0], origin)
        return peer

    @abstractmethod
    def _new_peer(self, sock: socket.socket, origin: Any) -> Peer: ...


class DatagramListener(MessageListener):
    """Of UDP."""

    transport = "udp"

    def __init__(
        self,
        context: Context,
        options: DatagramOptions,
        flush: Callable[[Frames], None],
        resource: dict[str, Any],
    ) -> None:
        super().__init__(context, flush, resource)
        self._options = options
        self._dropped = 0
        self._counts_dropped = False
        self._has_pauses = True
        guarded = options.allowed_sources or options.trusted_proxies
        self._screen = Screen(context, options) if guarded else None
        self._rates = Rates.of(options, context.reactor.seconds)
        self._refusals = Refusals(context, "datagrams_refused")

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
        self._has_pauses = sockets.has_pauses
        for sock in sockets.open(asked, self._more):
            self._add(sock)
        granted = buffer_of(self._sockets[0])
        if granted < options.receive_buffer:
            self._warn(granted)
        self.address = peer_address(self._sockets[0].getsockname())
        port = self.address[1]
        self._common = {"net.transport": "udp", "net.host.port": port, **self._common}
        self._context.gauge(
            "receive_buffer_bytes",
            "What the kernel granted a UDP socket.",
            lambda: granted,
            endpoint=options.endpoint,
        )
        self._counts_dropped = not sockets.are_shared
        self._context.metrics.before_reading.append(self.count_dropped)
        self.resume()

    def _add(self, sock: socket.socket) -> None:
        pause = _pause_for(buffer_of(sock)) if self._has_pauses else 0.0
        self._serve(sock, sock.recvfrom, pause)

    def _more(self, sock: socket.socket, _: bytes | None) -> None:
        """One that another worker has read."""
        if not self._lookings:
            sock.close()
            return
        self._add(sock)
        if self._lookings[0].active:
            self._lookings[-1].start()

    def _warn(self, granted: int) -> None:
        self._context.log.warn(
            "{id}: the kernel grants a receive buffer of {granted} bytes of the {wanted} asked "
            "for, bursts may be lost; sysctl -w net.core.rmem_max={wanted}",
            id=self._context.id,
            granted=granted,
            wanted=self._options.receive_buffer,
        )

    async def stop(self) -> None:
        """Close the socket."""
        if self._sockets:
            self.count_dropped()
        await super().stop()

    def _hand_on(self, frames: list[bytes], origins: list[Any], size: int) -> None:
        if self._screen is not None:
            self._screen.look(frames, origins)
        frames = [frame.rstrip(SEPARATORS) for frame in frames]
        super()._hand_on(frames, origins, size)

    def _kept(self, frames: list[bytes], sources: list[Peer]) -> tuple[list[bytes], list[Peer]]:
        if self._options.split_lines:
            frames, sources = lines(frames, sources)
        if self._rates:
            frames, sources = self._within_rate(frames, sources)
        return frames, sources

    def _within_rate(
        self, frames: list[bytes], sources: list[Peer]
    ) -> tuple[list[bytes], list[Peer]]:
        taken, over = self._rates.within(sources, _source_of)
        for who, events in over.items():
            self._refusals.count("rate_limited", events)
            self._refusals.too_fast(who, self._rates.rate, "the others are lost")
        return list(compress(frames, taken)), list(compress(sources, taken))

    def _new_peer(self, sock: socket.socket, origin: Any) -> Peer:
        ip, port = peer_address(origin)
        facts = {"net.peer.ip": ip, "net.peer.port": port, **self._common}
        way = origin
        if isinstance(origin, Through):
            way = origin.proxy
            proxy = zip(
                ("net.sock.peer.addr", "net.sock.peer.port"), peer_address(way), strict=True
            )
            facts |= proxy
        return Peer(sock, way, Resource(facts))

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


def no_more(*_: object) -> None:
    """One socket of datagrams is for all."""


def _source_of(peer: Peer) -> str:
    return source(peer.resource.attributes["net.peer.ip"])


def _pause_for(granted: int) -> float:
    """Seconds in which a buffer of that size cannot fill at any likely rate."""
    return min(PAUSE, granted / _FILL_RATE)
