"""The HTTP client through real proxies on loopback: good, refusing, broken and silent ones."""

from __future__ import annotations

import os
import socket
from base64 import b64encode
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, succeed
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.testing import StringTransport
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import SynchronousTestCase

from collector.outputs.http import Ambiguous, HttpClient, NotSent
from collector.outputs.proxy import Proxy, proxy_of
from collector.outputs.trust import TlsClientOptions
from collector.outputs.tunnel import MAX_HEAD, ProxyFailed, Tunnel
from collector.tasks import spawn, wait
from tests.collector.outputs.authority import PemFile, pin_of
from tests.collector.outputs.connect_proxy import OPENED, ConnectProxy
from tests.collector.outputs.http_case import as_task, logged_in, pause, reactor
from tests.collector.outputs.test_trust import TlsCase

NAME = "abc12345.live.example"
URL = f"https://{NAME}/in"
USER = "collector:CANARY%21"


class ProxyCase(TlsCase):
    """A server with a certificate for NAME, and a proxy that leads there whatever it is asked."""

    def setUp(self) -> None:
        super().setUp()
        port = int(self.listen(host=NAME).rpartition(":")[2].partition("/")[0])
        self.proxy = ConnectProxy(port)
        self.proxy_port = self.proxied(self.proxy)
        self.logged = logged_in(self)

    def proxied(self, factory: Any) -> int:
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        return int(port.getHost().port)

    def through(self, scheme: str = "http", **options: Any) -> HttpClient:
        proxy = proxy_of(f"{scheme}://{USER}@127.0.0.1:{self.proxy_port}")
        options.setdefault("tls", TlsClientOptions(ca_file=self.ca))
        return self.client(proxy=proxy, **options)

    async def refused(self, client: HttpClient, *, lasting: bool = False) -> str:
        """What NotSent says; the server has read nothing, the proxy keeps nothing open."""
        error = await self.fails(NotSent, client, URL)
        self.assertEqual(self.server.read, b"")
        self.assertEqual(error.lasting, lasting)
        said = f"{error!r} {error.__cause__!r} {error.__context__!r} {' '.join(self.logged)}"
        self.assertNotIn("CANARY", said)
        self.assertNotIn(b64encode(b"collector:CANARY!").decode(), said)
        while self.proxy.open:
            await pause(0.01)
        return str(error)

    async def ended(self) -> None:
        await super().ended()
        while self.proxy.open:
            await pause(0.01)


