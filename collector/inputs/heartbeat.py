"""Heartbeats over UDP: a datagram with nothing in it comes, a byte goes back.

Anybody can send datagrams in the name of others, so:

1. The answer is one byte, and goes only to datagrams of one byte or none: there is nothing to be
   gained by having it sent to a victim, and servers of other kinds say nothing so short.
2. A source port that is ours, or below 1024, is a server's and no client's.
3. Each address and port has five answers a second, and all together have a thousand. Two servers
   that were set to answer each other are faster, and the first answer that is left out ends it.
4. The answer comes from the address that was asked, on a machine that has several: a client takes
   no other for an answer.
"""

from __future__ import annotations

import socket
import struct
from collections import Counter
from collections.abc import Callable

from ..context import Context
from ..endpoints import shown_endpoint
from ..listening import Asked
from .looking import Looking, Next
from .opening import sockets_of
from .sockets import ListenError, peer_address

_ANSWER = b"\0"
_MOST_EACH = 5
_MOST = 1000
_PRIVILEGED = 1024
#: Of a datagram; more would only tell how much longer it is than it may be.
_READ = 2
#: Datagrams a look, so that others get their turn.
_MOST_A_LOOK = 256
_BUFFER = 1 << 18
_IP_PKTINFO = getattr(socket, "IP_PKTINFO", 8)  # not named before Python 3.14
#: in_pktinfo: the interface, our own address, the address that was asked (which may be of many).
_INFO_4 = struct.Struct("=i4s4s")
#: in6_pktinfo: the address that was asked, the interface.
_INFO_6 = struct.Struct("=16si")
_SPACE = socket.CMSG_SPACE(_INFO_6.size)


class HeartbeatListener:
    """Answers on the port of another listener, that has started. It takes no data in.

    It goes on while the receiver is paused: a client that waits shall not take us for dead.
    """

    transport = "udp heartbeat"

    def __init__(self, context: Context, beside: Callable[[], tuple[str, int]]) -> None:
        self._context = context
        self._beside = beside
        self._rate = Rate(context.reactor.seconds)
        self._socket: socket.socket | None = None
        self._looking: Looking | None = None
        self.address = ("", 0)

    async def start(self) -> None:
        """Bind and answer. Raises ListenError."""
        self.address = self._beside()
        try:
            there = shown_endpoint(*self.address)
            asked = Asked("udp", there, self._context.id, 0, _BUFFER)
            (self._socket,) = sockets_of(self._context).open(asked, lambda *_: None)
        except ListenError as e:
            raise ListenError(f"heartbeats: {e}") from e
        _ask_for_addresses(self._socket)
        self._looking = Looking(self._context, self._socket.fileno(), self._look, 0.0)
        self._looking.start()

    def pause(self) -> None:
        """See above."""

    def resume(self) -> None:
        """See above."""

    async def leave(self) -> None:
        """Others answer."""
        await self.quiesce()

    async def quiesce(self) -> None:
        """Answer no more: others shall take over."""
        if self._looking is not None:
            self._looking.stop()

    async def stop(self) -> None:
        """Close the socket."""
        await self.quiesce()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _look(self) -> Next:
        met: Counter[str] = Counter()
        for _ in range(_MOST_A_LOOK):
            try:
                met[self._next()] += 1
            except BlockingIOError:
                break
            except OSError:  # the ICMP error of an earlier answer
                continue
        for outcome, times in met.items():
            self._context.count("heartbeats", times, outcome=outcome)
        return Next.AGAIN if met.total() == _MOST_A_LOOK else Next.WAIT

    def _next(self) -> str:
        """Read one and answer it; what became of it. Raises OSError."""
        assert self._socket is not None
        data, ancillary, _, address = self._socket.recvmsg(_READ, _SPACE)
        ip, port = peer_address(address)
        why_not = refusal(data, port, self.address[1])
        if why_not:
            return why_not
        if not self._rate.spend((ip, port)):
            return "too_many"
        try:
            self._socket.sendmsg([_ANSWER], _from_there(ancillary), 0, address)
        except OSError:  # no room, or asked as one of many
            return "not_sent"
        return "answered"


def refusal(data: bytes, port: int, ours: int) -> str:
    """Why a datagram from that port is not answered; empty: it is. Rules 1 and 2."""
    if len(data) > len(_ANSWER):
        return "not_a_heartbeat"
    return "from_a_server" if port == ours or port < _PRIVILEGED else ""


class Rate:
    """Rule 3. It forgets everything each second, and so has a thousand entries at most."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._second = 0
        self._spent: Counter[tuple[str, int]] = Counter()
        self._total = 0

    def spend(self, peer: tuple[str, int]) -> bool:
        """Whether it may have one more answer."""
        second = int(self._clock())
        if second != self._second:
            self._second = second
            self._spent.clear()
            self._total = 0
        if self._spent.get(peer, 0) >= _MOST_EACH or self._total >= _MOST:
            return False
        self._spent[peer] += 1
        self._total += 1
        return True


def _ask_for_addresses(sock: socket.socket) -> None:
    """Let the kernel say with each datagram which of our addresses it came to. Rule 4."""
    if sock.family == socket.AF_INET6:  # for IPv4 over it too
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)


def _from_there(ancillary: list[tuple[int, int, bytes]]) -> list[tuple[int, int, bytes]]:
    """What makes an answer come from the address that was asked, over any interface."""
    said = []
    for level, kind, data in ancillary:
        if (level, kind) == (socket.IPPROTO_IP, _IP_PKTINFO):
            said.append((level, kind, _INFO_4.pack(0, _INFO_4.unpack(data)[1], bytes(4))))
        elif (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            said.append((level, kind, _INFO_6.pack(_INFO_6.unpack(data)[0], 0)))
    return said
