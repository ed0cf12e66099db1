"""A sender of a contract, and the receiver at the other end of its line."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable, Mapping
from typing import Protocol

from ..delivery import Outcome
from ..memory_network import MemorySocket
from ..receiver_rig import ReceiverRig, posted
from ..stand_ins import RecordingOutput


class Words(Protocol):
    """How a receiver is spoken to; `ReceiverContract` says what each is."""

    path: str
    headers: Mapping[str, str]
    greeting: bytes

    def sample(self, text: str) -> bytes: ...


class Sender:
    """Over one connection after the other, or in datagrams."""

    def __init__(self, words: Words, rig: ReceiverRig, output: RecordingOutput) -> None:
        self._words, self.rig, self.output = words, rig, output
        self.receiver = rig.receiver
        self.sock = MemorySocket(0)

    @property
    def is_stream(self) -> bool:
        """Whether bytes have an order here."""
        return self.rig.takes != "datagrams"

    @property
    def written(self) -> bytes:
        """All answers."""
        return b"".join(self.sock.written)

    async def dial(self) -> None:
        """A new connection, greeted."""
        if self.is_stream:
            self.sock = await self.rig.connect()
            await self.rig.feed(self.sock, self._words.greeting)
        else:
            self.sock = self.rig.listener(("udp", "unix_datagram"))

    def said(self, text: str) -> bytes:
        """The bytes of a sample on the wire."""
        return self.wire(self._words.sample(text))

    def wire(self, data: bytes, **headers: str) -> bytes:
        """Bytes as they are sent here."""
        if self.rig.takes != "request":
            return data
        return posted(data, self._words.path, {**self._words.headers, **headers})

    async def say(self, *texts: str) -> bytes:
        """Send samples; what is answered at once."""
        return await self.send(b"".join(map(self.said, texts)) if self.is_stream else b"", texts)

    async def send(self, data: bytes, texts: Iterable[str] = ()) -> bytes:
        """Send bytes, or samples as datagrams; what is answered at once."""
        before = len(self.written)
        if self.is_stream:
            await self.rig.feed(self.sock, data)
        else:
            await self.rig.datagrams([*map(self.said, texts), *([data] if data else [])])
        return self.written[before:]

    async def settle(self, outcome: Outcome) -> bytes:
        """Let what is open come to its end; what is answered to that."""
        before = len(self.written)
        self.output.settle(outcome)
        await self.rig.network.settle()
        return self.written[before:]

    async def hang_up(self) -> None:
        """The sender is gone."""
        self.sock.ended = self.is_stream
        await self.rig.network.settle()

    def arrived(self, text: str) -> int:
        """How many events have it."""
        return sum(text in repr((e.body, e.attributes)) for e in self.output.events)

    async def stop(self) -> None:
        """As the core does."""
        await self.receiver.quiesce()
        await self.rig.network.settle()
        await self.receiver.stop()

    async def flood(self, size: int, read: int) -> int:
        """Begin a sample and never end it, for so many bytes; how many are held of it."""
        start = self.said("x" * 64)
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            await self.send(start[: len(start) // 2])
            for _ in range(0, size, read):
                await self.send(b"x" * read)
            self.output.batches.clear()
            self.sock.coming.clear()  # of a connection that is not read: the peer's kernel has it
            return tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
