"""A connection under TLS: the same as any other, once its handshake is done.

The `ssl` module's socket does not block either, so it hangs on the listener's poll object like a
plain one. Its ways of saying "not yet" become those of a plain socket here.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ..event import Resource
from .connection import Connection, Keeper
from .framing import Framing
from .polling import READ, WRITE, Poll
from .refusals import ClientRefused
from .tls import TlsSocket

#: A TLS record holds so much at most (RFC 8446 5.1).
_RECORD = 16384
_NOT_YET = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
_ENDS = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
_SAYINGS = {
    "HTTP_REQUEST": "it speaks HTTP without TLS: a health check or the wrong port",
    "NO_SHARED_CIPHER": "it has no cipher in common with us",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "it has no certificate to show",
    "UNSUPPORTED_PROTOCOL": "its TLS is too old",
    "WRONG_VERSION_NUMBER": "it does not speak TLS, which must be on at the sender too",
}
#: What OpenSSL finds wrong with a client's certificate, by its number (X509_V_ERR_...).
_FAULTS = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    26: "its certificate is not for clients, by its extended key usage",
}


class Secured(Connection):
    """A `Source` of frames."""

    __slots__ = ("_client", "_is_established", "tls")

    def __init__(
        self,
        sock: TlsSocket,
        client: Callable[[bytes | None], dict[str, str]],
        poll: Poll,
        framing: Framing,
        ip: str,
        facts: dict[str, Any],
        keeper: Keeper,
    ) -> None:
        """`client`: see `Identity.client`."""
        super().__init__(sock, poll, framing, ip, facts, keeper)
        self._client = client
        self.tls = sock
        self.recv = self._received
        self._is_established = False

    def _received(self, size: int, _: int = 0) -> bytes:
        """As `socket.recv`: raises BlockingIOError, and OSError."""
        if not self._is_established:
            self._shake()
        parts: list[bytes] = []
        total = 0
        while True:
            try:
                data = self.tls.recv(_RECORD)
            except _NOT_YET:
                break
            except OSError as e:
                self._broken(e)
                if parts:
                    break
                raise
            if not data:
                return b"".join(parts)
            parts.append(data)
            total += len(data)
            # What OpenSSL has decrypted no poll object tells of. What it has not, one does, so
            # only a full record is worth another try: to find nothing costs 15 us.
            if not self.tls.pending() and (len(data) < _RECORD or total >= size):
                break
        if not parts:
            raise BlockingIOError
        return b"".join(parts)

    def _broken(self, error: OSError) -> None:
        """What comes is no TLS any more; a reset is the peer's affair."""
        if isinstance(error, ssl.SSLError) and not isinstance(error, _ENDS):
            self._keeper.failed(self, f"it broke off: {_words(error)}")

    def _shake(self) -> None:
        try:
            self.tls.do_handshake()
            known = self._client(self.tls.getpeercert(True))
        except ssl.SSLWantReadError:
            raise BlockingIOError from None
        except ssl.SSLWantWriteError:
            self._poll.modify(self.fd, READ | WRITE)
            raise BlockingIOError from None
        except _ENDS:
            raise  # who looks whether we are there
        except ClientRefused as e:
            self._keeper.failed(self, e.reason, e.shown)
            self._say_goodbye()
            raise
        except ssl.SSLError as e:
            self._keeper.failed(self, _said(e))
            raise
        self._is_established = True
        if known:
            self.resource = Resource(self.resource.attributes | known)
        self._keeper.established(self)

    def written(self) -> None:
        """See `Connection`; a handshake may wait for it."""
        if self._is_established:
            super().written()
            return
        self._poll.modify(self.fd, READ)
        with suppress(OSError):  # the next read says so too
            self._shake()

    def _send(self) -> int:
        try:
            return self.tls.send(self._unsent)
        except _NOT_YET:
            return 0

    def _send_end(self) -> None:
        self._say_goodbye()
        socket.socket.shutdown(self.tls, socket.SHUT_WR)  # SSLSocket's own would end decryption

    def _say_goodbye(self) -> None:
        """close_notify: without it the other side must take the end for an attack."""
        with suppress(OSError, ValueError):
            self.tls.unwrap()

    def close(self) -> None:
        """See `Connection`."""
        if self.fd >= 0 and self._is_established and not self.ending:
            self._say_goodbye()
        super().close()


def _said(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        untrusted = "its certificate is not from a CA of client_ca_file"
        return _FAULTS.get(error.verify_code, untrusted)
    reason = error.reason or ""
    if "ALERT" in reason and ("CERT" in reason or "UNKNOWN_CA" in reason):
        return "it does not trust our certificate"
    return _SAYINGS.get(reason) or _words(error)


def _words(error: ssl.SSLError) -> str:
    """What OpenSSL calls it."""
    return (error.reason or "it ended in the handshake").lower().replace("_", " ")
