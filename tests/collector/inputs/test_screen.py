"""Whose datagrams are taken, and whom proxies speak for, on real sockets."""

from __future__ import annotations

from tests.collector.inputs.test_datagram import DatagramTestCase
from tests.collector.inputs.test_proxy_header import version_1, version_2
from tests.collector.tasks import as_task

HERE = ["127.0.0.0/8"]


class ScreenTests(DatagramTestCase):
    def refused_for(self, reason: str) -> int:
        return self.count("datagrams_refused", reason=reason)

    @as_task
    async def test_the_peer_is_whom_the_proxy_speaks_for(self) -> None:
        await self.listen(trusted_proxies=HERE)
        client = self.client()
        for n, ip in enumerate(("192.0.2.1", "2001:db8::1", "192.0.2.1")):
            client.send(version_2(ip, 4321, kind=2) + b"%d\n" % n)
        self.assertEqual(await self.got_frames(3), [b"0", b"1", b"2"])
        said = [frames.resource(n).attributes for frames in self.got for n in range(len(frames))]
        self.assertEqual(
            [a["net.peer.ip"] for a in said], ["192.0.2.1", "2001:db8::1", "192.0.2.1"]
        )
        proxy = (said[0]["net.sock.peer.addr"], said[0]["net.sock.peer.port"])
        self.assertEqual(proxy, client.getsockname())

    @as_task
    async def test_an_answer_goes_to_the_proxy(self) -> None:
        await self.listen(trusted_proxies=HERE)
        client = self.client()
        client.send(version_2("192.0.2.1", 4321, kind=2) + b"one")
        await self.got_frames(1)
        self.got[0].reply(0, b"ok")
        client.settimeout(5)
        self.assertEqual(client.recv(10), b"ok")

    @as_task
    async def test_a_proxy_without_a_whole_header_is_refused(self) -> None:
        await self.listen(trusted_proxies=HERE)
        client = self.client()
        for data in (b"<34>hello", version_2("192.0.2.1", 1)[:20], b"PROXY UNKNOWN\r\nlast"):
            client.send(data)
        self.assertEqual(await self.got_frames(1), [b"last"])
        self.assertEqual(self.refused_for("proxy_header"), 2)

    @as_task
    async def test_a_header_from_anybody_else_is_refused(self) -> None:
        await self.listen(trusted_proxies=["192.0.2.0/24"])
        client = self.client()
        client.send(version_2("192.0.2.1", 1) + b"forged")
        client.send(version_1("192.0.2.1", 1) + b"text of a line")
        client.send(b"plain")
        self.assertEqual((await self.got_frames(2))[-1], b"plain")
        self.assertEqual(self.refused_for("proxy_header"), 1)

    @as_task
    async def test_only_allowed_sources_are_taken(self) -> None:
        await self.listen(trusted_proxies=HERE, allowed_sources=["192.0.2.0/24"])
        client = self.client()
        for ip in ("198.51.100.1", "192.0.2.1", "198.51.100.1"):
            client.send(version_2(ip, 1) + ip.encode())
        self.assertEqual(await self.got_frames(1), [b"192.0.2.1"])
        await self.until(lambda: self.refused_for("source") == 2)
