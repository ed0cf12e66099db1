"""`collector sandbox` as its command line has it, https included."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import io
import socket
import ssl
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from collector_dynatrace.ingest.record import PROFILES
from collector_dynatrace.sandbox.command import SandboxCommand, options_of
from collector_dynatrace.sandbox.server import Sandbox
from collector_dynatrace.sandbox.tls import PemFiles

Wait = Generator[Deferred[Any], Any, None]


def parse(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    SandboxCommand().arguments(parser)
    return parser.parse_args(arguments)


class OptionTests(SynchronousTestCase):
    def test_defaults(self) -> None:
        said = parse()
        self.assertEqual((said.host, said.port), ("127.0.0.1", 9999))
        options = options_of(said)
        self.assertEqual(options.rules.profile, PROFILES["grail-raw"])
        self.assertEqual((options.rules.stale, options.style.trim_status), ("partial", 204))

    def test_all(self) -> None:
        said = parse(
            *("--token", "a", "--token", "b", "--token-without-scope", "c"),
            *("--profile", "classic", "--trim-status", "200"),
            *("--stale-mode", "any", "--success-key", "success"),
        )
        options = options_of(said)
        self.assertEqual((options.tokens, options.unscoped), (frozenset("ab"), frozenset("c")))
        self.assertTrue(options.rules.profile.classic)
        self.assertEqual(options.rules.stale, "any")
        self.assertEqual((options.style.success_key, options.style.trim_status), ("success", 200))


class RunTests(TestCase):
    def run_command(self, *arguments: str) -> Deferred[int]:
        """The command as a Task, made while the loop runs."""
        started: Deferred[None] = deferLater(reactor, 0)
        return started.addCallback(lambda _: self._run_command(parse(*arguments)))

    def _run_command(self, said: argparse.Namespace) -> Deferred[int]:
        self.task = asyncio.ensure_future(SandboxCommand().run(said, reactor))
        return Deferred.fromFuture(self.task)

    @inlineCallbacks
    def test_says_where_it_listens_and_ends_when_cancelled(self) -> Wait:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = self.run_command("--port", "0")
            while not out.getvalue():
                yield deferToThread(lambda: None)
        self.assertRegex(out.getvalue(), r"^The sandbox takes logs at http://127.0.0.1:\d+\n$")
        port = int(out.getvalue().rpartition(":")[2])
        socket.create_connection(("127.0.0.1", port), 5).close()
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            yield code
        with self.assertRaises(ConnectionError):
            socket.create_connection(("127.0.0.1", port), 5)

    @inlineCallbacks
    def test_busy_port_is_one_sentence_and_code_1(self) -> Wait:
        err = io.StringIO()
        with socket.create_server(("127.0.0.1", 0)) as taken, contextlib.redirect_stderr(err):
            port = taken.getsockname()[1]
            code = self.run_command("--port", str(port))
            self.assertEqual((yield code), 1)
        self.assertIn(f"127.0.0.1:{port}", err.getvalue())
        self.assertEqual(err.getvalue().count("\n"), 1)

    @inlineCallbacks
    def test_missing_certificate_is_one_sentence_and_code_1(self) -> Wait:
        err = io.StringIO()
        with contextlib.redirect_stderr(err):
            code = self.run_command("--port", "0", "--tls-cert", "/nowhere.pem")
            self.assertEqual((yield code), 1)
        self.assertEqual(err.getvalue(), "collector: /nowhere.pem: there is no such file\n")


def self_signed() -> bytes:
    """A key and its certificate for localhost, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(pem, form, serialization.NoEncryption()) + certificate.public_bytes(
        pem
    )


class TlsTests(TestCase):
    @inlineCallbacks
    def test_https(self) -> Wait:
        certificate = Path(self.mktemp()).with_suffix(".pem").absolute()
        certificate.parent.mkdir(parents=True, exist_ok=True)
        certificate.write_bytes(self_signed())
        sandbox = Sandbox(reactor, tls=PemFiles(certificate, None))
        self.addCleanup(sandbox.stop)
        port = sandbox.start()

        def ask() -> bytes:
            trust = ssl.create_default_context(cafile=certificate)
            client = http.client.HTTPSConnection("localhost", port, timeout=10, context=trust)
            client.request("GET", "/rest/health")
            answer = client.getresponse().read()
            client.close()
            return answer

        self.assertEqual((yield deferToThread(ask)), b"RUNNING")

    def test_wrong_file(self) -> None:
        wrong = Path(self.mktemp())
        wrong.parent.mkdir(parents=True, exist_ok=True)
        wrong.write_text("hello")
        with self.assertRaisesRegex(ValueError, "not a certificate"):
            PemFiles(wrong, None)
