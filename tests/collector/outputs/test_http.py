"""The HTTP client against real servers on loopback: good, slow, broken and untrusted ones."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IOpenSSLContextFactory
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from collector.outputs.http import (
    MAX_BODY,
    Ambiguous,
    HttpAnswer,
    HttpClient,
    NotSent,
    TlsClientOptions,
)
from collector.tasks import spawn, wait

reactor: Any = global_reactor
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


def as_task(
    test: Callable[[Any], Coroutine[Any, Any, None]],
) -> Callable[[Any], Deferred[None]]:
    """The test as an asyncio Task, for that is where the client is used."""

    @wraps(test)
    def run(case: Any) -> Deferred[None]:
        return within(test(case))

    return run


def within(coroutine: Coroutine[Any, Any, None]) -> Deferred[None]:
    """Start it as a Task as soon as the loop runs: trial may not have started it yet."""
    return deferLater(reactor, 0).addCallback(lambda _: spawn(coroutine))


def pause(seconds: float) -> Any:
    return wait(deferLater(reactor, seconds))


class Server(Protocol):
    """Does what the factory's script says with the next whole request."""

    def connectionMade(self) -> None:
        self.factory: Any
        self.factory.open.append(self)
        self.got = b""
        if self.factory.on_connect is not None:
            self.factory.on_connect(self)

    def dataReceived(self, data: bytes) -> None:
        self.got += data
        head, end, body = self.got.partition(b"\r\n\r\n")
        length = next(
            (
                int(x.split(b":")[1])
                for x in head.split(b"\r\n")
                if x.lower().startswith(b"content-l")
            ),
            0,
        )
        if end and len(body) >= length:
            self.factory.requests.append((head, body))
            self.got = b""
            self.factory.answer(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.factory.open.remove(self)
        self.factory.closed += 1


class Servers(Factory):
    noisy = False
    protocol = Server

    def __init__(self) -> None:
        self.open: list[Any] = []
        self.paused: list[Any] = []
        self.closed = 0
        self.requests: list[tuple[bytes, bytes]] = []
        self.on_connect: Callable[[Any], None] | None = None
        self.answer: Callable[[Any], None] = lambda s: s.transport.write(NO_CONTENT)

    def pause(self, server: Any) -> None:
        server.transport.pauseProducing()
        self.paused.append(server)

    def answers(self, text: bytes, *, close: bool = False) -> None:
        def answer(server: Any) -> None:
            server.transport.write(text)
            if close:
                server.transport.loseConnection()

        self.answer = answer


class Case(TestCase):
    timeout = 8

    def setUp(self) -> None:
        self.server = Servers()
        self.port = reactor.listenTCP(0, self.server, interface="127.0.0.1")
        self.addCleanup(self.port.stopListening)
        self.url = f"http://127.0.0.1:{self.port.getHost().port}/in"

    def client(self, **options: Any) -> HttpClient:
        client = HttpClient(reactor, **options)
        self.addCleanup(lambda: within(self.ended(client)))
        return client

    async def ended(self, client: HttpClient) -> None:
        await client.close()
        for server in self.server.paused:
            server.transport.abortConnection()
        while self.server.open:
            await pause(0.01)

    async def fails(
        self, kind: type[Exception], client: HttpClient, url: str = "", body: bytes = b"x"
    ) -> Any:
        with self.assertRaises(kind) as caught:
            await client.post(url or self.url, (), body)
        return caught.exception


class PostTests(Case):
    @as_task
    async def test_the_request_is_what_was_asked_for(self) -> None:
        client = self.client()
        answer = await client.post(self.url, [("X-A", "1"), ("X-A", "2")], b"body\x00")
        self.assertEqual((answer.status, answer.body), (204, b""))
        head, body = self.server.requests[0]
        lines = head.split(b"\r\n")
        self.assertEqual(lines[0], b"POST /in HTTP/1.1")
        self.assertIn(b"Content-Length: 5", lines)
        self.assertIn(f"Host: 127.0.0.1:{self.port.getHost().port}".encode(), lines)
        self.assertEqual([x for x in lines if x.lower().startswith(b"x-a")], [b"X-A: 1", b"X-A: 2"])
        self.assertEqual(body, b"body\x00")

    @as_task
    async def test_a_connection_is_used_again(self) -> None:
        client = self.client()
        for _ in range(3):
            await client.post(self.url, (), b"x")
        self.assertEqual((len(self.server.open), self.server.closed), (1, 0))

    @as_task
    async def test_a_connection_closed_by_the_server_while_idle_is_replaced(self) -> None:
        client = self.client()
        await client.post(self.url, (), b"x")
        self.server.open[0].transport.loseConnection()
        await pause(0.05)
        self.assertEqual((await client.post(self.url, (), b"x")).status, 204)

    @as_task
    async def test_headers_are_lower_case_and_joined(self) -> None:
        self.server.answers(
            b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nA: 1\r\nA: 2\r\nContent-Length: 2\r\n\r\nno"
        )
        answer = await self.client().post(self.url, (), b"x")
        self.assertEqual(answer, HttpAnswer(503, {"retry-after": "7", "a": "1, 2"}, b"no"))

    @as_task
    async def test_redirects_are_answers(self) -> None:
        self.server.answers(b"HTTP/1.1 307 Go\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n")
        answer = await self.client().post(self.url, (), b"x")
        self.assertEqual((answer.status, len(self.server.requests)), (307, 1))

    @as_task
    async def test_a_long_answer_is_cut_and_the_connection_lives(self) -> None:
        size = MAX_BODY * 3
        self.server.answers(
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (size, b"a" * size)
        )
        client = self.client()
        answer = await client.post(self.url, (), b"x")
        self.assertEqual(answer.body, b"a" * MAX_BODY)
        self.server.answers(NO_CONTENT)
        await client.post(self.url, (), b"x")
        self.assertEqual(self.server.closed, 0)

    @as_task
    async def test_an_endless_answer_is_given_up(self) -> None:
        self.server.answers(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * (3 << 20))
        answer = await self.client().post(self.url, (), b"x")
        self.assertEqual((answer.status, len(answer.body)), (200, MAX_BODY))

    @as_task
    async def test_endless_headers_are_given_up(self) -> None:
        lines = b"".join(b"X-%d: %s\r\n" % (n, b"y" * 200) for n in range(2000))
        for text in (b"HTTP/1.1 200 OK\r\n" + lines, b"HTTP/1.1 100 Go\r\n\r\n" * 10_000):
            self.server.answers(text)
            error = await self.fails(Ambiguous, self.client())
            self.assertIn("headers", str(error))

    @as_task
    async def test_headers_are_counted_anew_for_each_request(self) -> None:
        head = b"HTTP/1.1 204 No Content\r\nX: %s\r\n\r\n" % (b"y" * 15_000)
        client = self.client()
        for _ in range(6):
            self.server.answers(head)
            self.assertEqual((await client.post(self.url, (), b"x")).status, 204)
        self.assertEqual(self.server.closed, 0)

    @as_task
    async def test_a_body_cut_short_is_still_an_answer(self) -> None:
        self.server.answers(b"HTTP/1.1 400 Bad\r\nContent-Length: 99\r\n\r\npart", close=True)
        answer = await self.client().post(self.url, (), b"x")
        self.assertEqual((answer.status, answer.body), (400, b"part"))

    @as_task
    async def test_a_body_that_stops_is_still_an_answer(self) -> None:
        self.server.answers(b"HTTP/1.1 413 Big\r\nContent-Length: 99\r\n\r\npart")
        answer = await self.client(timeout=0.2).post(self.url, (), b"x")
        self.assertEqual((answer.status, answer.body), (413, b"part"))

    @as_task
    async def test_a_large_body_arrives_whole(self) -> None:
        body = bytes(range(256)) * 30_000
        await self.client().post(self.url, (), body)
        self.assertEqual(self.server.requests[0][1], body)

    @as_task
    async def test_many_at_once(self) -> None:
        client = self.client(connections=4)
        posts = [spawn(client.post(self.url, (), b"%d" % n)) for n in range(20)]
        self.assertEqual([(await wait(d)).status for d in posts], [204] * 20)
        self.assertLessEqual(len(self.server.open), 20)


class FailureTests(Case):
    @as_task
    async def test_refused(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}/?secret"
            error = await self.fails(NotSent, self.client(), url)
        self.assertIn("refused", str(error))
        self.assertNotIn("secret", str(error))
        self.assertFalse(error.certificate)

    @as_task
    async def test_a_name_that_is_unknown(self) -> None:
        error = await self.fails(NotSent, self.client(), "http://no.such.host.invalid/")
        self.assertIn("resolved", str(error))

    @as_task
    async def test_no_answer_in_time(self) -> None:
        self.server.answers(b"")
        error = await self.fails(Ambiguous, self.client(timeout=0.2))
        self.assertIn("did not answer within 0.2 s", str(error))
        await pause(0.05)
        self.assertEqual(len(self.server.open), 0, "the connection must not be used again")

    @as_task
    async def test_half_an_answer_in_time(self) -> None:
        self.server.answers(b"HTTP/1.1 204 No")
        await self.fails(Ambiguous, self.client(timeout=0.2))

    @as_task
    async def test_reset_after_the_request(self) -> None:
        self.server.answer = lambda s: s.transport.abortConnection()
        error = await self.fails(Ambiguous, self.client())
        self.assertIn("ended before the answer", str(error))

    @as_task
    async def test_reset_during_the_request(self) -> None:
        self.server.on_connect = lambda s: s.transport.abortConnection()
        await self.fails(Ambiguous, self.client(), body=b"x" * 9_000_000)

    @as_task
    async def test_an_answer_that_is_not_http(self) -> None:
        for text in (
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"\xff\x00 garbage\r\n\r\n",
            b"HTTP/1.1 abc\r\n\r\n",
        ):
            self.server.answers(text, close=True)
            error = await self.fails(Ambiguous, self.client())
            self.assertIn("not HTTP", str(error))

    @as_task
    async def test_a_server_that_does_not_read(self) -> None:
        self.server.on_connect = self.server.pause
        await self.fails(Ambiguous, self.client(timeout=0.3), body=b"x" * 9_000_000)

    @as_task
    async def test_an_answer_before_the_request_was_read(self) -> None:
        def early(server: Any) -> None:
            self.server.pause(server)
            server.transport.write(b"HTTP/1.1 413 Big\r\nContent-Length: 0\r\n\r\n")

        self.server.on_connect = early
        answer = await self.client(timeout=2).post(self.url, (), b"x" * 9_000_000)
        self.assertEqual(answer.status, 413)

    @as_task
    async def test_a_cancelled_task_ends_its_connection(self) -> None:
        self.server.answers(b"")
        post: Deferred[Any] = spawn(self.client().post(self.url, (), b"x"))
        post.addErrback(lambda _: None)
        while not self.server.requests:
            await pause(0.01)
        post.cancel()
        await pause(0.05)
        self.assertEqual(self.server.open, [])

    @as_task
    async def test_close_ends_what_is_under_way(self) -> None:
        self.server.answers(b"")
        client = self.client()
        post = spawn(client.post(self.url, (), b"x"))
        while not self.server.requests:
            await pause(0.01)
        await client.close()
        self.assertIsInstance((await wait(post.addErrback(lambda f: f.value))), Ambiguous)


class TlsTests(Case):
    """A CA of our own and certificates from it."""

    def setUp(self) -> None:
        super().setUp()
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.authority = Authority()
        (self.folder / "ca.pem").write_bytes(self.authority.pem)

    def listen(self, **options: Any) -> str:
        pem = self.folder / "server.pem"
        pem.write_bytes(self.authority.issue(**options))
        factory = TLSMemoryBIOFactory(PemFile(str(pem)), False, self.server)
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        return f"https://127.0.0.1:{port.getHost().port}/in"

    def trusting(self, **options: Any) -> HttpClient:
        return self.client(tls=TlsClientOptions(ca_file=self.folder / "ca.pem"), **options)

    @as_task
    async def test_a_certificate_of_our_ca(self) -> None:
        url, client = self.listen(), self.trusting()
        for _ in range(2):
            self.assertEqual((await client.post(url, (), b"x")).status, 204)
        self.assertEqual(self.server.closed, 0)

    @as_task
    async def test_a_ca_that_is_not_trusted(self) -> None:
        error = await self.fails(NotSent, self.client(), self.listen())
        self.assertTrue(error.certificate)
        self.assertIn("ca_file", str(error))
        self.assertEqual(self.server.requests, [])

    @as_task
    async def test_another_name(self) -> None:
        error = await self.fails(NotSent, self.trusting(), self.listen(address="127.0.0.9"))
        self.assertTrue(error.certificate)
        self.assertIn("another name", str(error))
        self.assertEqual(self.server.requests, [])

    @as_task
    async def test_expired(self) -> None:
        error = await self.fails(NotSent, self.trusting(), self.listen(days=-1))
        self.assertTrue(error.certificate)

    @as_task
    async def test_no_tls_there(self) -> None:
        url = self.url.replace("http:", "https:")
        error = await self.fails(NotSent, self.trusting(connect_timeout=0.5), url)
        self.assertFalse(error.certificate)

    @as_task
    async def test_a_handshake_that_never_ends(self) -> None:
        self.server.on_connect = self.server.pause
        url = self.url.replace("http:", "https:")
        error = await self.fails(NotSent, self.trusting(connect_timeout=0.2), url)
        self.assertIn("in time", str(error))

    @as_task
    async def test_reset_after_the_request_over_tls(self) -> None:
        self.server.answer = lambda s: s.transport.abortConnection()
        await self.fails(Ambiguous, self.trusting(), self.listen())

    @as_task
    async def test_a_body_that_stops_over_tls(self) -> None:
        self.server.answers(b"HTTP/1.1 400 Bad\r\nContent-Length: 99\r\n\r\npart")
        answer = await self.trusting(timeout=0.5).post(self.listen(), (), b"x")
        self.assertEqual((answer.status, answer.body), (400, b"part"))

    def test_a_ca_file_without_a_certificate(self) -> None:
        for text in (b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
            (self.folder / "ca.pem").write_bytes(text)
            with self.assertRaises(ValueError) as caught:
                self.trusting()
            self.assertIn("ca_file", str(caught.exception))

    def test_a_ca_file_that_is_not_there(self) -> None:
        with self.assertRaises(OSError):
            self.client(tls=TlsClientOptions(ca_file=self.folder / "none.pem"))


@implementer(IOpenSSLContextFactory)
class PemFile:
    """A server's TLS."""

    def __init__(self, path: str) -> None:
        self._context = SSL.Context(SSL.TLS_SERVER_METHOD)
        self._context.use_certificate_chain_file(path)
        self._context.use_privatekey_file(path)

    def getContext(self) -> SSL.Context:
        return self._context


class Authority:
    """A CA that lives as long as a test."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test CA")])
        builder = self._builder(self._name, self._key.public_key(), 1).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.pem = _pem(builder.sign(self._key, hashes.SHA256()))

    def issue(self, address: str = "127.0.0.1", days: float = 1) -> bytes:
        """A key and a certificate for an address."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        builder = self._builder(name, key.public_key(), days).add_extension(names, critical=False)
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return secret + _pem(builder.sign(self._key, hashes.SHA256()))

    def _builder(self, name: x509.Name, key: Any, days: float) -> x509.CertificateBuilder:
        end = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - dt.timedelta(days=10))
            .not_valid_after(end)
        )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
