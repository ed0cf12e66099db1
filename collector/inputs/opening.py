"""The sockets of a process that is alone: opened for whoever asks."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

from ..context import Context
from ..listening import Asked, More, Sockets
from .socket_file import SocketFile
from .sockets import datagram_socket, stream_socket


class OwnSockets:
    """See `Sockets`. The file of a UNIX socket goes with it."""

    are_shared = False

    def __init__(self) -> None:
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


def sockets_of(context: Context) -> Sockets:
    """Those that a component was given, or its own."""
    return context.sockets or OwnSockets()
