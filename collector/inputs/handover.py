"""Connections from one process to the next: what can be given away, and what comes of it there.

A connection is its socket and the state of its framing, which knows the unfinished frame. What has
more to it, TLS, a conversation or a proxy that spoke for it, cannot go.
"""

from __future__ import annotations

import socket
from typing import Any

from .accepting import Accepting
from .connection import Connection
from .framing import Movable

_PROXY = "net.sock.peer.addr"


def given(connection: Connection, accepting: Accepting) -> bool:
    """Whether it has gone to who listens after us; ours is to be closed then, and not shut down."""
    framing = connection.framing
    if not (connection.is_plain and isinstance(framing, Movable)):
        return False
    if _PROXY in connection.resource.attributes:  # what it said is not on the socket any more
        return False
    return accepting.hand_on(connection.sock, framing.state())


def restored(connection: Connection, state: bytes) -> bool:
    """The other side. False: the configuration has another framing now."""
    if not isinstance(connection.framing, Movable):
        return False
    try:
        connection.framing.restore(state)
    except ValueError:
        return False
    return True


def peer_of(sock: socket.socket) -> Any:
    """Its address, as `accept` would have said it."""
    try:
        return sock.getpeername()
    except OSError:  # it is gone: the first read says so
        return ("", 0)
