"""One peer of a stream listener: its socket, its framing, and what waits to be written."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any, Protocol

from ..event import Resource
from .framing import Framing
from .polling import READ, WRITE, Poll

#: A read takes up to the small size until one fills it, and the large size from then on: most
#: connections bring a line at a time, and the buffer is allocated anew for each read. Frames
#: that are shorter than this on average never get the large size: their number costs the time.
SMALL_READ = 16384
_LARGE_READ = 262144
_SHORT = 32
#: Unread answers of a peer; one that lets more pile up is closed.
MAX_UNSENT = 1 << 20


class Keeper(Protocol):
    """Who accepts connections and closes them."""

    def stalled(self, connection: Connection, /) -> None:
        """The peer does not read its answers: close it."""
        ...

    def ended(self, connection: Connection, /) -> None:
        """It has been told the last: close it soon."""
        ...

    def established(self, connection: Connection, /) -> None:
        """A TLS handshake is done."""
        ...

    def failed(self, connection: Connection, why: str, shown: str = "", /) -> None:
        """It failed, or TLS did later; the connection closes. `shown`: what the log tells too."""
        ...


class Connection:
    """A `Source` of frames."""

    __slots__ = (
        "_held",
        "_hung_up",
        "_keeper",
        "_poll",
        "_reads",
        "_unsent",
        "ending",
        "fd",
        "feed",
        "framing",
        "ip",
        "read_size",
        "recv",
        "resource",
        "sock",
    )

    def __init__(
        self,
        sock: socket.socket,
        poll: Poll,
        framing: Framing,
        ip: str,
        facts: dict[str, Any],
        keeper: Keeper,
    ) -> None:
        self.sock = sock
        self.fd = sock.fileno()
        self.framing = framing
        self.feed = framing.feed
        self.recv = sock.recv
        self.ip = ip
        self.resource = Resource(facts)
        self.read_size = SMALL_READ
        self._poll = poll
        self._keeper = keeper
        #: Whether what comes is thrown away.
        self.ending = False
        self._unsent = b""
        self._reads = True
        self._held = False
        self._hung_up = False
        poll.register(self.fd, READ)

    @property
    def framing_name(self) -> str:
        """See `Share.framing`."""
        name: str = getattr(self.framing, "name", "")
        return name

    @property
    def unfinished(self) -> int:
        """Bytes of a frame that has not come to its end, where the framing says it."""
        size: int = getattr(self.framing, "unfinished", 0)
        return size

    def busy(self, size: int, frames: int) -> None:
        """A read of the small size or more brought so many frames: how much to take next."""
        self.read_size = SMALL_READ if frames * _SHORT > size else _LARGE_READ

    @property
    def is_plain(self) -> bool:
        """Whether all that there is to know of it is its socket and its framing."""
        return not (self.ending or self._unsent) and type(self) is Connection

    @property
    def unsent(self) -> int:
        """See `Peer`."""
        return len(self._unsent)

    def write(self, data: bytes) -> None:
        """Answer the peer, now or as soon as it reads. Does nothing once it is gone, or ends."""
        if self.fd < 0 or self.ending or self._hung_up:
            return
        waiting = bool(self._unsent)
        self._unsent += data
        if not waiting:
            self.flush()
        if len(self._unsent) > MAX_UNSENT:
            self._keeper.stalled(self)
        elif self._unsent and not waiting:
            self._ask()

    def _ask(self) -> None:
        """Tell the poll object what is waited for."""
        wanted = (READ if self._reads and not self._held else 0) | (WRITE if self._unsent else 0)
        self._poll.modify(self.fd, wanted)

    def pause(self) -> None:
        """See `Peer`."""
        self._set_reads(reads=False)

    def resume(self) -> None:
        """See `Peer`."""
        self._set_reads(reads=True)

    def _set_reads(self, *, reads: bool) -> None:
        self._reads = reads
        if self.fd >= 0:
            self._ask()

    def hold(self) -> None:
        """Read no more until `release`, whatever the framing says of it."""
        self._held = True
        self._set_reads(reads=self._reads)

    def release(self) -> None:
        """Read again, unless the framing has paused."""
        self._held = False
        self._set_reads(reads=self._reads)

    def flush(self) -> None:
        """Write what waits."""
        try:
            sent = self._send() if self._unsent else 0
        except BlockingIOError:
            sent = 0
        except OSError:  # reset: the next read says so too
            sent = len(self._unsent)
        self._unsent = self._unsent[sent:]
        if (self.ending or self._hung_up) and not self._unsent:
            with suppress(OSError):  # reset
                self._send_end()

    def _send(self) -> int:
        return self.sock.send(self._unsent)

    def _send_end(self) -> None:
        self.sock.shutdown(socket.SHUT_WR)

    def end(self) -> None:
        """See `Peer`."""
        if self.fd >= 0 and not self.ending:
            self.ending = True
            self.flush()
            self._keeper.ended(self)

    def hang_up(self) -> None:
        """See `Peer`."""
        if self.fd >= 0 and not self.ending and not self._hung_up:
            self._hung_up = True
            self.flush()

    def written(self) -> None:
        """The socket takes more."""
        self.flush()
        if not self._unsent:
            self._ask()

    def close(self) -> None:
        """End it; what was not written is lost."""
        if self.fd >= 0:
            self._poll.unregister(self.fd)
            self.fd = -1
            self.sock.close()
