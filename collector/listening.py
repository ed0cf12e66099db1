"""Where a component's listening sockets come from: it asks, and is given one that listens.

A process that is alone opens them itself. A worker is given those that its supervisor owns, so
that they outlive it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol

More = Callable[[socket.socket, bytes | None], None]


class Asked(NamedTuple):
    """A listening socket, as a listener asks for it."""

    kind: Literal["tcp", "udp", "unix", "unix_datagram"]
    #: Host and port, or the path of a UNIX socket.
    endpoint: str
    #: The id of whoever asks.
    component: str = ""
    #: Of a UNIX socket's file.
    mode: int = 0o660
    #: Bytes, of UDP.
    receive_buffer: int = 0
    #: Of UDP: whether all that a source sends goes to one worker.
    by_source: bool = False


class Sockets(Protocol):
    """What a listener needs of them."""

    #: Whether others read the same UDP sockets: who owns them then counts what the kernel dropped.
    are_shared: bool

    def open(self, asked: Asked, more: More) -> Sequence[socket.socket]:
        """One that listens, or several to serve; the caller closes them. Raises ListenError.

        `more` is called later with others that are to be served too, of a worker that is gone:
        listening ones, or connections with the state of their framing.
        """
        ...

    def hand_on(self, asked: Asked, sock: socket.socket, state: bytes) -> bool:
        """Give a connection to whoever asks for the same after us; False: nobody will.

        It is a duplicate that goes: the caller closes its own, and shuts nothing down.
        """
        ...

    def close(self, asked: Asked) -> None:
        """The listener has closed what it was given."""
        ...
