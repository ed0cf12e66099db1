"""The relief valve: when the queues have been full for long, who asks for no answer is not blocked.

A container whose log driver waits for us stops with its next line of output. Above the limit what
it sends is dropped and counted; senders that ask for answers lose nothing, and wait.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from collector.api import Context


class Relief:
    """Of one receiver. `seconds` 0: never."""

    def __init__(self, context: Context, seconds: float, read: Callable[[], None]) -> None:
        """`read` lets the listeners read though the receiver is paused."""
        self._context = context
        self._seconds = seconds
        self._read = read
        self._timer: Any = None
        self.is_open = False

    def pause(self) -> None:
        """The queues are full from now on."""
        if self._seconds and self._timer is None:
            self._timer = self._context.reactor.callLater(self._seconds, self._open)

    def resume(self) -> None:
        """They are not."""
        self.is_open = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def drop(self, events: int) -> None:
        """Count what went the way of the valve."""
        self._context.count("dropped_log_records", events, reason="max_backpressure")

    def _open(self) -> None:
        self._timer = None
        self.is_open = True
        self._context.log.error(
            "{id}: paused for {seconds} s; what asks for no acknowledgement is dropped until the "
            "queue has room",
            id=self._context.id,
            seconds=self._seconds,
        )
        self._read()
