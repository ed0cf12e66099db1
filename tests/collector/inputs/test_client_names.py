"""Names of clients: which options are names, and which certificates have one."""

from __future__ import annotations

from cryptography import x509
from twisted.trial.unittest import SynchronousTestCase

from collector.inputs.client_names import client_name, is_named, names_of
from collector.inputs.tls import TlsServerOptions
from tests.collector.inputs.test_tls import AUTHORITY, TlsTestCase
from tests.collector.tasks import as_task


class OptionTests(SynchronousTestCase):
    def test_names_patterns_and_addresses_have_one_spelling(self) -> None:
        for text, expected in (
            ("FW1.Example.com", "fw1.example.com"),
            ("*.Example.com", "*.example.com"),
            ("größe.example", "xn--gre-6ka8i.example"),
            ("10.0.0.1", "10.0.0.1"),
            ("2001:DB8::1", "2001:db8::1"),
        ):
            self.assertEqual(client_name(text), expected)

    def test_what_is_no_name_is_refused(self) -> None:
        for text in ("", "*", "*.com", "fw*.example.com", "*.*.example.com", "a b", "10.0.0.0/8"):
            self.assertIn("expected a name", str(self.assertRaises(ValueError, client_name, text)))

    def test_names_need_an_authority(self) -> None:
        said = {"cert_file": "server.pem", "client_names": ["a.example"]}
        error = self.assertRaises(ValueError, TlsServerOptions.model_validate, said)
        self.assertIn("add client_ca_file", str(error))


class MatchTests(SynchronousTestCase):
    def test_a_star_is_one_label_on_either_side(self) -> None:
        for name, wanted, expected in (
            ("a.example.com", "a.example.com", True),
            ("a.example.com", "*.example.com", True),
            ("*.example.com", "a.example.com", True),
            ("*.example.com", "*.example.com", True),
            ("a.b.example.com", "*.example.com", False),
            ("example.com", "*.example.com", False),
            ("a*.example.com", "ab.example.com", False),
            ("*.example.com", "b*.example.com", False),
            ("10.0.0.1", "10.0.0.1", True),
            ("10.0.0.1", "*.0.0.1", False),
            ("no name", "*.example.com", False),
        ):
            self.assertEqual(is_named([name], [wanted]), expected, (name, wanted))

    def test_a_common_name_counts_where_there_is_no_other(self) -> None:
        certificate = x509.load_pem_x509_certificate(AUTHORITY.issue("A.example.com"))
        self.assertEqual(names_of(certificate), ["a.example.com"])
        self.assertEqual(names_of(x509.load_pem_x509_certificate(AUTHORITY.pem)), ["test ca"])


class PolicyTests(TlsTestCase):
    @as_task
    async def test_only_those_names_are_let_in(self) -> None:
        await self.secure(client_ca_file=self.ca, client_names=["*.fw.example", "10.1.2.3"])
        for n, name in enumerate(("a.fw.example", "10.1.2.3", "fw.example")):
            sock = await self.shake(self.client(self.file("own.pem", AUTHORITY.issue(name))))
            sock.sendall(b"%d\n" % n)
        await self.until(self.refused)
        self.assertEqual(sorted(await self.got_frames(2)), [b"0", b"1"])
        why = "its certificate has none of client_names"
        self.assertEqual(self.said(f"no TLS with 127.0.0.1: {why}; it has fw.example"), 1)
        self.assertEqual(self.count("connections_refused", reason="tls_handshake", detail=why), 1)
