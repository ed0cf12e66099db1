"""Where listeners get their sockets: the kernel, or a memory in which nothing listens."""

from __future__ import annotations

import socket
from typing import Protocol

from ..component import Context
from .doors import Door, door
from .polling import Poll, new_poll
from .sockets import datagram_socket


class Network(Protocol):
    """What a listener asks of it."""

    #: Whether connections can be under TLS; else they are plain, whatever the options say.
    has_tls: bool
    #: Whether looks may be put off (see `looking`), for more to arrive.
    has_pauses: bool

    def poll(self) -> tuple[Poll, int | None]:
        """As `new_poll`."""
        ...

    def door(self, endpoint: str, mode: str) -> Door:
        """As `doors.door`."""
        ...

    def datagrams(self, endpoint: str, receive_buffer: int) -> tuple[socket.socket, int]:
        """As `datagram_socket`. Raises ListenError."""
        ...


class Kernel:
    """The `Network` of this machine."""

    has_tls = has_pauses = True

    def poll(self) -> tuple[Poll, int | None]:
        """See `Network`."""
        return new_poll()

    def door(self, endpoint: str, mode: str) -> Door:
        """See `Network`."""
        return door(endpoint, mode)

    def datagrams(self, endpoint: str, receive_buffer: int) -> tuple[socket.socket, int]:
        """See `Network`. Raises ListenError."""
        return datagram_socket(endpoint, receive_buffer)


_KERNEL = Kernel()


def network_of(context: Context) -> Network:
    """That of a component."""
    found: Network = context.network or _KERNEL
    return found
