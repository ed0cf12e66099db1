"""TLS of one connection, without its socket: what came from it in, what shall go to it out.

OpenSSL reads from a socket record by record, with two calls of the kernel for each. From memory it
takes all that one read has brought.
"""

from __future__ import annotations

import ssl
from typing import Any, Protocol


class TlsSession(Protocol):
    """What a connection needs of it. All raise what the `ssl` module does."""

    def receive(self, data: Any, /) -> object:
        """What the socket has brought."""
        ...

    def has_more(self) -> bool:
        """Whether `read` is worth a try."""
        ...

    def read(self, size: int, /) -> bytes:
        """Of a record, decrypted; empty: the peer has said goodbye."""
        ...

    def write(self, data: bytes, /) -> int:
        """How much of it was encrypted."""
        ...

    def sealed(self) -> bytes:
        """What the socket shall send."""
        ...

    def do_handshake(self) -> None: ...
    def unwrap(self) -> object: ...
    def certificate(self) -> bytes | None:
        """Of the client, in DER."""
        ...


class StandardSession:
    """A `TlsSession` of the standard library."""

    __slots__ = ("_in", "_tls", "do_handshake", "read", "receive", "sealed", "unwrap", "write")

    def __init__(self, context: ssl.SSLContext) -> None:
        self._in, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = tls = context.wrap_bio(self._in, out, server_side=True)
        self.receive, self.sealed = self._in.write, out.read
        self.read, self.write = tls.read, tls.write
        self.do_handshake, self.unwrap = tls.do_handshake, tls.unwrap

    def has_more(self) -> bool:
        """See `TlsSession`. To read in vain costs an exception."""
        return self._in.pending > 0 or self._tls.pending() > 0

    def certificate(self) -> bytes | None:
        """See `TlsSession`."""
        return self._tls.getpeercert(binary_form=True)
