"""Sockets that are files: made, made room for, and reached.

1. The file is never there with a mode wider than it shall have, not even for an instant.
2. The file of a process that was killed is removed; one that something listens on is left alone.
3. A path that is too long for a socket address (108 bytes) goes over /proc/self/fd.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .sockets import BACKLOG, ListenError

#: Bytes of `sun_path` without the NUL at its end.
_LONGEST_PATH = 107
_OWNER_ONLY = 0o600


def socket_at(address: str, mode: int, kind: int = socket.SOCK_STREAM) -> socket.socket:
    """A socket that listens there, see `socket_address`. Raises OSError."""
    sock = socket.socket(socket.AF_UNIX, kind)
    try:
        _bind(sock, address)
        if mode != _OWNER_ONLY:
            Path(address).chmod(mode)  # nobody can connect to a stream before it listens
        if kind == socket.SOCK_STREAM:
            sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def _bind(sock: socket.socket, address: str) -> None:
    """Rule 1: bind() makes the file with the mode that the umask leaves."""
    before = os.umask(0o177)
    try:
        sock.bind(address)
    finally:
        os.umask(before)


def remove_dead(path: Path) -> bool:
    """Make room for a socket. False: one is there that lives.

    Raises ListenError for what is no socket, and OSError.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return True
    if not stat.S_ISSOCK(mode):
        raise ListenError(f"{path} is not a socket: move it away")
    with socket_address(path) as address, socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.setblocking(False)
            probe.connect(address)
        except ConnectionRefusedError:
            path.unlink()
            return True
        except OSError as e:
            # Too busy to accept, or not a stream's but alive.
            if e.errno not in {errno.EAGAIN, errno.EPROTOTYPE}:
                raise
    return False


@contextmanager
def socket_address(path: Path) -> Iterator[str]:
    """What to bind or connect to for this path. Rule 3."""
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        yield str(path)
        return
    if not Path("/proc/self/fd").is_dir():
        raise ListenError(
            f"{path} is longer than the {_LONGEST_PATH} bytes of a socket's address: choose a "
            "shorter one"
        )
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


class SocketFile:
    """A socket that is a file. It goes with it, unless it has become another's."""

    def __init__(self, path: Path, kind: int = socket.SOCK_STREAM) -> None:
        self._path = path
        self._kind = kind
        self._file: tuple[int, int] | None = None

    def open(self, mode: int) -> socket.socket:
        """Listen there. Raises ListenError."""
        path = self._path
        try:
            if not remove_dead(path):
                raise ListenError(
                    f"cannot listen on unix://{path}: another process listens there; stop it (find "
                    f"it with: ss -lxp src {path}) or choose another path"
                )
            with socket_address(path) as address:
                sock = socket_at(address, mode, self._kind)
        except OSError as e:
            raise ListenError(f"cannot listen on unix://{path}: {_why(path, e)}") from e
        self._file = _identity(path)
        sock.setblocking(False)
        return sock

    def remove(self) -> None:
        """Nobody can come in any more; the socket is closed by who has it."""
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
