"""What waits in a receiver for its rest is handed on when its time has come, or at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ..context import Context
from ..event import Event

#: The flag of what is handed on unfinished.
INCOMPLETE = "incomplete_message"


class Unfinished(Protocol):
    """Messages of which parts have come."""

    #: How many were given up, until somebody takes the number.
    given_up: int

    def __len__(self) -> int: ...
    def overdue(self) -> list[Event]:
        """Take out those whose time has come, as far as they are."""
        ...

    def all(self) -> list[Event]:
        """Take out all."""
        ...


class Patience:
    """Of one receiver. `timeout` in seconds: it is looked twice in that."""

    def __init__(
        self,
        context: Context,
        unfinished: Unfinished,
        timeout: float,
        hand_on: Callable[[list[Event]], object],
    ) -> None:
        self._context = context
        self._unfinished = unfinished
        self._timeout = timeout
        self._hand_on = hand_on
        self._timer: Any = None

    def watch(self) -> None:
        """Something may have begun to wait."""
        if self._timer is None and len(self._unfinished):
            self._timer = self._context.reactor.callLater(self._timeout / 2, self._look)

    def finish(self) -> None:
        """Hand on what is unfinished: the process is ending."""
        self.stop()
        self._send(self._unfinished.all())

    def stop(self) -> None:
        """Wait for nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def count(self, unfinished: Unfinished) -> None:
        """Count what was given up."""
        if unfinished.given_up:
            self._context.count("flagged_log_records", unfinished.given_up, flag=INCOMPLETE)
            unfinished.given_up = 0

    def _look(self) -> None:
        self._timer = None
        self._send(self._unfinished.overdue())
        self.watch()

    def _send(self, events: list[Event]) -> None:
        self.count(self._unfinished)
        if events:
            self._hand_on(events)
