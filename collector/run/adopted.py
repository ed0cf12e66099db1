"""The sockets of a worker: its supervisor's, asked for while the worker starts."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

from ..inputs.opening import Kernel
from ..inputs.room import Room
from ..inputs.sockets import ListenError
from ..listening import Asked, More
from .passing import Handed, pass_on, passed

#: Seconds for an answer: the supervisor has little else to do.
_PATIENCE = 20.0
#: Of a framing's state; what has more unfinished is not handed on.
_LARGEST = 100_000


class AdoptedSockets(Kernel):
    """See `Sockets`. `open` blocks; nothing else runs in a worker that starts."""

    are_shared = True

    def __init__(self, supervisor: socket.socket, reactor: Any, room: Room) -> None:
        self.room = room
        self._supervisor = supervisor
        self._reactor = reactor
        self._more: dict[tuple[str, str], More] = {}
        #: Whether another worker comes after us.
        self.hands_on = False

    def open(self, asked: Asked, more: More) -> Sequence[socket.socket]:
        """See `Sockets`."""
        self._supervisor.settimeout(_PATIENCE)
        try:
            pass_on(self._supervisor, asked)
            answer = passed(self._supervisor)
        except OSError as e:
            raise ListenError(f"the supervisor gives no socket for {asked.endpoint}: {e}") from e
        if answer is None:
            raise ListenError(f"the supervisor is gone that has the socket for {asked.endpoint}")
        said, sockets = answer
        if said:
            raise ListenError(said)
        self._more[asked.kind, asked.endpoint] = more
        return sockets

    def hand_on(self, asked: Asked, sock: socket.socket, state: bytes) -> bool:
        """See `Sockets`."""
        if not self.hands_on or len(state) > _LARGEST:
            return False
        self._supervisor.settimeout(_PATIENCE)
        try:
            pass_on(self._supervisor, Handed(asked.kind, asked.endpoint, state), [sock])
        except OSError:
            return False
        return True

    def close(self, asked: Asked) -> None:
        """See `Sockets`: the supervisor's stays open."""
        self._more.pop((asked.kind, asked.endpoint), None)

    def start(self) -> None:
        """Take more of them when they come, from now on."""
        self._supervisor.setblocking(False)
        self._reactor.addReader(self)

    def stop(self) -> None:
        """Take no more."""
        self._reactor.removeReader(self)
        self._supervisor.close()

    def fileno(self) -> int:
        """For the reactor."""
        return self._supervisor.fileno()

    def logPrefix(self) -> str:
        """For the reactor."""
        return "sockets"

    def doRead(self) -> None:
        """For the reactor."""
        try:
            came = passed(self._supervisor)
        except OSError:
            return
        if came is None:
            self._reactor.removeReader(self)
            return
        said, sockets = came
        handed = Handed(*said)
        more = self._more.get((handed.kind, handed.endpoint))
        for sock in sockets:
            if more is None:
                sock.close()
            else:
                more(sock, handed.state)

    def connectionLost(self, reason: Any) -> None:
        """For the reactor."""
