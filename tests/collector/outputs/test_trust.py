"""TLS of the HTTP client against real servers: trusted ones, pinned ones, and all others."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from pydantic import ValidationError
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.tls import TLSMemoryBIOFactory

from collector.outputs import trust
from collector.outputs.certificates import Certificates
from collector.outputs.http import Ambiguous, HttpClient, NotSent
from collector.outputs.trust import TlsClientOptions
from collector.testing import context
from tests.collector.outputs.authority import Authority, PemFile, pin_of
from tests.collector.outputs.http_case import Case, as_task, logged_in, reactor

VERSIONS = (SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION)


class TlsCase(Case):
    """A CA of our own and a server with certificates from it."""

    def setUp(self) -> None:
        super().setUp()
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.authority = Authority()
        self.ca = self.file("ca.pem", self.authority.pem)

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def listen(self, tls: dict[str, Any] | None = None, **options: Any) -> str:
        """Listens with a certificate that is issued with these options, and kept in `pem`."""
        self.pem = self.authority.issue(**options)
        path = self.file("server.pem", self.pem)
        factory = TLSMemoryBIOFactory(PemFile(str(path), **(tls or {})), False, self.server)
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        return f"https://127.0.0.1:{port.getHost().port}/in"

    def trusting(self, **options: Any) -> HttpClient:
        return self.client(tls=TlsClientOptions(ca_file=self.ca), **options)

    def pinning(self, *pins: str, **options: Any) -> HttpClient:
        return self.client(tls=TlsClientOptions(pin_sha256=pins), **options)


class Plain(Protocol):
    """A server of HTTP without TLS, and what it says to a handshake."""

    transport: Any

    def dataReceived(self, data: bytes) -> None:
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")


class PlainTests(TlsCase):
    @as_task
    async def test_a_server_without_tls_is_told_apart(self) -> None:
        port = reactor.listenTCP(0, Factory.forProtocol(Plain), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        url = f"https://127.0.0.1:{port.getHost().port}/in"
        failure = await self.fails(NotSent, self.trusting(), url)
        self.assertIn("does it speak plain HTTP, so http://?", str(failure))


class RenewalTests(TlsCase):
    @as_task
    async def test_a_changed_file_counts_for_the_next_connection(self) -> None:
        self.patch(trust, "_LOOK", 0.0)
        url, client = self.listen(), self.trusting()
        self.file("ca.pem", Authority("another CA").pem)
        await self.fails(NotSent, client, url)
        self.file("ca.pem", self.authority.pem)
        self.assertEqual((await client.post(url, (), b"x")).status, 204)

    @as_task
    async def test_what_cannot_be_read_leaves_the_last_in_use(self) -> None:
        self.patch(trust, "_LOOK", 0.0)
        log = mock.Mock()
        self.patch(trust.Trust, "log", log)
        url, client = self.listen(), self.trusting()
        self.file("ca.pem", b"no certificate")
        self.assertEqual((await client.post(url, (), b"x")).status, 204)
        ((text,), facts) = log.warn.call_args
        said = text.format(**facts)
        self.assertIn("still with the last certificates: ca_file holds no certificate", said)


class AuthorityTests(TlsCase):
    @as_task
    async def test_a_certificate_of_our_ca(self) -> None:
        url, client = self.listen(), self.trusting()
        for _ in range(2):
            self.assertEqual((await client.post(url, (), b"x")).status, 204)
        self.assertEqual(self.server.closed, 0)

    @as_task
    async def test_a_ca_that_is_not_trusted(self) -> None:
        error = await self.fails(NotSent, self.client(), self.listen())
        self.assertTrue(error.lasting)
        self.assertIn("ca_file", str(error))
        self.assertEqual(self.server.requests, [])

    @as_task
    async def test_another_name(self) -> None:
        error = await self.fails(NotSent, self.trusting(), self.listen(host="127.0.0.9"))
        self.assertTrue(error.lasting)
        self.assertIn("another name", str(error))
        self.assertEqual(self.server.requests, [])

    @as_task
    async def test_expired(self) -> None:
        error = await self.fails(NotSent, self.trusting(), self.listen(days=-1))
        self.assertTrue(error.lasting)

    @as_task
    async def test_no_tls_there(self) -> None:
        url = self.url.replace("http:", "https:")
        error = await self.fails(NotSent, self.trusting(connect_timeout=0.5), url)
        self.assertFalse(error.lasting)

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
        with self.assertRaises(ValueError):
            self.client(tls=TlsClientOptions(ca_file=self.folder / "none.pem"))

    @as_task
    async def test_when_the_certificate_expires_is_told(self) -> None:
        around = context("exporter", "x")
        url = self.listen(days=10)
        logged = logged_in(self)
        await self.fails(NotSent, self.client(certificates=Certificates(around)), url)
        self.assertEqual(around.metrics.gauges, [])
        client = self.trusting(certificates=Certificates(around))
        for _ in range(3):
            await client.post(url, (), b"x")
        (gauge,) = around.metrics.gauges
        self.assertApproximates(gauge.read(), 10 * 86_400, 60)
        self.assertEqual(len([line for line in logged if "expires on" in line]), 1)


class PinTests(TlsCase):
    @as_task
    async def test_a_pinned_key_needs_no_ca_and_no_name(self) -> None:
        for version in VERSIONS:
            url = self.listen(host="127.0.0.9", tls={"version": version})
            client = self.pinning("0" * 64, pin_of(self.pem))
            self.assertEqual((await client.post(url, (), b"x")).status, 204)

    @as_task
    async def test_another_key_gets_no_byte_and_is_shown(self) -> None:
        for version in VERSIONS:
            url = self.listen(tls={"version": version})
            error = await self.fails(NotSent, self.pinning("0" * 64), url)
            self.assertTrue(error.lasting)
            (shown,) = [word for word in str(error).split() if word.startswith("sha256//")]
            self.assertEqual(TlsClientOptions(pin_sha256=(pin_of(self.pem),)).pin_sha256, (shown,))
            self.assertEqual(self.server.read, b"")

    @as_task
    async def test_a_ca_of_the_chain_is_not_the_servers_key(self) -> None:
        url = self.listen()
        self.file("server.pem", self.pem + self.authority.pem)
        error = await self.fails(NotSent, self.pinning(pin_of(self.authority.pem)), url)
        self.assertTrue(error.lasting)
        self.assertEqual(self.server.read, b"")

    @as_task
    async def test_a_pinned_key_whose_certificate_has_expired(self) -> None:
        for days in (-1, 11):
            url = self.listen(days=days)
            error = await self.fails(NotSent, self.pinning(pin_of(self.pem)), url)
            self.assertTrue(error.lasting)
            self.assertIn("valid from", str(error))
            self.assertEqual(self.server.read, b"")

    @as_task
    async def test_a_renewed_certificate_of_the_same_key(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        self.listen(key=key)
        client = self.pinning(pin_of(self.pem))
        for days in (1, 2):
            url = self.listen(key=key, days=days)
            self.assertEqual((await client.post(url, (), b"x")).status, 204)


class IdentityTests(TlsCase):
    """Servers that ask for a certificate."""

    def identified(self, **options: Any) -> HttpClient:
        return self.client(tls=TlsClientOptions(ca_file=self.ca, **options))

    def own(self, authority: Authority) -> dict[str, Any]:
        pem = authority.issue(host="collector.example")
        key, certificate, rest = pem.partition(b"-----BEGIN CERTIFICATE-----")
        return {
            "cert_file": self.file("own.pem", certificate + rest),
            "key_file": self.file("own.key", key),
        }

    @as_task
    async def test_it_is_shown(self) -> None:
        for version in VERSIONS:
            url = self.listen(tls={"clients": str(self.ca), "version": version})
            client = self.identified(**self.own(self.authority))
            self.assertEqual((await client.post(url, (), b"x")).status, 204)

    @as_task
    async def test_certificate_and_key_in_one_file_beside_a_pin(self) -> None:
        url = self.listen(tls={"clients": str(self.ca)})
        own = self.file("both.pem", self.authority.issue())
        tls = TlsClientOptions(pin_sha256=(pin_of(self.pem),), cert_file=own)
        self.assertEqual((await self.client(tls=tls).post(url, (), b"x")).status, 204)

    @as_task
    async def test_none_or_another_is_refused(self) -> None:
        for own in ({}, self.own(Authority("another CA"))):
            url = self.listen(tls={"clients": str(self.ca), "version": SSL.TLS1_2_VERSION})
            error = await self.fails(NotSent, self.identified(**own), url)
            self.assertEqual(self.server.requests, [])
            self.assertIn("TLS" if not own else "cert_file", str(error))
            # TLS 1.3: the client is done before the server has looked.
            url = self.listen(tls={"clients": str(self.ca)})
            error = await self.fails(Ambiguous, self.identified(**own), url)
            self.assertIn("alert", str(error))
            self.assertEqual(self.server.requests, [])

    def test_files_that_cannot_be_used(self) -> None:
        own = self.own(self.authority)
        other = self.file("other.key", self.authority.issue())
        nothing, missing = self.file("nothing", b"nothing"), self.folder / "missing"
        for options, said in (
            ({"ca_file": missing}, "ca_file cannot be read: No such file"),
            ({"cert_file": missing}, "cert_file cannot be read: No such file"),
            ({"cert_file": nothing}, "cert_file holds no certificate"),
            ({"cert_file": own["cert_file"]}, "cert_file holds no private key"),
            (own | {"key_file": self.folder}, "key_file cannot be read: Is a directory"),
            (own | {"key_file": nothing}, "key_file holds no private key"),
            (own | {"key_file": self.encrypted()}, "key_file is encrypted"),
            (own | {"key_file": other}, "not that of the certificate"),
        ):
            with self.assertRaises(ValueError) as caught:
                HttpClient(reactor, tls=TlsClientOptions(**options))
            self.assertIn(said, str(caught.exception))

    def encrypted(self) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        form = serialization.PrivateFormat.PKCS8
        secret = serialization.BestAvailableEncryption(b"secret")
        return self.file("secret.key", key.private_bytes(serialization.Encoding.PEM, form, secret))

    def test_keys_that_do_not_go_together(self) -> None:
        for options, said in (
            ({"ca_file": self.ca, "pin_sha256": ["0" * 64]}, "not both"),
            ({"key_file": self.ca}, "key_file needs cert_file"),
            ({"pin_sha256": ["CANARY"]}, "64 hexadecimal digits"),
        ):
            with self.assertRaises(ValidationError) as caught:
                TlsClientOptions.model_validate(options)
            self.assertIn(said, str(caught.exception))
            self.assertNotIn("CANARY", str(caught.exception))
