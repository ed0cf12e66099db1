"""A certificate and its key in PEM files to what a TLS server needs."""

from __future__ import annotations

from pathlib import Path

from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLContextFactory
from zope.interface import implementer


@implementer(IOpenSSLContextFactory)
class PemFiles:
    """TLS 1.2 and up with this certificate, the chain behind it included."""

    def __init__(self, certificate: Path, key: Path | None) -> None:
        """Raises ValueError with one sentence."""
        try:
            self._context = _context(certificate, key or certificate)
        except SSL.Error as e:
            message = f"{certificate}, {key or 'itself'}: not a certificate and its key in PEM"
            raise ValueError(message) from e

    def getContext(self) -> SSL.Context:
        """Twisted: for each connection."""
        return self._context


def _context(certificate: Path, key: Path) -> SSL.Context:
    for path in (certificate, key):
        if not path.is_file():
            raise ValueError(f"{path}: there is no such file")
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.use_certificate_chain_file(str(certificate))
    context.use_privatekey_file(str(key))
    context.check_privatekey()
    return context
