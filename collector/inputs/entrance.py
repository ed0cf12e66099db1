"""Between a socket that was accepted and a connection: who may come in, and who it really is.

A proxy's header comes before everything else, TLS too. It is read from the socket to its last byte
and no further, so the connection knows nothing of it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import Any

from ..context import Context
from .access import AccessOptions
from .networks import Networks
from .polling import READ, Poll
from .proxy_header import BadHeader, Header, read_header
from .refusals import Refusals
from .sockets import peer_address

#: Seconds for the header of a proxy.
_PATIENCE = 5.0
_PEEK = 4096
Opened = Callable[[socket.socket, Any, Mapping[str, Any]], None]


class Entrance:
    """Of one stream listener. Its length is the number of proxies that are still to be heard."""

    def __init__(
        self,
        context: Context,
        options: AccessOptions,
        poll: Poll,
        refusals: Refusals,
        opened: Opened,
        left: Callable[[], None],
        most: int,
    ) -> None:
        """`opened` is given the socket, its address and facts of a proxy; `most` may wait.

        `left` is called when one waits no more.
        """
        self._most = most
        self._left = left
        self._context = context
        self._poll = poll
        self._refusals = refusals
        self._opened = opened
        self._allowed = Networks(options.allowed_sources)
        self._proxies = Networks(options.trusted_proxies)
        self._waiting: dict[int, _Proxy] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def came(self, sock: socket.socket, address: Any) -> None:
        """A peer was accepted."""
        ip, _ = peer_address(address)
        if not self._proxies or ip not in self._proxies:
            self._let_in(sock, ip, address, {})
        elif len(self._waiting) >= self._most:
            self._refusals.count("max_connections")
            sock.close()
        else:
            sock.setblocking(False)
            self._poll.register(sock.fileno(), READ)
            later = self._context.reactor.callLater(_PATIENCE, self._too_slow, sock.fileno())
            self._waiting[sock.fileno()] = _Proxy(sock, address, later)

    def _let_in(self, sock: socket.socket, ip: str, address: Any, facts: Mapping[str, Any]) -> None:
        if self._allowed and ip not in self._allowed:
            self._refusals.not_allowed(ip)
            sock.close()
        else:
            self._opened(sock, address, facts)

    def heard(self, fd: int) -> bool:
        """Whether the descriptor is a proxy's whose header is not whole; if so, read on."""
        proxy = self._waiting.get(fd)
        if proxy is None:
            return False
        try:
            header = proxy.read()
        except BlockingIOError:
            return True
        except BadHeader as e:
            self._refuse(fd, str(e))
        except OSError:  # gone, or it only looked whether we are there
            self._leave(fd).sock.close()
        else:
            if header is not None:
                self._through(fd, header)
        return True

    def _through(self, fd: int, header: Header) -> None:
        proxy = self._leave(fd)
        if header.origin is None:
            self._let_in(proxy.sock, proxy.ip, proxy.address, {})
            return
        facts = {"net.sock.peer.addr": proxy.ip, "net.sock.peer.port": proxy.port}
        self._let_in(proxy.sock, header.origin.ip, tuple(header.origin), facts)

    def _too_slow(self, fd: int) -> None:
        self._refuse(fd, "it sent no PROXY header in time")

    def _refuse(self, fd: int, why: str) -> None:
        proxy = self._leave(fd)
        self._refusals.bad_proxy(proxy.ip, why)
        proxy.sock.close()

    def _leave(self, fd: int) -> _Proxy:
        proxy = self._waiting.pop(fd)
        self._poll.unregister(fd)
        if proxy.later.active():
            proxy.later.cancel()
        self._left()
        return proxy

    def close(self) -> None:
        """No more will come in."""
        for fd in list(self._waiting):
            self._leave(fd).sock.close()


class _Proxy:
    """A socket of which a part of the header has been read."""

    def __init__(self, sock: socket.socket, address: Any, later: Any) -> None:
        self.sock = sock
        self.address = address
        self.later = later
        self.ip, self.port = peer_address(address)
        self._seen = b""

    def read(self) -> Header | None:
        """The header, once it is whole. Raises BadHeader, BlockingIOError and OSError."""
        data = self.sock.recv(_PEEK, socket.MSG_PEEK)
        if not data:
            raise ConnectionResetError
        header = read_header(self._seen + data)
        size = len(data) if header is None else header.size - len(self._seen)
        self._seen += self.sock.recv(size)
        return header
