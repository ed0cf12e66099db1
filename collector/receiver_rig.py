"""A receiver without sockets: bytes in at its listeners, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .component import Receiver
from .inputs.receiver import FrameReceiver
from .inputs.web_receiver import WebReceiver
from .memory_network import Address, MemoryNetwork, MemorySocket

#: An address of documentation, RFC 5737.
PEER: Address = ("192.0.2.1", 50000)


class Undrivable(Exception):
    """The receiver cannot be given this. Says why."""


class ReceiverRig:
    """A started receiver whose context has the network for its `sockets`, and its reactor.

    The account of what it sends is its output's.
    """

    def __init__(self, receiver: Receiver[Any], network: MemoryNetwork) -> None:
        """Raises Undrivable."""
        if not isinstance(receiver, FrameReceiver | WebReceiver):
            kinds = "FrameReceiver or WebReceiver"
            raise Undrivable(f"{receiver.context.id} takes no bytes: it is no {kinds}")
        self.receiver = receiver
        self.network = network

    async def datagrams(
        self, datagrams: Iterable[bytes], peer: Address = PEER, port: int | None = None
    ) -> list[bytes]:
        """Send each, to the UDP listener at that port, else to the first; the answers."""
        listener = self.listener(("udp", "unix_datagram"), port)
        before = len(listener.written)
        listener.coming.extend((datagram, peer) for datagram in datagrams)
        await self.network.settle()
        return listener.written[before:]

    async def stream(
        self,
        parts: Iterable[bytes],
        peer: Address = PEER,
        port: int | None = None,
        *,
        ends: bool = True,
    ) -> bytes:
        """Send over a new connection, a read for each part; the answers. `ends`: then close."""
        sock = await self.connect(peer, port)
        for part in parts:
            await self.feed(sock, part)
        if ends:
            sock.ended = True
            await self.network.settle()
        return b"".join(sock.written)

    async def connect(self, peer: Address = PEER, port: int | None = None) -> MemorySocket:
        """A connection to the listener at that port, else to the first; `feed` it."""
        sock = self.network.connect(self.listener(("tcp", "unix"), port), peer)
        await self.network.settle()
        return sock

    async def feed(self, sock: MemorySocket, data: bytes) -> None:
        """Bytes of a connection."""
        if data:
            sock.coming.append(data)
            await self.network.settle()

    async def request(
        self,
        body: bytes,
        path: str = "/",
        headers: Mapping[str, str] | None = None,
        peer: Address = PEER,
        port: int | None = None,
    ) -> int:
        """POST a body; the status of the answer, 0 when there is none."""
        answer = await self.stream([posted(body, path, headers or {})], peer, port)
        status = answer[9:12]
        return int(status) if answer.startswith(b"HTTP/1.1 ") and status.isdigit() else 0

    def listener(self, transports: Sequence[str], port: int | None = None) -> MemorySocket:
        """The first of these transports, at that port where one is said. Raises Undrivable."""
        found = [sock for transport, sock in self.network.listeners if transport in transports]
        for sock in found:
            if port is None or sock.address[1] == port:
                return sock
        where = "" if port is None else f" at port {port}"
        kind = "datagrams" if "udp" in transports else "a stream"
        raise Undrivable(f"{self.receiver.context.id} has no listener for {kind}{where}")

    @property
    def takes(self) -> str:
        """How it is best given bytes: `datagrams`, `stream` or `request`."""
        if isinstance(self.receiver, WebReceiver):
            return "request"
        streams = any(transport in {"tcp", "unix"} for transport, _ in self.network.listeners)
        return "stream" if streams else "datagrams"


def posted(body: bytes, path: str, headers: Mapping[str, str]) -> bytes:
    """A POST as it is on the wire."""
    said = {"Host": "collector", **headers, "Content-Length": str(len(body))}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
