"""A framing of messages of several lines that knows when a connection has been quiet for long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from collector.api import MultilineFraming, Peer

#: Seconds without a byte, after which a message is whole.
QUIET = 1.0


class QuietFraming(MultilineFraming):
    """Hands on by itself the message that a quiet connection has left open. A `Conversation`."""

    def __init__(
        self, max_size: int, reactor: Any, hand_on: Callable[[Peer, list[bytes]], None]
    ) -> None:
        super().__init__(max_size)
        self._reactor = reactor
        self._hand_on = hand_on
        self._peer: Peer | None = None
        self._timer: Any = None

    def begin(self, peer: Peer) -> None:
        """See `Conversation`."""
        self._peer = peer

    def feed(self, data: bytes) -> bytes | list[bytes]:
        """See `Framing`."""
        cut = super().feed(data)
        if self._timer is not None and self._timer.active():
            self._timer.reset(QUIET)
        else:
            self._timer = self._reactor.callLater(QUIET, self._quiet)
        return cut

    def _quiet(self) -> None:
        frames = self.flush()
        if frames and self._peer is not None:
            self._hand_on(self._peer, frames)

    def part(self) -> None:
        """See `Parting`."""
        if self._peer is not None:
            self._peer.hang_up()

    def finish(self) -> list[bytes]:
        """See `Framing`."""
        self.closed()
        return super().finish()

    def closed(self) -> None:
        """See `Conversation`."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
