"""Sockets that were opened before we were started: systemd's socket activation, sd_listen_fds(3).

A port below 1024 needs no rights then, and no connection is refused while a service restarts.
LISTEN_PID says whom the sockets are for, LISTEN_FDS how many there are, from descriptor 3 on.
"""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping

from ..endpoints import is_loopback, shown_endpoint, split_endpoint
from ..inputs.sockets import peer_address
from ..listening import Asked

_FIRST = 3
_WILDCARDS = frozenset({"::", "0.0.0.0"})  # noqa: S104 to compare with
_KINDS = {
    (False, socket.SOCK_STREAM): "tcp",
    (False, socket.SOCK_DGRAM): "udp",
    (True, socket.SOCK_STREAM): "unix",
    (True, socket.SOCK_DGRAM): "unix_datagram",
}


class Inherited:
    """Taken by whoever asks for their address. They stay open: they are systemd's, too."""

    def __init__(self, environment: MutableMapping[str, str], first: int = _FIRST) -> None:
        """Takes the variables out: the processes that we start have nothing of it."""
        said = [environment.pop(f"LISTEN_{name}", "") for name in ("PID", "FDS", "FDNAMES")]
        number = int(said[1]) if said[0] == str(os.getpid()) and said[1].isdecimal() else 0
        self._sockets = [socket.socket(fileno=first + n) for n in range(number)]
        self._taken: set[int] = set()
        for sock in self._sockets:
            sock.setblocking(False)
            sock.set_inheritable(False)

    def take(self, asked: Asked) -> socket.socket | None:
        """One of the same address, for the caller to close; None: there is none."""
        for sock in self._sockets:
            if _is(sock, asked):
                self._taken.add(sock.fileno())
                return sock.dup()
        return None

    def left(self) -> list[str]:
        """The addresses that nobody has asked for."""
        return [_shown(sock) for sock in self._sockets if sock.fileno() not in self._taken]

    def close(self) -> None:
        """The process ends."""
        for sock in self._sockets:
            sock.close()


def _is(sock: socket.socket, asked: Asked) -> bool:
    is_unix = sock.family == socket.AF_UNIX
    if _KINDS.get((is_unix, sock.type)) != asked.kind:
        return False
    if is_unix:
        return bool(sock.getsockname() == asked.endpoint)
    (host, port), (wanted, number) = (
        peer_address(sock.getsockname()),
        split_endpoint(asked.endpoint),
    )
    if port != number:
        return False
    if wanted in _WILDCARDS:
        return host in _WILDCARDS
    return host == wanted or (wanted == "localhost" and is_loopback(host))


def _shown(sock: socket.socket) -> str:
    if sock.family == socket.AF_UNIX:
        return f"unix://{sock.getsockname()}"
    return shown_endpoint(*peer_address(sock.getsockname()))
