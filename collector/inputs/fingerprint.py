"""Clients that are known by the fingerprint of their certificate, which nobody need have signed.

The `ssl` module shows no certificate that no CA has signed, so these sessions are pyOpenSSL's, and
raise what the `ssl` module would.
"""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

from OpenSSL import SSL, crypto
from pydantic import BeforeValidator, WithJsonSchema

from .refusals import ClientRefused

#: By the hexadecimal digits of a digest.
_KINDS = {40: "sha1", 64: "sha256"}
_CHUNK = 65536
_ERRORS = {
    SSL.WantReadError: ssl.SSLWantReadError,
    SSL.WantWriteError: ssl.SSLWantWriteError,
    SSL.ZeroReturnError: ssl.SSLZeroReturnError,
    SSL.SysCallError: ssl.SSLEOFError,
}
#: A client that comes again is looked at again: no session is kept.
_OPTIONS = SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_TICKET


def fingerprint(value: Any) -> str:
    """`sha256:` or `sha1:` and digits, of that as rsyslog, OpenSSL or RFC 5425 write it.

    Raises ValueError.
    """
    text = value.strip().lower().replace("sha-", "sha") if isinstance(value, str) else ""
    kind, _, rest = text.partition(":") if text.startswith("sha") else ("", "", text)
    digits = rest.replace(":", "")
    found = _KINDS.get(len(digits))
    with suppress(ValueError):
        bytes.fromhex(digits)
        if found and kind in {"", found}:
            return f"{found}:{digits}"
    raise ValueError(
        "expected the fingerprint of a certificate: sha256: and 64 hexadecimal digits, as "
        "openssl x509 -noout -fingerprint -sha256 shows it, or sha1: and 40"
    )


Fingerprint = Annotated[str, BeforeValidator(fingerprint), WithJsonSchema({"type": "string"})]


class FingerprintContext:
    """Makes the sessions of a listener whose files the `ssl` module has read in `other`."""

    def __init__(
        self, other: ssl.SSLContext, cert_file: Path, key_file: Path, allowed: Collection[str]
    ) -> None:
        """Raises OSError."""
        self._allowed = frozenset(allowed)
        self._tls = tls = SSL.Context(SSL.TLS_SERVER_METHOD)
        tls.set_min_proto_version(other.minimum_version)
        tls.set_options(_OPTIONS)
        tls.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        tls.set_cipher_list(":".join(cipher["name"] for cipher in other.get_ciphers()).encode())
        required = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
        tls.set_verify(required, self._accepts)
        try:
            tls.use_certificate_chain_file(str(cert_file))
            tls.use_privatekey_file(str(key_file))
        except SSL.Error as e:
            raise _as_ssl(e) from e

    def set_alpn_protocols(self, protocols: Collection[str]) -> None:
        """As of `ssl.SSLContext`: the client's first that is one of them."""
        known = [protocol.encode() for protocol in protocols]

        def select(_: SSL.Connection, offered: list[bytes]) -> Any:
            return next((name for name in known if name in offered), SSL.NO_OVERLAPPING_PROTOCOLS)

        self._tls.set_alpn_select_callback(select)

    def session(self) -> FingerprintSession:
        """Of a new connection."""
        return FingerprintSession(SSL.Connection(self._tls, None))

    def _accepts(self, tls: SSL.Connection, found: crypto.X509, *said: int) -> bool:
        """OpenSSL: for each certificate and each of its faults; depth 0 is the client's own.

        It comes to 0 in every handshake, and who signed it does not matter.
        """
        _, depth, _ = said
        if depth:
            return True
        der = crypto.dump_certificate(crypto.FILETYPE_ASN1, found)
        digests = {f"sha256:{hashlib.sha256(der).hexdigest()}"}
        digests.add(f"sha1:{hashlib.sha1(der, usedforsecurity=False).hexdigest()}")
        if self._allowed.isdisjoint(digests):
            tls.set_app_data(max(digests, key=len))
            return False
        return True


class FingerprintSession:
    """A `TlsSession` of pyOpenSSL."""

    def __init__(self, tls: SSL.Connection) -> None:
        self._tls = tls
        self._has_more = False
        tls.set_accept_state()

    def receive(self, data: Any) -> None:
        """See `TlsSession`."""
        self._tls.bio_write(bytes(data))
        self._has_more = True

    def has_more(self) -> bool:
        """See `TlsSession`."""
        return self._has_more

    def read(self, size: int) -> bytes:
        """See `TlsSession`."""
        try:
            return self._tls.recv(size)
        except SSL.ZeroReturnError:
            return b""
        except SSL.Error as e:
            self._has_more = False
            raise _as_ssl(e) from e

    def write(self, data: bytes) -> int:
        """See `TlsSession`."""
        try:
            return self._tls.send(data)
        except SSL.Error as e:
            raise _as_ssl(e) from e

    def sealed(self) -> bytes:
        """See `TlsSession`."""
        parts = []
        with suppress(SSL.WantReadError):
            while True:
                parts.append(self._tls.bio_read(_CHUNK))
        return b"".join(parts)

    def do_handshake(self) -> None:
        """See `TlsSession`. Raises ClientRefused too."""
        try:
            self._tls.do_handshake()
        except SSL.Error as e:
            shown = self._tls.get_app_data()
            if shown is None:
                raise _as_ssl(e) from e
            why = "its certificate is none of client_fingerprints"
            raise ClientRefused(why, f"it is {shown}") from e

    def unwrap(self) -> None:
        """See `TlsSession`."""
        try:
            self._tls.shutdown()
        except SSL.Error as e:
            raise _as_ssl(e) from e

    def certificate(self) -> bytes | None:
        """See `TlsSession`."""
        found = self._tls.get_peer_certificate()
        return None if found is None else crypto.dump_certificate(crypto.FILETYPE_ASN1, found)


def _as_ssl(error: SSL.Error) -> ssl.SSLError:
    """What the `ssl` module raises where pyOpenSSL raises this."""
    for theirs, its in _ERRORS.items():
        if isinstance(error, theirs):
            return its()
    reasons = [reason for _, _, reason in error.args[0]] if error.args else []
    found = ssl.SSLError(*reasons[:1])
    found.reason = "_".join(reasons[:1]).upper().replace(" ", "_")
    return ssl.SSLEOFError() if found.reason.startswith("UNEXPECTED_EOF") else found
