"""A CA of a test's own, and TLS servers with certificates from it."""

from __future__ import annotations

import datetime as dt
import ipaddress
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLContextFactory
from zope.interface import implementer


@implementer(IOpenSSLContextFactory)
class PemFile:
    """A server's TLS. `clients`: PEM file of the CAs that clients must have a certificate of."""

    def __init__(self, path: str, clients: str = "", version: int = SSL.TLS1_3_VERSION) -> None:
        self._context = SSL.Context(SSL.TLS_SERVER_METHOD)
        self._context.set_max_proto_version(version)
        if clients:
            self._context.load_verify_locations(clients)
            wanted = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
            self._context.set_verify(wanted, lambda *said: bool(said[-1]))
        self._context.use_certificate_chain_file(path)
        self._context.use_privatekey_file(path)

    def getContext(self) -> SSL.Context:
        return self._context


class Authority:
    """A CA that lives as long as a test."""

    def __init__(self, name: str = "test CA") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(self._name, self._key.public_key(), 1).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.pem = _pem(builder.sign(self._key, hashes.SHA256()))

    def issue(self, host: str = "127.0.0.1", days: float = 1, key: Any = None) -> bytes:
        """A key and a certificate for an address or a name."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        names = x509.SubjectAlternativeName([_name(host)])
        builder = self._builder(name, key.public_key(), days).add_extension(names, critical=False)
        secret: bytes = key.private_bytes(
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


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def pin_of(pem: bytes) -> str:
    """The pin of a certificate, in hexadecimal digits."""
    key = x509.load_pem_x509_certificate(pem).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key.public_bytes(serialization.Encoding.DER, form))
    return digest.finalize().hex()
