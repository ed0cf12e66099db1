"""The listening sockets of a stream listener: new peers in turn, and a rest when there are none."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from ..context import Context
from .doors import Door
from .opening import sockets_of
from .polling import READ, Poll
from .refusals import Refusals

#: New peers a look, so that other listeners get their turn.
_MOST_PEERS = 256
#: Seconds without accepting after it failed: the reactor would ask for it again at once.
_REST = 1.0


class Accepting:
    """Between `start` and `stop` its sockets are on the poll object; `accept` when one is ready."""

    def __init__(
        self,
        context: Context,
        door: Door,
        poll: Poll,
        refusals: Refusals,
        opened: Callable[[socket.socket, Any], None],
        inherited: Callable[[socket.socket, bytes], None],
    ) -> None:
        """`opened` is given each new peer's socket and address.

        `inherited` gets the sockets of a worker before us, with the state of their framing.
        """
        self._inherited = inherited
        self._reactor = context.reactor
        self._asked = door.asked(context.id)
        self._origin = sockets_of(context)
        self._door = door
        self._poll = poll
        self._refusals = refusals
        self._opened = opened
        self._sockets: dict[int, socket.socket] = {}
        self._resting: Any = None  # the timer of sockets that are not polled

    @property
    def active(self) -> bool:
        """Whether peers can come."""
        return bool(self._sockets)

    def start(self) -> None:
        """Listen. Raises ListenError."""
        for sock in self._origin.open(self._asked, self._more):
            self._add(sock)
            self._door.opened(sock)

    def _more(self, sock: socket.socket, state: bytes | None) -> None:
        if not self.active:
            sock.close()
        elif state is None:
            self._add(sock)
        else:
            self._inherited(sock, state)

    def hand_on(self, sock: socket.socket, state: bytes) -> bool:
        """Give a connection to who listens after us; False: nobody will."""
        return self._origin.hand_on(self._asked, sock, state)

    def _add(self, sock: socket.socket) -> None:
        self._sockets[sock.fileno()] = sock
        if self._resting is None:
            self._poll.register(sock.fileno(), READ)

    def stop(self) -> None:
        """Nobody can come any more."""
        if not self._sockets:
            return
        if self._resting is None:
            self._unregister()
        else:
            self._resting.cancel()
            self._resting = None
        self._origin.close(self._asked)
        for sock in self._sockets.values():
            sock.close()
        self._sockets = {}

    def accept(self, fd: int) -> None:
        """Take in those that wait at one of the sockets."""
        listening = self._sockets.get(fd)
        if listening is None:  # a connection's that was closed since the poll
            return
        for _ in range(_MOST_PEERS):
            try:
                sock, address = listening.accept()
            except BlockingIOError:
                return
            except ConnectionAbortedError:  # the peer's affair
                continue
            except OSError as e:  # EMFILE
                self._refusals.accept_failed(e)
                self._rest()
                return
            self._opened(sock, address)

    def _unregister(self) -> None:
        for fd in self._sockets:
            self._poll.unregister(fd)

    def _rest(self) -> None:
        if self._resting is None:
            self._unregister()
            self._resting = self._reactor.callLater(_REST, self._rested)

    def _rested(self) -> None:
        self._resting = None
        for fd in self._sockets:
            self._poll.register(fd, READ)
