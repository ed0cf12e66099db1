"""A command asks a running collector over its control socket: a request in, the answer out."""

from __future__ import annotations

import http.client
import socket
from pathlib import Path

from ..inputs.socket_file import socket_address
from ..inputs.sockets import ListenError


class ControlError(Exception):
    """The collector could not be asked: one sentence."""


class NotRunning(ControlError):
    """Nobody listens there."""


class ControlClient:
    """Asks a running collector; for commands, blocking."""

    def __init__(self, path: Path, timeout: float = 10.0) -> None:
        self._path = path.absolute()
        self._timeout = timeout

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body. Raises ControlError."""
        return self.request("GET", path)

    def request(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """The same with any method."""
        connection = _Connection("localhost", timeout=self._timeout)
        try:
            connection.sock = self._connected()
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, response.read()
        except (FileNotFoundError, ConnectionRefusedError) as e:
            raise NotRunning(
                f"no collector is running here: nothing listens on {self._path}"
            ) from e
        except (OSError, http.client.HTTPException, ListenError) as e:
            raise ControlError(f"cannot ask the collector at {self._path}: {e}") from e
        finally:
            connection.close()

    def _connected(self) -> socket.socket:
        with socket_address(self._path) as address:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                sock.settimeout(self._timeout)
                sock.connect(address)
            except OSError:
                sock.close()
                raise
            return sock


class _Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        """It is connected already; a second time would go to the network."""
        raise http.client.NotConnected