class TunnelTests(ProxyCase):
    @as_task
    async def test_a_request_goes_through_and_the_tunnel_is_kept(self) -> None:
        client = self.through()
        for _ in range(2):
            self.assertEqual((await client.post(URL, [("X-A", "1")], b"body")).status, 204)
        coded = b64encode(b"collector:CANARY!")
        self.assertEqual(
            self.proxy.heads,
            [
                b"CONNECT %(to)s HTTP/1.1\r\nHost: %(to)s\r\n"
                b"Proxy-Authorization: Basic %(coded)s\r\n\r\n"
                % {b"to": f"{NAME}:443".encode(), b"coded": coded}
            ],
        )
        (head, body), _ = self.server.requests
        self.assertTrue(head.startswith(b"POST /in HTTP/1.1\r\n"))
        self.assertNotIn(b"proxy", head.lower())
        self.assertEqual(body, b"body")
        self.assertNotIn(b"body", self.proxy.tunnelled, "TLS runs end to end")
        self.assertEqual(client.route(URL), f"through the proxy http://127.0.0.1:{self.proxy_port}")

    @as_task
    async def test_plain_http_goes_through_a_tunnel_as_well(self) -> None:
        self.proxy.port = self.port.getHost().port
        answer = await self.through().post("http://plain.example/in", (), b"body")
        self.assertEqual(answer.status, 204)
        self.assertTrue(self.proxy.heads[0].startswith(b"CONNECT plain.example:80 "))
        self.assertNotIn(b"Proxy", self.server.requests[0][0])

    @as_task
    async def test_a_large_body_and_many_at_once(self) -> None:
        client = self.through()
        bodies = [bytes([n]) * 300_000 for n in range(8)]
        posts = [spawn(client.post(URL, (), body)) for body in bodies]
        self.assertEqual([(await wait(post)).status for post in posts], [204] * 8)
        self.assertEqual(sorted(body for _, body in self.server.requests), bodies)

    @as_task
    async def test_the_servers_name_is_checked_and_not_the_proxys(self) -> None:
        self.proxy.port = int(self.listen(host="127.0.0.1").rpartition(":")[2].partition("/")[0])
        said = await self.refused(self.through(), lasting=True)
        self.assertEqual(said, f"the certificate of {NAME} is for another name")

    @as_task
    async def test_a_pin_is_the_servers(self) -> None:
        tls = TlsClientOptions(pin_sha256=(pin_of(self.pem),))
        client = self.through(tls=tls)
        self.assertEqual((await client.post(URL, (), b"x")).status, 204)
        await client.close()
        self.server.read = b""
        said = await self.refused(
            self.through(tls=TlsClientOptions(pin_sha256=("0" * 64,))), lasting=True
        )
        self.assertIn(NAME, said)

    @as_task
    async def test_an_answer_that_comes_byte_by_byte(self) -> None:
        def drip(near: Any) -> None:
            near.transport.setTcpNoDelay(True)
            near.tunnel(b"")
            spawn(slowly(near))

        async def slowly(near: Any) -> None:
            for byte in b"HTTP/1.0 299 Go on\r\nX: y\r\n\r\n":
                near.transport.write(bytes([byte]))
                await pause(0.001)

        self.proxy.answer = drip
        self.assertEqual((await self.through().post(URL, (), b"x")).status, 204)

    @as_task
    async def test_what_comes_with_the_answer_is_the_servers(self) -> None:
        self.proxy.says(OPENED + b"220 hello", close=True)
        got = Deferred[bytes]()

        class Greeted(Protocol):
            def dataReceived(self, data: bytes) -> None:
                got.callback(data)

        proxy = Proxy("127.0.0.1", self.proxy_port)
        way = HostnameEndpoint(reactor, proxy.host, proxy.port)
        await wait(Tunnel(proxy, way, "::1", 25).connect(Factory.forProtocol(Greeted)))
        self.assertEqual(await wait(got), b"220 hello")
        self.assertTrue(self.proxy.heads[0].startswith(b"CONNECT [::1]:25 "))

    @as_task
    async def test_a_tunnel_that_breaks_under_a_request(self) -> None:
        self.server.answer = lambda server: server.transport.abortConnection()
        await self.fails(Ambiguous, self.through(), URL)

    @as_task
    async def test_the_environment_chooses(self) -> None:
        self.patch(os, "environ", {"HTTPS_PROXY": f"http://{USER}@127.0.0.1:{self.proxy_port}"})
        way: Any = {"tls": TlsClientOptions(ca_file=self.ca), "proxy": "environment"}
        self.assertEqual((await self.client(**way).post(URL, (), b"x")).status, 204)
        self.patch(os, "environ", {"HTTPS_PROXY": "socks5://CANARY@127.0.0.1:1"})
        client = self.client(**way)
        self.assertIn("HTTPS_PROXY", str(await self.fails(NotSent, client, URL)))
        url = self.listen()
        self.assertEqual((await client.post(url, (), b"x")).status, 204)
        self.assertEqual((client.route(url), len(self.proxy.heads)), ("directly", 1))


class _Wire:
    """An endpoint to a proxy that is played by the test."""

    def __init__(self) -> None:
        self.transport: Any = StringTransport()  # type: ignore[no-untyped-call]

    def connect(self, factory: Any) -> Deferred[Any]:
        self.protocol = factory.buildProtocol(None)
        self.protocol.makeConnection(self.transport)
        return succeed(self.protocol)


class _Kept(Protocol):
    """What is at the tunnel's end."""

    data = b""

    def dataReceived(self, data: bytes) -> None:
        self.data += data


class AnswerTests(SynchronousTestCase):
    @settings(max_examples=50)
    @given(st.sampled_from((b"", b"HTTP/1.1 ", OPENED[:14])), st.lists(st.binary()), st.binary())
    def test_no_answer_raises_and_none_but_2xx_opens(
        self, begin: bytes, parts: list[bytes], tail: bytes
    ) -> None:
        wire = _Wire()
        tunnel = Tunnel(Proxy("proxy", 1), wire, "host", 2)
        results: list[Any] = []
        tunnel.connect(Factory.forProtocol(_Kept)).addBoth(results.append)
        for part in (begin, *parts, b"\r\n\r\n", tail):
            wire.protocol.dataReceived(part)
        wire.protocol.connectionLost(connectionDone)
        (result,) = results
        if begin == OPENED[:14]:
            self.assertTrue(result.data.endswith(tail))
        else:
            self.assertIsInstance(result.value, ProxyFailed)
            self.assertTrue(wire.transport.disconnected)


