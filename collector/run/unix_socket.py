"""A listening UNIX socket in a data directory, and a lock on the directory that goes with it.

1. Whoever holds the lock owns the directory: a second instance is refused, and the socket of a
   dead one is replaced without a race.
2. The socket's mode is 0600.
"""

# mypy: allow-untyped-calls
# Twisted's ports have no annotations.

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from twisted.internet import tcp, unix
from twisted.python.failure import Failure

from ..inputs.socket_file import remove_dead, socket_address, socket_at
from ..inputs.sockets import ListenError

SOCKET_NAME = "control.sock"
LOCK_NAME = "control.lock"
_MODE = 0o600


class UnixSocket:
    """The socket of an instance, and its lock on the data directory."""

    def __init__(self, data_dir: Path) -> None:
        self._directory = data_dir.absolute()
        self._path = self._directory / SOCKET_NAME
        self._lock: int | None = None
        self._ours = False

    @contextmanager
    def listening(self) -> Iterator[socket.socket]:
        """A socket that listens; whoever is given it duplicates it. Raises ListenError."""
        self._make_directory()
        try:
            self._take_lock()
            if not remove_dead(self._path):  # a live one without our lock is left alone too
                raise self._taken("")
            with socket_address(self._path) as address, socket_at(address, _MODE) as listener:
                self._ours = True
                yield listener
        except OSError as e:
            self.close()
            raise ListenError(f"cannot listen on {self._path}: {e.strerror or e}") from e
        except ListenError:
            self.close()
            raise

    def close(self) -> None:
        """Remove the socket, if it is ours, and let go of the directory."""
        if self._ours:
            with suppress(OSError):
                self._path.unlink()
            self._ours = False
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _make_directory(self) -> None:
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except FileExistsError:
            raise ListenError(
                f"cannot make the data directory {self._directory}: there is a file of that name; "
                "name another one in service.data_dir"
            ) from None
        except OSError as e:
            raise ListenError(
                f"cannot make the data directory {self._directory}: {e.strerror}; create it for "
                "this user, or name another one in service.data_dir"
            ) from e
        if not os.access(self._directory, os.W_OK | os.X_OK):
            raise ListenError(
                f"cannot write to the data directory {self._directory}: give it to this user, or "
                "name another one in service.data_dir"
            )

    def _take_lock(self) -> None:
        path = self._directory / LOCK_NAME
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError as e:
            owner = os.pread(lock, 32, 0).decode("ascii", "replace").strip()
            os.close(lock)
            raise self._taken(f" (pid {owner})" if owner.isdigit() else "") from e
        except OSError:
            os.close(lock)
            raise
        self._lock = lock

    def _taken(self, who: str) -> ListenError:
        return ListenError(
            f"another collector{who} uses the data directory {self._directory}: stop it, or name "
            "another directory in service.data_dir"
        )


class _PrivatePort(unix.Port):
    """Twisted's makes an adopted socket writable for everybody, and fails when it has gone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "mode": _MODE})

    def connectionLost(self, reason: Failure) -> None:
        tcp.Port.connectionLost(self, reason)


class PrivateReactor:
    """A reactor whose adopted ports are UNIX sockets for this user only."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)

    def adoptStreamPort(self, fd: int, _family: int, factory: Any) -> _PrivatePort:  # noqa: N802
        """As IReactorSocket's."""
        port: _PrivatePort = _PrivatePort._fromListeningDescriptor(self._reactor, fd, factory)  # noqa: SLF001
        port.startListening()
        return port
