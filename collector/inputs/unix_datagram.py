"""Datagrams over a socket that is a file, as syslog(3) writes them to /dev/log.

Every sender is of this machine, and the kernel says which process it is. A sender whose datagram
finds no room waits, as long as it does not ask otherwise: what is not read slows it down.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import Any

from ..component import Config
from ..context import Context
from ..event import Resource
from ..fields import FileMode, UnixEndpoint, unix_path
from .datagram import MessageListener, no_more
from .datagrams import SEPARATORS, Peer
from .doors import UnixDoor
from .frames import Frames
from .framing import Marked
from .opening import sockets_of

_CREDENTIALS = struct.Struct("=iII")  # struct ucred: pid, uid, gid
_SO_PASSCRED = getattr(socket, "SO_PASSCRED", None)  # Linux
#: For an answer: there is nobody to send it to.
_NOBODY = ""


class UnixDatagramOptions(Config):
    """A UNIX datagram socket."""

    #: The path of its file.
    endpoint: UnixEndpoint
    #: Mode of its file, in quotes; `'0666'` lets every user write.
    socket_mode: FileMode = "0660"


class UnixDatagramListener(MessageListener):
    """The kernel lets few datagrams wait (net.unix.max_dgram_qlen), so none waits for the clock."""

    transport = "unix datagram"

    def __init__(
        self,
        context: Context,
        options: UnixDatagramOptions,
        flush: Callable[[Frames], None],
        resource: dict[str, Any],
    ) -> None:
        super().__init__(context, flush, resource)
        path = unix_path(options.endpoint)
        assert path is not None  # as UnixEndpoint says
        self._door = UnixDoor(path, int(options.socket_mode, 8), socket.SOCK_DGRAM)
        self._asked = self._door.asked(context.id)
        self._origin = sockets_of(context)
        self._is_alone = not self._origin.are_shared
        self.address = self._door.address

    async def start(self) -> None:
        """Bind and read. Raises ListenError."""
        (sock,) = self._origin.open(self._asked, no_more)
        if _SO_PASSCRED is not None:
            sock.setsockopt(socket.SOL_SOCKET, _SO_PASSCRED, 1)
        self._common = {**self._door.facts, **self._common}
        self._serve(sock, _receiving(sock), 0.0)
        self.resume()

    async def quiesce(self) -> None:
        """See `MessageListener`; who writes from now on is told that nobody is there."""
        if self._sockets and self._is_alone:
            self._origin.close(self._asked)
            self._sockets[0].shutdown(socket.SHUT_RD)
        await super().quiesce()

    async def stop(self) -> None:
        """See `MessageListener`."""
        self._origin.close(self._asked)
        await super().stop()

    def _new_peer(self, sock: socket.socket, origin: bytes) -> Peer:
        facts = dict(self._common)
        if len(origin) == _CREDENTIALS.size:
            facts["process.pid"], uid, _ = _CREDENTIALS.unpack(origin)
            facts["process.user.id"] = str(uid)
        return Peer(sock, _NOBODY, Resource(facts))


def _receiving(sock: socket.socket) -> Callable[[int], tuple[bytes, bytes]]:
    """As `recvfrom`, with the sender's credentials for its address, empty where there are none."""
    receive, room = sock.recvmsg, socket.CMSG_SPACE(_CREDENTIALS.size)

    def received(size: int) -> tuple[bytes, bytes]:
        data, ancillary, flags, _ = receive(size, room)
        data = data.rstrip(SEPARATORS)
        if flags & socket.MSG_TRUNC:
            data = Marked.make(data, "truncated")
        return data, ancillary[0][2] if ancillary else b""

    return received