class RefusalTests(ProxyCase):
    @as_task
    async def test_an_answer_that_opens_nothing(self) -> None:
        for status, advice in (
            (407, "a user and a password"),
            (403, "does not allow"),
            (502, "cannot reach"),
            (500, ""),
            (302, ""),
        ):
            self.proxy.says(b"HTTP/1.1 %d CANARY\r\nX: CANARY\r\n\r\n<h1>CANARY" % status)
            said = await self.refused(self.through(), lasting=status in {403, 407})
            where = f"the proxy http://127.0.0.1:{self.proxy_port}"
            self.assertIn(f"{where} answered {status} when asked for {NAME}:443", said)
            self.assertIn(advice, said)

    @as_task
    async def test_garbage(self) -> None:
        for garbage in (
            b"SSH-2.0-CANARY\r\n",
            b"\x15\x03\x03\x00\x02\x02\x0a",
            b"HTTP/1.1 CANARY\r\n\r\n",
            b"HTTP/1.1 200000 CANARY\r\n\r\n",
            b"HTTP/2 200\r\n\r\n",
            b"\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n" + b"X: CANARY\r\n" * MAX_HEAD,
        ):
            self.proxy.says(garbage)
            self.assertIn("not HTTP", await self.refused(self.through()))

    @as_task
    async def test_nothing_in_time(self) -> None:
        for text in (b"", b"HTTP/1.1 200 OK\r\nX: y"):
            self.proxy.says(text)
            said = await self.refused(self.through(connect_timeout=0.1))
            self.assertEqual(
                said, f"no connection to the proxy http://127.0.0.1:{self.proxy_port} in time"
            )
        self.proxy.says(OPENED)
        said = await self.refused(self.through(connect_timeout=0.1))
        self.assertEqual(said, f"no connection to {NAME} in time")

    @as_task
    async def test_closed(self) -> None:
        for text in (b"", b"HTTP/1.1 200 OK\r\n"):
            self.proxy.says(text, close=True)
            self.assertIn("closed the connection", await self.refused(self.through()))

    @as_task
    async def test_nobody_there(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.proxy_port = free.getsockname()[1]
            said = await self.refused(self.through())
        where = f"the proxy http://127.0.0.1:{self.proxy_port}"
        self.assertEqual(said, f"{where} refused the connection")

    @as_task
    async def test_a_name_that_is_unknown(self) -> None:
        proxy = Proxy("no.such.proxy.invalid", 3128)
        said = await self.refused(self.client(proxy=proxy))
        self.assertIn("the name of the proxy http://no.such.proxy.invalid:3128", said)

    @as_task
    async def test_close_ends_what_is_being_opened(self) -> None:
        self.proxy.says(b"")
        client = self.through()
        post = spawn(client.post(URL, (), b"x"))
        while not self.proxy.heads:
            await pause(0.01)
        await client.close()
        self.assertIsInstance(await wait(post.addErrback(lambda f: f.value)), NotSent)
        while self.proxy.open:
            await pause(0.01)


class SecureProxyTests(ProxyCase):
    """TLS with the proxy, and TLS with the server inside of it."""

    def secured(self, **options: Any) -> None:
        path = self.file("proxy.pem", self.authority.issue(**options))
        self.proxy_port = self.proxied(TLSMemoryBIOFactory(PemFile(str(path)), False, self.proxy))

    @as_task
    async def test_tls_within_tls(self) -> None:
        self.secured()
        client = self.through("https")
        body = b"x" * 300_000
        self.assertEqual((await client.post(URL, (), body)).status, 204)
        self.assertEqual(self.server.requests[0][1], body)
        self.assertTrue(self.proxy.heads[0].startswith(b"CONNECT"))

    @as_task
    async def test_a_proxy_that_is_not_trusted_is_told_nothing(self) -> None:
        for options in ({"host": "127.0.0.9"}, {"days": -1}):
            self.secured(**options)
            said = await self.refused(self.through("https"), lasting=True)
            self.assertIn(f"the certificate of the proxy https://127.0.0.1:{self.proxy_port}", said)
            self.assertEqual(self.proxy.heads, [])

    @as_task
    async def test_no_tls_there(self) -> None:
        said = await self.refused(self.through("https", connect_timeout=0.3))
        self.assertIn("the proxy https://", said)
