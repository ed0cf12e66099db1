"""Listeners under TLS: real handshakes, certificates that are renewed, and clients that fail."""

from __future__ import annotations

import asyncio
import os
import ssl
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from twisted.logger import ILogObserver, globalLogPublisher
from zope.interface import implementer

from collector.inputs import connections, tls
from collector.inputs.framing import Framing, Lines
from collector.inputs.sockets import ListenError
from collector.inputs.tls import TlsServerOptions
from collector.inputs.tls_session import TlsSession
from tests.collector.inputs.test_conversation import Polite
from tests.collector.inputs.test_stream import StreamTestCase
from tests.collector.outputs.authority import Authority
from tests.collector.tasks import as_task

AUTHORITY, STRANGER = Authority(), Authority("stranger")


@implementer(ILogObserver)
class Heard:
    """Keeps what is logged, as text."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def __call__(self, event: dict[str, Any]) -> None:
        self._lines.append((event.get("log_format") or "").format(**event))


class TlsTestCase(StreamTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.cert = self.file("server.pem", AUTHORITY.issue())
        self.ca = self.file("ca.pem", AUTHORITY.pem)
        self.lines: list[str] = []
        heard = Heard(self.lines)
        globalLogPublisher.addObserver(heard)
        self.addCleanup(globalLogPublisher.removeObserver, heard)

    def said(self, text: str) -> int:
        return sum(text in line for line in self.lines)

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    async def secure(
        self, framing: type[Framing] = Lines, trusted_proxies: Any = (), **options: Any
    ) -> None:
        said = TlsServerOptions(cert_file=self.cert, **options)
        await self.listen(framing, tls=said, trusted_proxies=trusted_proxies)

    def client(self, own: Path | None = None, **options: Any) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=AUTHORITY.pem.decode())
        for name, value in options.items():
            setattr(context, name, value)
        if own is not None:
            context.load_cert_chain(own)
        return context

    async def shake(self, context: ssl.SSLContext | None = None) -> ssl.SSLSocket:
        return await asyncio.to_thread(self._shake, context or self.client())

    def _shake(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        sock = context.wrap_socket(
            self.dial(), server_hostname="127.0.0.1", suppress_ragged_eofs=False
        )
        self.addCleanup(sock.close)
        sock.settimeout(5)
        return sock

    async def read(self, sock: ssl.SSLSocket, size: int = 100) -> bytes:
        return await asyncio.to_thread(sock.recv, size)

    def refused(self) -> int:
        return self.count("connections_refused", reason="tls_handshake")


class LeavingTests(TlsTestCase):
    @as_task
    async def test_a_sender_is_told_to_come_again_and_heard_to_its_end(self) -> None:
        await self.secure()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            sock = await self.shake(self.client(maximum_version=version))
            sock.sendall(b"one\nha")
            await self.got_frames(1)
            leaving = asyncio.ensure_future(self.listener.leave())
            self.assertEqual(await self.read(sock), b"")
            sock.sendall(b"lf\n" + b"more\n" * 20_000)
            found = await self.got_frames(20_002)
            self.assertEqual((found[1], found[-1]), (b"half", b"more"))
            sock.close()
            await leaving
            self.got.clear()
            await self.listener.stop()
            await self.secure()


class ReadTests(TlsTestCase):
    @as_task
    async def test_lines_come_with_their_peer(self) -> None:
        await self.secure()
        sock = await self.shake()
        sock.sendall(b"one\ntwo\n")
        self.assertEqual(await self.got_frames(2), [b"one", b"two"])
        self.assertEqual(self.got[0].resource(0).attributes["net.peer.ip"], "127.0.0.1")
        self.assertEqual(self.listener.transport, "tls")

    @as_task
    async def test_much_at_once_comes_whole(self) -> None:
        """More than a record, a read and a look: nothing stays behind where no poll sees it."""
        await self.secure()
        sock = await self.shake()
        lines = [b"%07d" % n + b"x" * 93 for n in range(20_000)]
        await asyncio.to_thread(sock.sendall, b"\n".join(lines) + b"\n")
        self.assertEqual(await self.got_frames(len(lines)), lines)

    @as_task
    async def test_what_was_sent_before_the_end_is_read(self) -> None:
        await self.secure()
        sock = await self.shake()
        sock.sendall(b"one\ntwo")
        await asyncio.to_thread(sock.unwrap)
        self.assertEqual(await self.got_frames(2), [b"one", b"two"])
        await self.until(lambda: not self.gauge("connections"))

    @as_task
    async def test_stopping_says_goodbye(self) -> None:
        await self.secure()
        sock = await self.shake()
        sock.sendall(b"one\n")
        await self.got_frames(1)
        await self.listener.stop()
        self.assertEqual(await self.read(sock), b"")


class ConversationTests(TlsTestCase):
    @as_task
    async def test_speaks_first_answers_and_ends_in_order(self) -> None:
        await self.secure(Polite)
        sock = await self.shake()
        self.assertEqual(await self.read(sock), b"hello 127.0.0.1")
        sock.sendall(b"one\n")
        self.assertEqual(await self.read(sock), b"one\n")
        sock.sendall(b"bye\n")
        self.assertEqual(await self.read(sock), b"bye\n")
        self.assertEqual(await self.read(sock), b"")
        sock.sendall(b"more\n")
        sock.close()
        await self.until(lambda: not self.gauge("connections"))
        self.assertEqual(self.frames, [b"one", b"bye"])

    @as_task
    async def test_answers_wait_for_a_peer_that_reads_late(self) -> None:
        await self.secure(Polite)
        sock = await self.shake()
        await self.read(sock)
        data = b"y" * 99 + b"\n"
        for _ in range(40):
            await asyncio.to_thread(sock.sendall, data * 200)
        got = b""
        while len(got) < 40 * 200 * 100:
            got += await self.read(sock, 1 << 20)
        self.assertEqual(got, data * 8000)


class ClientCertificateTests(TlsTestCase):
    @as_task
    async def test_a_client_of_the_right_authority_is_named(self) -> None:
        await self.secure(client_ca_file=self.ca)
        own = self.file("client.pem", AUTHORITY.issue("client.example"))
        sock = await self.shake(self.client(own))
        sock.sendall(b"one\n")
        await self.got_frames(1)
        said = self.got[0].resource(0).attributes
        self.assertEqual(said["tls.client.subject"], "CN=server")

    @as_task
    async def test_others_are_told_and_counted(self) -> None:
        await self.secure(client_ca_file=self.ca)
        own = self.file("client.pem", STRANGER.issue("client.example"))
        for context in (self.client(), self.client(own), self.client()):
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                await self.read(await self.shake(context))
        self.assertEqual((self.refused(), self.frames), (3, []))
        self.assertEqual(self.said("no TLS with 127.0.0.1: it has no certificate to show"), 1)
        self.assertEqual(self.said("its certificate is not from a CA of client_ca_file"), 1)


class FailureTests(TlsTestCase):
    @as_task
    async def test_an_expired_certificate_is_called_so(self) -> None:
        await self.secure(client_ca_file=self.ca)
        own = self.file("client.pem", AUTHORITY.issue("client.example", days=-1))
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            await self.read(await self.shake(self.client(own)))
        await self.until(lambda: self.said("no TLS with 127.0.0.1: its certificate has expired"))

    @as_task
    async def test_the_suites_of_rfc_9662_are_taken_and_the_old_one_is_not(self) -> None:
        key = rsa.generate_private_key(65537, 2048)
        self.cert = self.file("server.pem", AUTHORITY.issue(key=key))
        await self.secure()
        context = self.client(maximum_version=ssl.TLSVersion.TLSv1_2)
        for suite in ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"):
            context.set_ciphers(suite)
            self.assertEqual((await self.shake(context)).cipher()[0], suite)  # type: ignore[index]
        context.set_ciphers("AES128-SHA@SECLEVEL=0")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            await self.shake(context)
        await self.until(lambda: self.said("it has no cipher in common with us"))

    @as_task
    async def test_who_speaks_no_tls_is_told_once(self) -> None:
        await self.secure()
        for data in (b"<13>one\n", b"<13>two\n", b"GET / HTTP/1.1\r\n\r\n"):
            self.dial().sendall(data)
        await self.until(lambda: self.refused() == 3)
        self.assertEqual(self.said("it does not speak TLS"), 1)
        self.assertEqual(self.said("it speaks HTTP without TLS"), 1)

    @as_task
    async def test_who_looks_whether_we_are_there_is_no_failure(self) -> None:
        await self.secure()
        self.dial().close()
        await self.until(lambda: self.count("connections_opened"))
        await self.until(lambda: not self.gauge("connections"))
        self.assertEqual((self.refused(), self.said("no TLS")), (0, 0))

    @as_task
    async def test_a_handshake_has_a_deadline(self) -> None:
        self.patch(connections, "_HANDSHAKE", 0.02)
        await self.secure()
        sock = self.dial()
        sock.sendall(b"\x16\x03\x01")
        sock.settimeout(5)
        self.assertEqual(await asyncio.to_thread(sock.recv, 1), b"")
        self.assertEqual(self.gauge("connections"), 0)
        self.assertEqual(self.said("it did not end the handshake in time"), 1)

    @as_task
    async def test_what_is_no_tls_in_the_middle_is_told(self) -> None:
        await self.secure()
        plain = self.dial()
        sock = await asyncio.to_thread(
            self.client().wrap_socket, plain, server_hostname="127.0.0.1"
        )
        self.addCleanup(sock.close)
        sock.sendall(b"one\n")
        await self.got_frames(1)
        os.write(sock.fileno(), b"<13>plain text where a record should begin\n")
        await self.until(lambda: not self.gauge("connections"))
        self.assertEqual((self.refused(), self.said("127.0.0.1: it broke off: ")), (1, 1))

    @as_task
    async def test_old_versions_are_refused(self) -> None:
        await self.secure(min_version="1.3")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            await self.shake(self.client(maximum_version=ssl.TLSVersion.TLSv1_2))
        await self.until(lambda: self.said("its TLS is too old"))

    @as_task
    async def test_a_client_that_does_not_trust_us_is_told(self) -> None:
        self.cert = self.file("server.pem", STRANGER.issue())
        await self.secure()
        with self.assertRaises(ssl.SSLCertVerificationError):
            await self.shake()
        await self.until(lambda: self.said("it does not trust our certificate"))

    @as_task
    async def test_one_that_is_gone_before_its_turn(self) -> None:
        await self.secure()

        def gone() -> TlsSession:
            raise OSError

        self.patch(self.listener._connections.identity, "session", gone)
        self.dial()
        await self.until(lambda: self.count("connections_opened"))
        self.assertEqual(self.gauge("connections"), 0)


class RenewalTests(TlsTestCase):
    async def serial(self) -> Any:
        return (await self.shake()).getpeercert()["serialNumber"]  # type: ignore[index]

    @as_task
    async def test_a_new_certificate_is_shown_without_a_restart(self) -> None:
        self.patch(tls, "_LOOK", 0.0)
        await self.secure()
        first, again = await self.serial(), await self.serial()
        self.assertEqual(first, again)
        os.replace(self.file("new.pem", AUTHORITY.issue(days=5)), self.cert)  # noqa: PTH105
        self.assertNotEqual(await self.serial(), first)
        self.assertApproximates(self.gauge("certificate_expiry_seconds"), 5 * 86_400, 60)
        self.assertEqual(self.said("certificate read again"), 1)

    @as_task
    async def test_what_is_no_certificate_leaves_the_last_in_use(self) -> None:
        self.patch(tls, "_LOOK", 0.0)
        await self.secure()
        first = await self.serial()
        self.cert.write_bytes(b"half of a")
        self.assertEqual([await self.serial(), await self.serial()], [first, first])
        self.cert.unlink()
        self.assertEqual(await self.serial(), first)
        self.assertEqual(self.said("still with the last certificate"), 2)

    @as_task
    async def test_another_authority_of_clients_is_in_use_at_once(self) -> None:
        self.patch(tls, "_LOOK", 0.0)
        await self.secure(client_ca_file=self.ca)
        own = self.client(self.file("client.pem", STRANGER.issue("client.example")))
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            await self.read(await self.shake(own))
        os.replace(self.file("new.pem", STRANGER.pem), self.ca)  # noqa: PTH105
        (await self.shake(own)).sendall(b"one\n")
        self.assertEqual(await self.got_frames(1), [b"one"])


class StartTests(TlsTestCase):
    async def why(self, **options: Any) -> str:
        with self.assertRaises(ListenError) as caught:
            await self.secure(**options)
        return str(caught.exception)

    @as_task
    async def test_says_which_file_is_wrong_and_how(self) -> None:
        other = self.file("other.pem", AUTHORITY.issue("other"))
        found = await self.why(key_file=other)
        self.assertIn("cert_file with key_file cannot be used: the key is not that of", found)
        found = await self.why(client_ca_file=self.folder / "missing.pem")
        self.assertIn("client_ca_file cannot be used: No such file", found)
        self.cert = self.folder / "missing.pem"
        self.assertIn("cert_file cannot be used: No such file", await self.why())
        self.cert = self.file("empty.pem", b"")
        self.assertIn("no certificate and key in PEM form", await self.why())

    @as_task
    async def test_nobody_is_asked_for_a_password(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        form, secret = PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
        locked = self.file("locked.pem", key.private_bytes(Encoding.PEM, form, secret))
        self.cert = self.file("server.pem", AUTHORITY.issue(key=key))
        self.assertIn("the key is encrypted", await self.why(key_file=locked))
