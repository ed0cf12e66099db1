"""Joins the parts of long lines as far as answers allow, and hands on what stays unfinished."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from collector.api import Context, Event

from .lenient import Entry
from .partials import INCOMPLETE, Partials
from .session import Desk, Frame


class Joining:
    """Of all connections of a receiver. `timeout` in seconds; 0: parts stay parts."""

    def __init__(self, desk: Desk, context: Context, timeout: float) -> None:
        self._desk = desk
        self._context = context
        self._timeout = timeout
        self._partials = self._new()
        self._timer: Any = None

    def _new(self) -> Partials:
        return Partials(self._context.reactor.seconds, self._timeout)

    def whole_lines(
        self, frame: Frame, entries: Iterable[Entry], events: list[Event]
    ) -> list[Event]:
        """The events that a frame's entries have become, and lines that they complete."""
        if not self._timeout or not self._partials.concerns(entries):
            return events
        ip = frame.session.peer.ip
        if frame.answer is not None:  # what is answered has been handed on
            own = self._new()
            found = own.joined(events, ip) + own.all()
            self._count(own)
            return found
        found = self._partials.joined(events, ip)
        self._count(self._partials)
        self._watch()
        return found

    def finish(self) -> None:
        """Hand on what is unfinished: the process is ending."""
        self.stop()
        self._hand_on(self._partials.all())

    def stop(self) -> None:
        """Wait for nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _watch(self) -> None:
        if self._timer is None and len(self._partials):
            self._timer = self._desk.later(self._timeout / 2, self._look)

    def _look(self) -> None:
        self._timer = None
        self._hand_on(self._partials.overdue())
        self._watch()

    def _hand_on(self, events: list[Event]) -> None:
        self._count(self._partials)
        if events:
            self._desk.send(events, sum(len(event.body) for event in events))

    def _count(self, partials: Partials) -> None:
        if partials.given_up:
            self._context.count("flagged_log_records", partials.given_up, flag=INCOMPLETE)
            partials.given_up = 0
