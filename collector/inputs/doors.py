"""Where the peers of a stream listener come in: a TCP port, or a socket that is a file."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any, Protocol

from ..endpoints import unix_path
from ..listening import Asked
from .sockets import peer_address, tune

#: In place of an address: peers on this machine have none.
LOCAL = "unix"


class Door(Protocol):
    """What a listener must know of it."""

    #: tcp or unix.
    transport: str
    #: Host and port, or the path and 0, once it is open.
    address: tuple[str, int]
    #: For the log.
    name: str
    #: Of the resource of all who come in.
    facts: dict[str, Any]

    def asked(self, component: str) -> Asked:
        """The socket that it needs."""
        ...

    def opened(self, sock: socket.socket) -> None:
        """It is there."""
        ...

    def peer(self, sock: socket.socket, address: Any) -> tuple[str, dict[str, Any]]:
        """Ready a new peer's socket; its address, and facts of its resource. May raise OSError."""
        ...


def door(endpoint: str, mode: str) -> Door:
    """What an endpoint names. `mode`: of a file, in octal digits."""
    path = unix_path(endpoint)
    return TcpDoor(endpoint) if path is None else UnixDoor(path, int(mode, 8))


class TcpDoor:
    """A `Door`."""

    transport = "tcp"

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self.address = ("", 0)
        self.name = "TCP port"
        self.facts: dict[str, Any] = {}

    def asked(self, component: str) -> Asked:
        """See `Door`."""
        return Asked("tcp", self._endpoint, component)

    def opened(self, sock: socket.socket) -> None:
        """See `Door`."""
        self.address = peer_address(sock.getsockname())
        port = self.address[1]
        self.name = f"TCP port {port}"
        self.facts = {"net.transport": "tcp", "net.host.port": port}

    def peer(self, sock: socket.socket, address: Any) -> tuple[str, dict[str, Any]]:
        """See `Door`."""
        tune(sock)
        ip, port = peer_address(address)
        return ip, {"net.peer.ip": ip, "net.peer.port": port}


class UnixDoor:
    """A `Door`."""

    transport = "unix"

    def __init__(self, path: Path, mode: int, kind: int = socket.SOCK_STREAM) -> None:
        self._path = path
        self._mode = mode
        self._kind = kind
        self.address = (str(path), 0)
        self.name = f"UNIX socket {path}"
        self.facts: dict[str, Any] = {"net.transport": "unix"}

    def asked(self, component: str) -> Asked:
        """See `Door`."""
        asked = Asked("unix", str(self._path), component, self._mode)
        return asked if self._kind == socket.SOCK_STREAM else asked._replace(kind="unix_datagram")

    def opened(self, sock: socket.socket) -> None:
        """See `Door`."""

    def peer(self, sock: socket.socket, address: Any) -> tuple[str, dict[str, Any]]:
        """See `Door`."""
        return LOCAL, {}
