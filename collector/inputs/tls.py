"""TLS of a listener: options in, a context for each new connection out, and who the client is.

The files are looked at again now and then, so that a renewed certificate needs no restart. What
cannot be read then is told, and the last one stays in use.
"""

from __future__ import annotations

import hashlib
import os
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from cryptography import x509
from pydantic import model_validator

from ..component import Config
from ..context import Context
from .client_names import ClientName, is_named, names_of
from .fingerprint import Fingerprint, FingerprintContext
from .refusals import ClientRefused
from .sockets import ListenError
from .tls_session import StandardSession, TlsSession

#: Seconds between looks at the files.
_LOOK = 5.0
#: Names of a certificate that are logged.
_MOST_NAMES = 5
#: Of TLS 1.2: forward secrecy, and what RFC 9662 wants. Debian's Python would take OpenSSL's own
#: list, RSA key exchange and SHA-1 included; others have this one already.
_SUITES = "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM"
_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class TlsServerOptions(Config):
    """As whom a listener shows itself, and whom it lets in."""

    #: PEM file of the certificate, with the chain behind it, such as `/etc/collector/server.pem`.
    cert_file: Path
    #: PEM file of its key, not encrypted, such as `/etc/collector/server.key`. Without it the key
    #: is in `cert_file`.
    key_file: Path | None = None
    #: PEM file of CAs, such as `/etc/collector/clients-ca.pem`. Clients must have a certificate of
    #: one of them.
    client_ca_file: Path | None = None
    #: Names and addresses, of which a client's certificate must have one; needs `client_ca_file`.
    #: `*.example.com` is any name with one label more. Such as `[fw1.example.com,
    #: '*.branch.example.com']`.
    client_names: tuple[ClientName, ...] = ()
    #: Fingerprints of certificates, in place of `client_ca_file`: whose certificate is one of them
    #: may send, whoever has signed it, and expired or not. `sha256:` and 64 hexadecimal digits, or
    #: `sha1:` and 40, such as `['sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709']`.
    client_fingerprints: tuple[Fingerprint, ...] = ()
    #: The oldest version of TLS that is taken.
    min_version: Literal["1.2", "1.3"] = "1.2"

    @model_validator(mode="after")
    def _has_one_policy(self) -> TlsServerOptions:
        if self.client_names and self.client_ca_file is None:
            raise ValueError(
                "client_names are worth nothing in certificates that anybody may have signed: "
                "add client_ca_file"
            )
        if self.client_fingerprints and self.client_ca_file is not None:
            raise ValueError(
                "client_ca_file and client_fingerprints are two ways to know clients: choose one, "
                "or give each a port of its own"
            )
        return self

    @property
    def knows_clients(self) -> bool:
        """Whether only some clients are let in."""
        return bool(self.client_ca_file or self.client_fingerprints)

    def files(self) -> list[Path]:
        """All that are named."""
        found = (self.cert_file, self.key_file, self.client_ca_file)
        return [path for path in found if path is not None]


class Identity:
    """The options with their files read. Raises ListenError with what is wrong with which."""

    def __init__(
        self,
        options: TlsServerOptions,
        context: Context,
        endpoint: str,
        alpn: Sequence[str] = (),
    ) -> None:
        self._options, self._alpn = options, alpn
        self._context = context
        self._seen = self._look()
        self._tls = _made(options, alpn)
        self._expiry = _expiry(options.cert_file)
        self._next_look = context.reactor.seconds() + _LOOK
        context.gauge(
            "certificate_expiry_seconds",
            "Seconds until the listener's certificate expires.",
            lambda: self._expiry - time.time(),
            endpoint=endpoint,
        )

    def session(self) -> TlsSession:
        """Of a new connection, before its handshake."""
        now: float = self._context.reactor.seconds()
        if now >= self._next_look:
            self._next_look = now + _LOOK
            self._renew()
        if isinstance(self._tls, FingerprintContext):
            return self._tls.session()
        return StandardSession(self._tls)

    def client(self, der: bytes | None) -> dict[str, str]:
        """Attributes of who has shown this certificate, if any. Raises ClientRefused."""
        if not der:
            return {}
        facts = {"tls.client.hash.sha256": hashlib.sha256(der).hexdigest().upper()}
        names: list[str] = []
        with suppress(ValueError):  # OpenSSL has read it, and is less strict
            certificate = x509.load_der_x509_certificate(der)
            names = names_of(certificate)
            facts["tls.client.subject"] = certificate.subject.rfc4514_string()
        wanted = self._options.client_names
        if wanted and not is_named(names, wanted):
            shown = ", ".join(names[:_MOST_NAMES]) or "no name at all"
            raise ClientRefused("its certificate has none of client_names", f"it has {shown}")
        return {name: said for name, said in facts.items() if said}

    def _renew(self) -> None:
        seen = self._look()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._tls = _made(self._options, self._alpn)
            self._expiry = _expiry(self._options.cert_file)
        except ListenError as e:
            self._context.log.warn(
                "{id}: still with the last certificate: {why}", id=self._context.id, why=str(e)
            )
        else:
            self._context.log.info("{id}: certificate read again", id=self._context.id)

    def _look(self) -> list[tuple[int, int, int]]:
        """What changes when a file does."""
        return [_state(path) for path in self._options.files()]


def _state(path: Path) -> tuple[int, int, int]:
    try:
        found = os.stat(path)  # noqa: PTH116 a tuple of it
    except OSError:
        return (0, 0, 0)
    return found.st_mtime_ns, found.st_size, found.st_ino


def _made(options: TlsServerOptions, alpn: Sequence[str]) -> ssl.SSLContext | FingerprintContext:
    verifying = _verifying(options)
    context = _recognising(options, verifying) if options.client_fingerprints else verifying
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


def _recognising(options: TlsServerOptions, other: ssl.SSLContext) -> FingerprintContext:
    key_file = options.key_file or options.cert_file
    try:
        return FingerprintContext(other, options.cert_file, key_file, options.client_fingerprints)
    except OSError as e:  # the files have changed just now
        raise ListenError(f"TLS: {_files(options)} cannot be used: {_why(e)}") from e


def _verifying(options: TlsServerOptions) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[options.min_version]
    context.set_ciphers(_SUITES)
    context.options |= ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(options.cert_file, options.key_file, _no_password)
    except (OSError, ValueError) as e:
        raise ListenError(f"TLS: {_files(options)} cannot be used: {_why(e)}") from e
    if options.client_ca_file is not None:
        try:
            context.load_verify_locations(options.client_ca_file)
        except (OSError, ValueError) as e:
            raise ListenError(f"TLS: client_ca_file cannot be used: {_why(e)}") from e
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _no_password() -> str:
    raise ValueError("the key is encrypted, and nobody is asked: decrypt it")


def _files(options: TlsServerOptions) -> str:
    return "cert_file with key_file" if options.key_file else "cert_file"


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        reasons = {"KEY_VALUES_MISMATCH": "the key is not that of the certificate"}
        return reasons.get(error.reason, "no certificate and key in PEM form")
    return getattr(error, "strerror", None) or str(error)


def _expiry(path: Path) -> float:
    """When the certificate ends, since the epoch."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())[0].not_valid_after_utc.timestamp()
    except (OSError, ValueError) as e:
        raise ListenError("TLS: cert_file holds no certificate in PEM form") from e
