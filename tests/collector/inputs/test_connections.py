"""How many connections there may be, and how they end."""

from __future__ import annotations

import asyncio
import socket

from collector.inputs.framing import Framing
from tests.collector.inputs.test_stream import StreamTestCase
from tests.collector.tasks import as_task


class ConnectionsTests(StreamTestCase):
    @as_task
    async def test_connections_over_the_limit_are_closed(self) -> None:
        await self.listen(max_connections=2)
        socks = [self.dial() for _ in range(3)]
        await self.until(lambda: self.count("connections_refused", reason="max_connections"))
        self.assertEqual((self.gauge("connections"), self.count("connections_opened")), (2, 2))
        self.assertEqual(await asyncio.to_thread(socks[2].recv, 1), b"")
        socks[0].close()
        await self.until(lambda: self.gauge("connections") == 1)
        self.dial().sendall(b"x\n")
        self.assertEqual(await self.got_frames(1), [b"x"])

    @as_task
    async def test_connections_over_the_limit_of_a_source_are_closed_and_said_once(self) -> None:
        await self.listen(max_connections_per_source=2)
        said = self.warnings()
        socks = [self.dial() for _ in range(4)]
        reason = "max_connections_per_source"
        await self.until(lambda: self.count("connections_refused", reason=reason) == 2)
        self.assertEqual(self.gauge("connections"), 2)
        (line,) = said
        self.assertIn("r: 127.0.0.1 has 2 connections open", line)
        self.assertIn("raise max_connections_per_source", line)
        socks[0].close()
        await self.until(lambda: self.gauge("connections") == 1)
        self.dial().sendall(b"x\n")
        self.assertEqual(await self.got_frames(1), [b"x"])

    @as_task
    async def test_a_framing_that_cannot_be_made_refuses_the_connection(self) -> None:
        def broken() -> Framing:
            raise ValueError("an author's bug")

        await self.listen(broken)
        self.assertEqual(await asyncio.to_thread(self.dial().recv, 1), b"")
        self.assertEqual(self.count("connections_refused", reason="framing_failed"), 1)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    @as_task
    async def test_a_peer_that_is_silent_for_long_is_asked_whether_it_is_there(self) -> None:
        await self.listen()
        self.dial().sendall(b"x\n")
        await self.got_frames(1)
        (connection,) = self.listener._connections
        sock = connection.sock
        self.assertTrue(sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
        self.assertEqual(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE), 300)

    @as_task
    async def test_a_peer_that_does_not_read_its_answers_is_closed(self) -> None:
        await self.listen(flush=lambda frames: frames.reply(0, b"x" * 50_000_000), pause=0)
        self.dial().sendall(b"one\n")
        await self.until(lambda: self.count("connections_refused", reason="does_not_read"))
        self.assertEqual(self.gauge("connections"), 0)
