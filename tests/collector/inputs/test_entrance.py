"""Who a stream listener lets in, and whom proxies speak for, on real sockets."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from collector.inputs import entrance
from tests.collector.inputs.test_proxy_header import version_1, version_2
from tests.collector.inputs.test_tls import TlsTestCase
from tests.collector.tasks import as_task

HERE = ["127.0.0.0/8"]
SOURCE, PORT = "192.0.2.1", 4321


class EntranceTestCase(TlsTestCase):
    def refused_for(self, reason: str) -> int:
        return self.count("connections_refused", reason=reason)

    def attributes(self) -> dict[str, Any]:
        return self.got[0].resource(0).attributes

    async def closed(self, sock: socket.socket) -> None:
        sock.settimeout(5)
        try:
            self.assertEqual(await asyncio.to_thread(sock.recv, 1), b"")
        except ConnectionResetError:
            return


class ProxyTests(EntranceTestCase):
    @as_task
    async def test_the_peer_is_whom_the_proxy_speaks_for(self) -> None:
        await self.listen(trusted_proxies=HERE)
        for n, writer in enumerate((version_1, version_2), 1):
            sock = self.dial()
            sock.sendall(writer(SOURCE, PORT) + b"one\ntwo\n")
            self.assertEqual(await self.got_frames(2 * n), [b"one", b"two"] * n)
            said = self.got[-1].resource(0).attributes
            self.assertEqual((said["net.peer.ip"], said["net.peer.port"]), (SOURCE, PORT))
            self.assertEqual(
                (said["net.sock.peer.addr"], said["net.sock.peer.port"]), sock.getsockname()
            )

    @as_task
    async def test_a_header_may_come_byte_by_byte(self) -> None:
        await self.listen(trusted_proxies=HERE)
        sock = self.dial()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for n in version_2(SOURCE, PORT, more=bytes(300)):
            sock.sendall(bytes([n]))
            await asyncio.sleep(0)
        sock.sendall(b"one\n")
        self.assertEqual(await self.got_frames(1), [b"one"])
        self.assertEqual(self.attributes()["net.peer.ip"], SOURCE)

    @as_task
    async def test_it_comes_before_the_handshake_of_tls(self) -> None:
        await self.secure(trusted_proxies=HERE)
        plain = self.dial()
        plain.sendall(version_2(SOURCE, PORT))
        sock = await asyncio.to_thread(
            self.client().wrap_socket, plain, server_hostname="127.0.0.1"
        )
        self.addCleanup(sock.close)
        sock.sendall(b"one\n")
        self.assertEqual(await self.got_frames(1), [b"one"])
        self.assertEqual(self.attributes()["net.peer.ip"], SOURCE)

    @as_task
    async def test_a_proxy_that_speaks_for_itself_is_the_peer(self) -> None:
        await self.listen(trusted_proxies=HERE)
        self.dial().sendall(b"PROXY UNKNOWN\r\none\n")
        await self.got_frames(1)
        self.assertEqual(self.attributes()["net.peer.ip"], "127.0.0.1")
        self.assertNotIn("net.sock.peer.addr", self.attributes())

    @as_task
    async def test_a_proxy_without_a_header_is_refused(self) -> None:
        await self.listen(trusted_proxies=HERE)
        sock = self.dial()
        sock.sendall(b"<34>hello\n")
        await self.closed(sock)
        self.assertEqual(self.refused_for("proxy_header"), 1)
        self.assertEqual(self.said("nothing is taken from 127.0.0.1: it sent no PROXY header"), 1)

    @as_task
    async def test_a_slow_one_is_not_waited_for(self) -> None:
        self.patch(entrance, "_PATIENCE", 0.02)
        await self.listen(trusted_proxies=HERE)
        sock = self.dial()
        sock.sendall(b"PROXY TCP4 1")
        await self.closed(sock)
        self.assertEqual(self.refused_for("proxy_header"), 1)

    @as_task
    async def test_one_that_only_looks_whether_we_are_there_is_no_failure(self) -> None:
        await self.listen(trusted_proxies=HERE)
        self.dial().close()
        sock = self.dial()
        sock.sendall(version_1(SOURCE, PORT) + b"one\n")
        await self.got_frames(1)
        self.assertEqual(self.count("connections_refused"), 0)

    @as_task
    async def test_those_that_wait_take_the_places_of_connections(self) -> None:
        await self.listen(trusted_proxies=HERE, max_connections=1)
        first, second = self.dial(), self.dial()
        await self.closed(second)
        self.assertEqual(self.refused_for("max_connections"), 1)
        first.sendall(version_1(SOURCE, PORT) + b"one\n")
        self.assertEqual(await self.got_frames(1), [b"one"])

    @as_task
    async def test_those_that_wait_are_closed_at_the_end(self) -> None:
        await self.listen(trusted_proxies=HERE)
        sock = self.dial()
        sock.sendall(b"PROXY TCP4 1")
        await self.listener.quiesce()
        await self.closed(sock)

    @as_task
    async def test_others_need_no_header(self) -> None:
        await self.listen(trusted_proxies=["192.0.2.0/24"])
        self.dial().sendall(b"one\n")
        self.assertEqual(await self.got_frames(1), [b"one"])


class AllowedTests(EntranceTestCase):
    @as_task
    async def test_only_allowed_sources_come_in(self) -> None:
        await self.listen(allowed_sources=["192.0.2.0/24", "2001:db8::/32"])
        for _ in range(3):
            await self.closed(self.dial())
        self.assertEqual(self.refused_for("source"), 3)
        self.assertEqual(self.said("from 127.0.0.1: it is not one of allowed_sources"), 1)

    @as_task
    async def test_it_is_the_source_behind_the_proxy_that_counts(self) -> None:
        await self.listen(trusted_proxies=HERE, allowed_sources=["192.0.2.0/24"])
        self.dial().sendall(version_1("192.0.2.9", 1) + b"one\n")
        other = self.dial()
        other.sendall(version_1("198.51.100.9", 1) + b"two\n")
        await self.closed(other)
        self.assertEqual(await self.got_frames(1), [b"one"])
        self.assertEqual(self.refused_for("source"), 1)
