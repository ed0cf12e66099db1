"""Joins the parts of messages as far as answers allow, and hands on what stays unfinished.

What a sender waits to have answered is handed on with its batch: parts of it are joined within
that, and what is unfinished goes on as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from collector.api import Context, Event

from .parts import INCOMPLETE, Key, Parts


class Joining:
    """Of a receiver. `timeout` in seconds; `hand_on` takes what nobody has waited for."""

    def __init__(
        self,
        context: Context,
        timeout: float,
        describe: Callable[[Event], object],
        hand_on: Callable[[list[Event]], None],
    ) -> None:
        """`describe`: see `Parts`."""
        self._describe = describe
        self._context = context
        self._timeout = timeout
        self._hand_on = hand_on
        self._programs: set[Key] = set()
        self._parts = self._new()
        self._timer: Any = None

    def _new(self) -> Parts:
        return Parts(self._context.reactor.seconds, self._timeout, self._programs, self._describe)

    def concerns(self, events: Sequence[Event]) -> bool:
        """Whether there are parts among these, or what may have some."""
        return self._parts.concerns(events)

    def joined(self, events: Sequence[Event], *, answered: bool) -> list[Event]:
        """The events with whole messages in place of their last parts."""
        parts = self._new() if answered else self._parts
        found = parts.joined(events)
        if answered:
            found += parts.all()
        self._count(parts)
        self._watch()
        return found

    def finish(self) -> None:
        """Hand on what is unfinished: the process is ending."""
        self.stop()
        self._send(self._parts.all())

    def stop(self) -> None:
        """Wait for nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _watch(self) -> None:
        if self._timer is None and len(self._parts):
            self._timer = self._context.reactor.callLater(self._timeout / 2, self._look)

    def _look(self) -> None:
        self._timer = None
        self._send(self._parts.overdue())
        self._watch()

    def _send(self, events: list[Event]) -> None:
        self._count(self._parts)
        if events:
            self._hand_on(events)

    def _count(self, parts: Parts) -> None:
        if parts.given_up:
            self._context.count("flagged_log_records", parts.given_up, flag=INCOMPLETE)
            parts.given_up = 0
