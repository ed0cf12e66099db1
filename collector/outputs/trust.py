"""Whom a TLS client trusts, and as whom it shows itself: keys of a configuration in, TLS out."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import crypto
from pydantic import ValidationInfo, field_validator
from twisted.internet.ssl import Certificate, optionsForClientTLS, trustRootFromCertificates
from twisted.logger import Logger

from ..component import Config
from .pins import Pin, Pinned

#: Seconds between looks at the files.
_LOOK = 5.0


class TlsClientOptions(Config):
    """Whom a client trusts. There is no way to trust everybody."""

    #: PEM file of the CAs to trust in place of the system's, as for an ActiveGate's own
    #: certificate, such as `/etc/collector/activegate.pem`.
    ca_file: Path | None = None
    #: The public keys to trust in place of any CA and name: the SHA-256 of each in base64, such as
    #: `['47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=']`.
    pin_sha256: tuple[Pin, ...] = ()
    #: PEM file of a certificate for a server that asks for one, with the chain behind it, such as
    #: `/etc/collector/client.pem`.
    cert_file: Path | None = None
    #: PEM file of its key, not encrypted, such as `/etc/collector/client.key`. Without it the key
    #: is in `cert_file`.
    key_file: Path | None = None

    def files(self) -> list[Path]:
        """All that are named."""
        found = (self.ca_file, self.cert_file, self.key_file)
        return [path for path in found if path is not None]

    @field_validator("pin_sha256")
    @classmethod
    def _check_pins(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if value and info.data.get("ca_file") is not None:
            raise ValueError("give ca_file or pin_sha256, not both: a pin needs no CA")
        return value

    @field_validator("key_file")
    @classmethod
    def _check_key(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None and info.data.get("cert_file", value) is None:
            raise ValueError("key_file needs cert_file, the certificate it belongs to")
        return value


class Trust:
    """The options with their files read. Raises ValueError with what is wrong with which.

    They are looked at again now and then: a new connection uses what is renewed on the disk. What
    cannot be read then is told, and the last one stays in use.
    """

    log = Logger(namespace="collector.tls")

    def __init__(
        self, options: TlsClientOptions, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._options = options
        self._clock = clock
        self._next_look = clock() + _LOOK
        self._seen = self._look()
        self._read()

    def _read(self) -> None:
        options = self._options
        authorities = _authorities(options.ca_file) if options.ca_file else None
        self._identity = _identity(options.cert_file, options.key_file)
        self._authorities = authorities
        self._destinations: dict[str, Any] = {}
        self._proxies: dict[str, Any] = {}

    def _look(self) -> list[Any]:
        """What changes when a file does."""
        return [_state(path) for path in self._options.files()]

    def _renew(self) -> None:
        if self._clock() < self._next_look:
            return
        self._next_look = self._clock() + _LOOK
        seen, self._seen = self._seen, self._look()
        if seen == self._seen:
            return
        try:
            self._read()
        except ValueError as e:
            self.log.warn("still with the last certificates: {why}", why=str(e))
        else:
            self.log.info("certificates for connections to servers read again")

    def destination(self, host: str) -> Any:
        """How TLS connections to a server are made. Kept, for it holds all CAs."""
        self._renew()
        if host not in self._destinations:
            self._destinations[host] = self._made(host)
        return self._destinations[host]

    def proxy(self, host: str) -> Any:
        """The same for a proxy on the way: pins and our own certificate are not meant for it."""
        if host not in self._proxies:
            self._proxies[host] = optionsForClientTLS(host, trustRoot=self._authorities)
        return self._proxies[host]

    def _made(self, host: str) -> Any:
        if self._options.pin_sha256:
            return Pinned(host, frozenset(self._options.pin_sha256), self._identity)
        return optionsForClientTLS(
            host, trustRoot=self._authorities, extraCertificateOptions=dict(self._identity)
        )


def _state(path: Path) -> Any:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _authorities(path: Path) -> Any:
    """What Twisted calls a trust root."""
    found = map(crypto.X509.from_cryptography, _certificates("ca_file", path))
    authorities = [Certificate(one) for one in found]  # type: ignore[no-untyped-call]
    return trustRootFromCertificates(authorities)  # type: ignore[no-untyped-call]


def _identity(cert_file: Path | None, key_file: Path | None) -> dict[str, Any]:
    """Options of `CertificateOptions`: the certificate, its key, and the chain behind it."""
    if cert_file is None:
        return {}
    own, *chain = _certificates("cert_file", cert_file)
    key = _key("key_file", key_file) if key_file else _key("cert_file", cert_file)
    if key.public_key() != own.public_key():
        raise ValueError("the key in key_file is not that of the certificate in cert_file")
    return {"certificate": own, "privateKey": key, "extraCertChain": chain}


def _certificates(name: str, path: Path) -> list[x509.Certificate]:
    """All of a file, which has one at least."""
    text = _read(name, path)
    try:
        return x509.load_pem_x509_certificates(text)
    except ValueError:
        raise ValueError(f"{name} holds no certificate in PEM form") from None


def _key(name: str, path: Path) -> Any:
    text = _read(name, path)
    try:
        return load_pem_private_key(text, None)
    except TypeError:
        raise ValueError(
            f"the key in {name} is encrypted, and nobody is asked: decrypt it"
        ) from None
    except ValueError:
        raise ValueError(f"{name} holds no private key in PEM form") from None


def _read(name: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as e:
        why = e.strerror or type(e).__name__
        raise ValueError(f"{name} cannot be read: {why}") from None
