"""The sockets of a process that is alone: opened for whoever asks."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, cast

from ..context import Context
from ..listening import Asked, More, Sockets
from .polling import Poll, new_poll
from .room import Room
from .socket_file import SocketFile
from .sockets import datagram_socket, stream_socket


class Network(Sockets, Protocol):
    """Where a listener's sockets come from, and what else depends on that."""

    #: Whether connections can be under TLS; else they are plain, whatever the options say.
    has_tls: bool
    #: Whether looks may be put off (see `looking`), for more to arrive.
    has_pauses: bool
    #: What all listeners that have their sockets from it may take together.
    room: Room

    def poll(self) -> tuple[Poll, int | None]:
        """As `new_poll`."""
        ...


class Kernel:
    """What all `Network`s of the kernel's sockets have in common."""

    has_tls = has_pauses = True

    def poll(self) -> tuple[Poll, int | None]:
        """See `Network`."""
        return new_poll()


class OwnSockets(Kernel):
    """See `Sockets`. The file of a UNIX socket goes with it."""

    are_shared = False

    def __init__(self) -> None:
        self.room = Room()
        self._files: dict[str, SocketFile] = {}

    def open(
        self,
        asked: Asked,
        more: More,
    ) -> Sequence[socket.socket]:
        """See `Sockets`."""
        if asked.kind == "udp":
            return [datagram_socket(asked.endpoint, asked.receive_buffer)]
        if asked.kind == "tcp":
            return [stream_socket(asked.endpoint)]
        file = SocketFile(Path(asked.endpoint), type_of(asked))
        sock = file.open(asked.mode)
        self._files[asked.endpoint] = file
        return [sock]

    def hand_on(self, *_: object) -> bool:
        """See `Sockets`: nobody comes after us."""
        return False

    def close(self, asked: Asked) -> None:
        """See `Sockets`."""
        file = self._files.pop(asked.endpoint, None)
        if file is not None:
            file.remove()


def type_of(asked: Asked) -> int:
    """Of a UNIX socket."""
    return socket.SOCK_DGRAM if asked.kind == "unix_datagram" else socket.SOCK_STREAM


def sockets_of(context: Context) -> Network:
    """Those that a component was given, or its own."""
    if context.sockets is None:
        return OwnSockets()
    return cast("Network", context.sockets)
