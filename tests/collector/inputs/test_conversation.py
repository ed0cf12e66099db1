"""Framings that speak: greeting, answering, and ending a connection, on real sockets."""

from __future__ import annotations

import asyncio
import socket

from collector.inputs import connections
from collector.inputs.conversation import Peer
from collector.inputs.framing import Lines, WrongProtocol
from tests.collector.inputs.test_stream import StreamTestCase
from tests.collector.tasks import as_task


class Polite(Lines):
    """Greets, echoes each read, and leaves when it is told to."""

    peer: Peer
    ends = 0

    def begin(self, peer: Peer) -> None:
        self.peer = peer
        peer.write(b"hello " + peer.ip.encode())

    def feed(self, data: bytes) -> bytes | list[bytes]:
        if data == b"wrong":
            raise WrongProtocol("nonsense")
        self.peer.write(data)
        if data == b"bye\n":
            self.peer.end()
        return super().feed(data)

    def closed(self) -> None:
        self.ends += 1


class ConversationTests(StreamTestCase):
    async def begin(self) -> tuple[socket.socket, Polite]:
        made: list[Polite] = []

        def framing() -> Polite:
            made.append(Polite())
            return made[-1]

        await self.listen(framing)
        sock = self.dial()
        self.assertEqual(await self.read(sock), b"hello 127.0.0.1")
        return sock, made[0]

    async def read(self, sock: socket.socket) -> bytes:
        return await asyncio.to_thread(sock.recv, 65536)

    @as_task
    async def test_speaks_first_and_answers(self) -> None:
        sock, polite = await self.begin()
        sock.sendall(b"one\n")
        self.assertEqual(await self.read(sock), b"one\n")
        sock.close()
        await self.until(lambda: polite.ends)
        self.assertEqual((self.frames, polite.ends), ([b"one"], 1))

    @as_task
    async def test_the_last_words_arrive_though_the_peer_goes_on(self) -> None:
        sock, polite = await self.begin()
        sock.sendall(b"bye\n")
        await self.until(lambda: self.frames)
        polite.peer.write(b"never")
        polite.peer.end()
        sock.sendall(b"more\n" * 100)
        self.assertEqual(await self.read(sock), b"bye\n")
        self.assertEqual(await self.read(sock), b"")
        self.assertEqual((self.frames, polite.ends), ([b"bye"], 0))
        sock.close()
        await self.until(lambda: polite.ends)

    @as_task
    async def test_a_peer_that_does_not_close_is_closed(self) -> None:
        self.patch(connections, "_LINGER", 0.02)
        sock, polite = await self.begin()
        sock.sendall(b"bye\n")
        await self.until(lambda: polite.ends)
        self.assertEqual(self.gauge("connections"), 0)

    @as_task
    async def test_stopping_while_one_ends_leaves_no_timer(self) -> None:
        sock, polite = await self.begin()
        sock.sendall(b"bye\n")
        await self.until(lambda: self.frames)
        await self.listener.stop()
        self.assertEqual(polite.ends, 1)

    @as_task
    async def test_what_is_unsent_is_known(self) -> None:
        _, polite = await self.begin()
        polite.peer.write(b"x" * (1 << 23))  # more than the kernel takes, and more than may wait
        await self.until(lambda: polite.ends)

    @as_task
    async def test_the_wrong_protocol_ends_it_too(self) -> None:
        sock, polite = await self.begin()
        sock.sendall(b"wrong")
        await self.until(lambda: polite.ends)
        self.assertEqual(self.count("connections_refused", reason="wrong_protocol"), 1)

    @as_task
    async def test_a_paused_peer_is_not_read_and_is_answered(self) -> None:
        sock, polite = await self.begin()
        polite.peer.pause()
        sock.sendall(b"one\n")
        polite.peer.write(b"x" * (1 << 19))
        got = 0
        while got < 1 << 19:
            got += len(await self.read(sock))
        self.assertEqual(self.frames, [])
        polite.peer.resume()
        self.assertEqual(await self.read(sock), b"one\n")
        self.assertEqual(self.frames, [b"one"])

    @as_task
    async def test_a_paused_peer_that_is_gone_is_noticed_when_it_is_read_again(self) -> None:
        sock, polite = await self.begin()
        polite.peer.pause()
        sock.close()
        polite.peer.resume()
        await self.until(lambda: polite.ends)
        polite.peer.resume()
