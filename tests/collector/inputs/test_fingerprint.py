"""Clients known by fingerprints: what is one, and connections that are as any other."""

from __future__ import annotations

import asyncio
import hashlib
import os
import ssl
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from collector.inputs import tls
from collector.inputs.fingerprint import fingerprint
from collector.inputs.sockets import ListenError
from collector.inputs.tls import TlsServerOptions
from collector.inputs.web_options import HttpServerOptions
from tests.collector.inputs.test_conversation import Polite
from tests.collector.inputs.test_tls import AUTHORITY, STRANGER, TlsTestCase
from tests.collector.tasks import as_task

SHA1, SHA256 = "ab" * 20, "cd" * 32


class OptionTests(SynchronousTestCase):
    def test_every_usual_spelling_is_one(self) -> None:
        colons = ":".join([SHA256[:2].upper()] * 32)
        for text in (SHA256, colons, f"sha256:{SHA256}", f"SHA256:{colons}", f"sha-256:{colons}"):
            self.assertEqual(fingerprint(text), f"sha256:{SHA256}")
        for text in (SHA1, f"sha-1:{SHA1}", f" SHA1:{SHA1.upper()}"):
            self.assertEqual(fingerprint(text), f"sha1:{SHA1}")

    def test_what_is_none_is_refused(self) -> None:
        for text in ("", "sha256:", SHA1[:-1], f"sha1:{SHA256}", f"md5:{SHA256}", "xy" * 32, 7):
            said = str(self.assertRaises(ValueError, fingerprint, text))
            self.assertIn("expected the fingerprint of a certificate", said)

    def test_a_port_has_one_policy(self) -> None:
        said = {"cert_file": "a", "client_ca_file": "b", "client_fingerprints": [SHA256]}
        error = self.assertRaises(ValueError, TlsServerOptions.model_validate, said)
        self.assertIn("choose one", str(error))

    def test_they_guard_an_endpoint_that_others_reach(self) -> None:
        said = TlsServerOptions.model_validate({"cert_file": "a", "client_fingerprints": [SHA1]})
        HttpServerOptions(endpoint="0.0.0.0:8080", tls=said)


class PolicyTests(TlsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.own = self.file("own.pem", STRANGER.issue("fw1.example", days=-1))
        der = ssl.PEM_cert_to_DER_cert(self.own.read_text().partition("END PRIVATE KEY-----\n")[2])
        self.sha1, self.sha256 = (hashlib.new(k, der).hexdigest() for k in ("sha1", "sha256"))

    async def recognise(self, *more: Any, **options: Any) -> None:
        await self.secure(*more, client_fingerprints=(f"sha1:{self.sha1}",), **options)

    async def shaken(self, **options: Any) -> ssl.SSLSocket:
        return await self.shake(self.client(self.own, **options))

    @as_task
    async def test_a_client_that_is_listed_is_let_in_whoever_signed_it(self) -> None:
        """It has expired too: who lists it has said that it is good."""
        for kind in (self.sha1, self.sha256):
            await self.secure(client_fingerprints=(kind,))
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                sock = await self.shaken(maximum_version=version)
                sock.sendall(b"one\n")
                await self.until(lambda: self.got)
                said = self.got.pop().resource(0).attributes
                self.assertEqual(said["tls.client.subject"], "CN=server")
                self.assertEqual(said["tls.client.hash.sha256"], self.sha256.upper())

    @as_task
    async def test_others_are_told_apart(self) -> None:
        await self.recognise()
        other = self.file("other.pem", AUTHORITY.issue())
        for context in (self.client(), self.client(other), self.client(other)):
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                await self.read(await self.shake(context))
        self.dial().sendall(b"<13>plain\n")
        self.dial().close()
        await self.until(lambda: self.refused() == 4)
        self.assertEqual(self.said("it has no certificate to show"), 1)
        self.assertEqual(self.said("none of client_fingerprints; it is sha256:"), 1)
        self.assertEqual(self.said("it does not speak TLS"), 1)
        why = "its certificate is none of client_fingerprints"
        self.assertEqual(self.count("connections_refused", reason="tls_handshake", detail=why), 2)

    @as_task
    async def test_much_at_once_comes_whole(self) -> None:
        await self.recognise()
        sock = await self.shaken()
        lines = [b"%07d" % n + b"x" * 93 for n in range(20_000)]
        await asyncio.to_thread(sock.sendall, b"\n".join(lines) + b"\nrest")
        await asyncio.to_thread(sock.unwrap)
        self.assertEqual(await self.got_frames(len(lines) + 1), [*lines, b"rest"])
        await self.until(lambda: not self.gauge("connections"))
        self.assertEqual(self.refused(), 0)

    @as_task
    async def test_answers_and_the_end_come_in_order(self) -> None:
        await self.recognise(Polite)
        sock = await self.shaken()
        self.assertEqual(await self.read(sock), b"hello 127.0.0.1")
        sock.sendall(b"one\n")
        self.assertEqual(await self.read(sock), b"one\n")
        sock.sendall(b"bye\n")
        got = b""
        while more := await self.read(sock):
            got += more
        self.assertEqual(got, b"bye\n")

    @as_task
    async def test_old_versions_are_refused(self) -> None:
        await self.recognise(min_version="1.3")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            await self.shaken(maximum_version=ssl.TLSVersion.TLSv1_2)
        await self.until(lambda: self.said("its TLS is too old"))

    @as_task
    async def test_a_renewed_certificate_is_shown(self) -> None:
        self.patch(tls, "_LOOK", 0.0)
        await self.recognise()
        first = (await self.shaken()).getpeercert()
        os.replace(self.file("new.pem", AUTHORITY.issue()), self.cert)  # noqa: PTH105
        self.assertNotEqual((await self.shaken()).getpeercert(), first)

    @as_task
    async def test_says_which_file_is_wrong(self) -> None:
        missing = Path("missing.pem")
        with self.assertRaises(ListenError):
            await self.recognise(key_file=missing)
