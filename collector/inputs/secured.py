"""A connection under TLS: the same as any other, once its handshake is done.

Its socket is a plain one, and hangs on the listener's poll object like others. What it brings is
decrypted in memory, all of a read at once.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from typing import Any

from ..event import Resource
from .connection import Connection, Keeper
from .framing import Framing
from .polling import READ, WRITE, Poll
from .refusals import ClientRefused
from .tls import Identity

#: A TLS record holds so much at most (RFC 8446 5.1).
_RECORD = 16384
#: More that is read for the headers of records, so that a full one is whole.
_OVERHEAD = 1024
#: Of a read: OpenSSL keeps memory for the largest that a connection has had.
_MOST = 4 * _RECORD
#: Where reads of all connections go before they are decrypted; no two are at the same time.
_ROOM = memoryview(bytearray(_MOST + _OVERHEAD))
#: Of answers, encrypted at once.
_PIECE = 65536
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

    __slots__ = ("_identity", "_is_established", "_sealed", "_sealing", "tls")

    def __init__(
        self,
        sock: socket.socket,
        identity: Identity,
        poll: Poll,
        framing: Framing,
        ip: str,
        facts: dict[str, Any],
        keeper: Keeper,
    ) -> None:
        self.tls = identity.session()
        super().__init__(sock, poll, framing, ip, facts, keeper)
        self.recv = self._received
        self._identity = identity
        self._is_established = False
        self._sealed = b""  # not sent yet
        self._sealing = 0  # bytes of what is unsent that are in it

    def _received(self, size: int, _: int = 0) -> bytes:
        """As `socket.recv`: raises BlockingIOError, and OSError."""
        count = self.sock.recv_into(_ROOM, min(size, _MOST) + _OVERHEAD)
        if not count:
            return b""
        self.tls.receive(_ROOM[:count])
        if not self._is_established:
            self._shake()
        parts = self._decrypted()
        self._post()  # an alert, such as that nobody renegotiates
        if not parts:
            raise BlockingIOError
        return b"".join(parts)

    def _decrypted(self) -> list[bytes]:
        """All that is whole. Raises OSError."""
        parts: list[bytes] = []
        has_more, read = self.tls.has_more, self.tls.read
        try:
            while has_more():
                data = read(_RECORD)
                if not data:
                    self._hear_no_more()
                    break
                parts.append(data)
        except ssl.SSLWantReadError:
            pass  # a part of a record
        except ssl.SSLError as e:
            self._keeper.failed(self, f"it broke off: {_words(e)}")
            if not parts:
                self._post()
                raise
            self._hear_no_more()
        return parts

    def _hear_no_more(self) -> None:
        """The next read tells of the end; the peer may never end its side of the socket."""
        with suppress(OSError):  # reset
            self.sock.shutdown(socket.SHUT_RD)

    def _shake(self) -> None:
        try:
            self.tls.do_handshake()
            known = self._identity.client(self.tls.certificate())
        except ssl.SSLWantReadError:
            self._post()
            raise BlockingIOError from None
        except ClientRefused as e:
            self._keeper.failed(self, e.reason, e.shown)
            self._say_goodbye()
            raise
        except ssl.SSLError as e:
            self._keeper.failed(self, _said(e))
            self._post()
            raise
        self._post()
        self._is_established = True
        if known:
            self.resource = Resource(self.resource.attributes | known)
        self._keeper.established(self)

    def written(self) -> None:
        """See `Connection`; a handshake may wait for it."""
        if self._is_established:
            super().written()
        else:
            self._post()

    def _post(self) -> None:
        """Send what OpenSSL has to say, or ask to be told when the socket takes it."""
        self._sealed += self.tls.sealed()
        with suppress(OSError):  # reset: the next read says so too
            if self._sealed:
                self._sealed = self._sealed[self.sock.send(self._sealed) :]
        if not self._is_established:
            self._poll.modify(self.fd, READ | WRITE if self._sealed else READ)

    def _send(self) -> int:
        if not self._sealing:
            self._sealing = self.tls.write(self._unsent[:_PIECE])
            self._sealed += self.tls.sealed()
        self._sealed = self._sealed[self.sock.send(self._sealed) :]
        if self._sealed:
            return 0
        sent, self._sealing = self._sealing, 0
        return sent

    def _send_end(self) -> None:
        self._say_goodbye()
        super()._send_end()

    def _say_goodbye(self) -> None:
        """close_notify: without it the other side must take the end for an attack."""
        with suppress(OSError, ValueError):
            self.tls.unwrap()
        self._post()

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
