"""Where the peers of a stream listener come in: a TCP port, or a socket that is a file."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from ..fields import unix_path
from .socket_file import remove_dead, socket_address, socket_at
from .sockets import ListenError, peer_address, stream_socket, tune

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

    def open(self) -> socket.socket:
        """Listen. Raises ListenError."""
        ...

    def peer(self, sock: socket.socket, address: Any) -> tuple[str, dict[str, Any]]:
        """Ready a new peer's socket; its address, and facts of its resource. May raise OSError."""
        ...

    def close(self) -> None:
        """Nobody can come in any more; the socket is closed by who has it."""
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

    def open(self) -> socket.socket:
        """See `Door`."""
        sock = stream_socket(self._endpoint)
        self.address = peer_address(sock.getsockname())
        port = self.address[1]
        self.name = f"TCP port {port}"
        self.facts = {"net.transport": "tcp", "net.host.port": port}
        return sock

    def peer(self, sock: socket.socket, address: Any) -> tuple[str, dict[str, Any]]:
        """See `Door`."""
        tune(sock)
        ip, port = peer_address(address)
        return ip, {"net.peer.ip": ip, "net.peer.port": port}

    def close(self) -> None:
        """See `Door`."""


class UnixDoor:
    """A `Door`. Its file goes with it, unless it has become another's."""

    transport = "unix"

    def __init__(self, path: Path, mode: int, kind: int = socket.SOCK_STREAM) -> None:
        self._path = path
        self._mode = mode
        self._kind = kind
        self._file: tuple[int, int] | None = None
        self.address = (str(path), 0)
        self.name = f"UNIX socket {path}"
        self.facts: dict[str, Any] = {"net.transport": "unix"}

    def open(self) -> socket.socket:
        """See `Door`."""
        path = self._path
        try:
            if not remove_dead(path):
                raise ListenError(
                    f"cannot listen on unix://{path}: another process listens there; stop it (find "
                    f"it with: ss -lxp src {path}) or choose another path"
                )
            with socket_address(path) as address:
                sock = socket_at(address, self._mode, self._kind)
        except OSError as e:
            raise ListenError(f"cannot listen on unix://{path}: {_why(path, e)}") from e
        self._file = _identity(path)
        sock.setblocking(False)
        return sock

    def peer(self, sock: socket.socket, address: Any) -> tuple[str, dict[str, Any]]:
        """See `Door`."""
        return LOCAL, {}

    def close(self) -> None:
        """See `Door`."""
        with suppress(OSError):  # somebody has removed it
            if self._file is not None and _identity(self._path) == self._file:
                self._path.unlink()
        self._file = None


def _identity(path: Path) -> tuple[int, int]:
    found = os.lstat(path)
    return found.st_dev, found.st_ino


def _why(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return f"there is no directory {path.parent}; make it, for this user to write"
    if isinstance(error, PermissionError):
        return f"this user may not write to {path.parent}, or not replace what is there"
    return error.strerror or str(error)
