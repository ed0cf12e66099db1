"""TLS with a server whose public key is known: pins in, what Twisted connects with out.

A pin stands in place of a CA and of the name in the certificate: it says which key the server
must prove to have. It is the key's and not the certificate's, so that it outlives a renewal.
"""

from __future__ import annotations

import binascii
import datetime as dt
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping
from functools import partial
from typing import Annotated, Any

from OpenSSL import SSL, crypto
from pydantic import BeforeValidator, WithJsonSchema
from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import CertificateOptions, trustRootFromCertificates
from twisted.python.failure import Failure
from zope.interface import implementer

_SIZE = 32
_PREFIXES = ("sha256//", "sha256/", "sha256:")


class CertificateRefused(Exception):
    """A server's certificate is not what it must be; the text begins with a verb."""


def pin(value: Any) -> str:
    """`sha256//` and base64, as curl writes it, of that or of hexadecimal digits.

    Raises ValueError.
    """
    text = value.strip() if isinstance(value, str) else ""
    for prefix in _PREFIXES:
        if text.lower().startswith(prefix):
            text = text[len(prefix) :]
            break
    digest = _decoded(text)
    if len(digest) != _SIZE:
        raise ValueError(
            "expected the SHA-256 of a public key: sha256// and 44 characters of base64, or "
            "64 hexadecimal digits"
        )
    return _shown(digest)


def _decoded(text: str) -> bytes:
    digits = text.replace(":", "")
    try:
        if len(digits) == 2 * _SIZE:
            return bytes.fromhex(digits)
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _shown(digest: bytes) -> str:
    return f"sha256//{b64encode(digest).decode()}"


#: The SHA-256 of a public key, in one of the usual spellings.
Pin = Annotated[str, BeforeValidator(pin), WithJsonSchema({"type": "string"})]


@implementer(IOpenSSLClientConnectionCreator)
class Pinned:
    """Makes connections to a host that fail before a request unless its key is one of `pins`.

    `identity`: options of `CertificateOptions` for the certificate that is shown to the server.
    """

    def __init__(self, host: str, pins: Collection[str], identity: Mapping[str, Any]) -> None:
        self._pins = pins
        # Trusts nobody: what is accepted is accepted by `_accepts`.
        nobody = trustRootFromCertificates([])  # type: ignore[no-untyped-call]
        self._context = CertificateOptions(trustRoot=nobody, **identity).getContext()
        # RFC 6066 section 3: an address is not sent as a name.
        is_address = isIPAddress(host) or isIPv6Address(host)
        self._name = b"" if is_address else host.encode("ascii")

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:  # noqa: N802, N803
        """Twisted: for each connection."""
        connection = SSL.Connection(self._context, None)
        if self._name:
            connection.set_tlsext_host_name(self._name)
        required = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
        connection.set_verify(required, partial(self._accepts, tlsProtocol))
        return connection

    def _accepts(self, tls: Any, _: object, found: crypto.X509, *said: int) -> bool:
        """OpenSSL: for each certificate of the chain and each of its faults; 0 is the server's.

        It comes to 0 in every handshake, and who signed it does not matter.
        """
        _error, depth, _ok = said
        refused = self._refusal(found) if depth == 0 else ""
        if refused:
            tls.failVerification(Failure(CertificateRefused(refused)))  # type: ignore[no-untyped-call]
        return not refused

    def _refusal(self, found: crypto.X509) -> str:
        """What is wrong with a server's certificate; empty: nothing. Must not raise into C."""
        try:
            key = crypto.dump_publickey(crypto.FILETYPE_ASN1, found.get_pubkey())
            seen = _shown(hashlib.sha256(key).digest())
            certificate = found.to_cryptography()
            begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        except (crypto.Error, ValueError):
            return "cannot be read"
        if seen not in self._pins:
            return f"has another public key than pin_sha256 says: {seen}"
        if not begin <= dt.datetime.now(dt.UTC) <= end:
            return f"has the right key, but is valid from {begin:%Y-%m-%d} to {end:%Y-%m-%d} only"
        return ""
