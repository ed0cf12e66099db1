"""TLS for the senders of a load: bytes in, records of the wanted size out."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable


class Encrypted:
    """A connection. The collector's certificate is not looked at."""

    def __init__(self, sock: socket.socket, *, by_line: bool) -> None:
        """`by_line`: a record holds one line, and not as much as there is room for."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._sock = sock
        self._by_line = by_line
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out)
        self._shake()

    def _shake(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._sock.sendall(self._out.read())
                self._in.write(self._sock.recv(65536))
            else:
                self._sock.sendall(self._out.read())
                return

    def sendall(self, data: bytes | memoryview) -> None:
        """Few calls of the kernel, however small the records are."""
        parts: Iterable[bytes | memoryview] = [data]
        if self._by_line:
            parts = bytes(data).splitlines(keepends=True)
        for part in parts:
            self._tls.write(part)
        self._sock.sendall(self._out.read())

    def recv(self, size: int) -> bytes:
        """As it comes, encrypted: only that there is something matters."""
        return self._sock.recv(size)

    def shutdown(self, how: int) -> None:
        """Say goodbye, and wait for the end: what is unread here would reset the connection."""
        self._sock.shutdown(how)
        while self._sock.recv(65536):
            pass
