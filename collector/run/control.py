"""The control socket `data_dir/control.sock`: HTTP for whoever may open it, which is our user.

What changes something comes over it too: a reload, a purge, a replay. What it takes is as good as a
shell of this user, so nothing else guards it than its mode.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..inputs.web import WebLimits, WebServer
from ..tasks import wait
from .control_client import ControlClient, ControlError
from .routes import Look, Routes, add_reads, sentence
from .status import Status
from .unix_socket import LOCK_NAME, SOCKET_NAME, PrivateReactor, UnixSocket

__all__ = ["SOCKET_NAME", "Control", "ControlClient", "ControlError"]

_LIMITS = WebLimits(max_body=1 << 20, max_buffered=4 << 20, max_connections=32)


class Control:
    """Started once, before anything else touches the data directory; stopped once.

    Others add to `routes` before it is started: reload, queue, dead letter, tap.
    """

    def __init__(
        self,
        reactor: Any,
        data_dir: Path,
        look: Look,
        status: Status,
    ) -> None:
        self._socket = UnixSocket(data_dir)
        self.path = data_dir / SOCKET_NAME
        #: All that it has in the data directory.
        self.files = (self.path, data_dir / LOCK_NAME)
        self.routes = Routes()
        status.add_to(self.routes)
        add_reads(self.routes, look)
        self._server = WebServer(PrivateReactor(reactor), self.routes, _LIMITS, refuse=sentence)

    async def start(self) -> None:
        """Take the data directory and listen. Raises ListenError."""
        with self._socket.listening() as listener:
            self._server.adopt(listener)

    async def stop(self) -> None:
        """Close all and give the data directory back, also when it was not started."""
        await wait(self._server.stop())
        self._socket.close()
