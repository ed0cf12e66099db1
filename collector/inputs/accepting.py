"""The listening socket of a stream listener: new peers in turn, and a rest when there are none."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from ..component import Context
from .doors import Door
from .polling import READ, Poll
from .refusals import Refusals

#: New peers a look, so that other listeners get their turn.
_MOST_PEERS = 256
#: Seconds without accepting after it failed: the reactor would ask for it again at once.
_REST = 1.0


class Accepting:
    """Between `start` and `stop` its socket is on the poll object; `accept` when that is ready."""

    def __init__(
        self,
        context: Context,
        door: Door,
        poll: Poll,
        refusals: Refusals,
        opened: Callable[[socket.socket, Any], None],
    ) -> None:
        """`opened` is given each new peer's socket and address."""
        self._reactor = context.reactor
        self._door = door
        self._poll = poll
        self._refusals = refusals
        self._opened = opened
        self._socket: socket.socket | None = None
        self._resting: Any = None  # the timer of a socket that is not polled

    @property
    def active(self) -> bool:
        """Whether peers can come."""
        return self._socket is not None

    def start(self) -> None:
        """Bind and listen. Raises ListenError."""
        self._socket = self._door.open()
        self._poll.register(self._socket.fileno(), READ)

    def stop(self) -> None:
        """Nobody can come any more."""
        sock, self._socket = self._socket, None
        if sock is None:
            return
        if self._resting is None:
            self._poll.unregister(sock.fileno())
        else:
            self._resting.cancel()
            self._resting = None
        self._door.close()
        sock.close()

    def accept(self) -> None:
        """Take in those that wait."""
        assert self._socket is not None
        for _ in range(_MOST_PEERS):
            try:
                sock, address = self._socket.accept()
            except BlockingIOError:
                return
            except ConnectionAbortedError:  # the peer's affair
                continue
            except OSError as e:  # EMFILE
                self._refusals.accept_failed(e)
                self._rest()
                return
            self._opened(sock, address)

    def _rest(self) -> None:
        assert self._socket is not None
        self._poll.unregister(self._socket.fileno())
        self._resting = self._reactor.callLater(_REST, self._rested)

    def _rested(self) -> None:
        assert self._socket is not None
        self._resting = None
        self._poll.register(self._socket.fileno(), READ)
