"""Clients that only look whether we are there: answered, and no cause for a word."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from pathlib import Path
from typing import Any

from tests.collector.tasks import as_task
from tests.plugins.collector_forward.test_receiver import AUTHORITY, KEY, SecurityTestCase, chunk


class UdpTests(SecurityTestCase):
    def ask(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(sock.close)
        sock.connect(self.address)
        sock.send(b"\0")
        return sock

    @as_task
    async def test_are_answered_on_the_port_of_the_data(self) -> None:
        await self.listen()
        self.assertEqual(await self.read(self.ask()), b"\0")

    @as_task
    async def test_are_not_where_the_configuration_says_so(self) -> None:
        receiver = await self.listen(udp_heartbeat=False)
        self.assertEqual([listener.transport for listener in receiver.listening], ["tcp"])


class TcpTests(SecurityTestCase):
    """Fluentd does so each second, for each server it has."""

    def setUp(self) -> None:
        super().setUp()
        self.cert = Path(self.mktemp())
        self.cert.write_bytes(AUTHORITY.issue())
        self.lines: list[str] = []
        for level in ("info", "warn", "error", "failure", "critical"):
            self.patch(self.context.log, level, self.note)

    def note(self, text: str, **facts: Any) -> None:
        if "listening on" not in text:
            self.lines.append(text.format(**facts))

    async def check(self, number: int) -> None:
        await self.until(lambda: self.count("connections_opened") == number)
        await self.until(lambda: self.gauge("connections") == 0)
        self.assertEqual((self.lines, self.count("connections_refused")), ([], 0))

    @as_task
    async def test_connections_without_a_word(self) -> None:
        await self.listen()
        for n in range(20):
            sock = self.dial()
            if n % 2:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
        await self.check(20)

    @as_task
    async def test_handshakes_and_nothing_else(self) -> None:
        await self.listen(security={"shared_key": KEY})
        for n in range(10):
            sock = self.dial()
            if n % 2:
                self.assertTrue((await self.pong(sock, KEY))[1])
            sock.close()
        await self.check(10)

    @as_task
    async def test_the_same_under_tls(self) -> None:
        await self.listen(tls={"cert_file": self.cert})
        trust = ssl.create_default_context(cadata=AUTHORITY.pem.decode())
        for n in range(4):
            sock = self.dial()
            if n % 2:
                name = "127.0.0.1"
                sock = await asyncio.to_thread(trust.wrap_socket, sock, server_hostname=name)
            sock.close()
        await self.check(4)

    @as_task
    async def test_nil_between_frames(self) -> None:
        await self.listen()
        sock = self.dial()
        sock.sendall(b"\xc0")
        sock.sendall(b"\xc0" + chunk("c", "a") + b"\xc0")
        self.assertEqual(await self.bodies(1), ["a"])
        sock.close()
        await self.check(1)
