"""Descriptors from process to process: a message and open sockets, over a SOCK_SEQPACKET pair."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

#: Of a message. A packet must fit into the sender's buffer, 208 KiB by default.
_LARGEST = 1 << 17
#: SCM_MAX_FD of the kernel.
_MOST = 253


class Handed(NamedTuple):
    """To whom a socket goes that nobody has asked for: whoever has asked for this endpoint."""

    kind: str
    endpoint: str
    #: Of a connection, what its framing has not finished; None: the socket listens.
    state: bytes | None


def passing_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def pass_on(to: socket.socket, message: Any, sockets: Sequence[socket.socket] = ()) -> None:
    """Send a message, and duplicates of these. Raises OSError."""
    socket.send_fds(to, [msgspec.msgpack.encode(message)], [sock.fileno() for sock in sockets])


def passed(by: socket.socket) -> tuple[Any, list[socket.socket]] | None:
    """The next message and what came with it; None: the other end is gone. Raises OSError."""
    data, descriptors, _, _ = socket.recv_fds(by, _LARGEST, _MOST, socket.MSG_CMSG_CLOEXEC)
    if not data:
        for descriptor in descriptors:
            os.close(descriptor)
        return None
    sockets = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    for sock in sockets:
        sock.setblocking(False)
    return msgspec.msgpack.decode(data), sockets
