"""Joins the parts of long lines as far as answers allow, and hands on what stays unfinished."""

from __future__ import annotations

from collections.abc import Iterable

from collector.api import Context, Event, Patience

from .lenient import Entry
from .partials import Partials
from .session import Desk, Frame


class Joining:
    """Of all connections of a receiver. `timeout` in seconds; 0: parts stay parts."""

    def __init__(self, desk: Desk, context: Context, timeout: float) -> None:
        self._desk = desk
        self._context = context
        self._timeout = timeout
        self._partials = self._new()
        self._patience = Patience(context, self._partials, timeout, self._hand_on)
        self.finish = self._patience.finish
        self.stop = self._patience.stop

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
            self._patience.count(own)
            return found
        found = self._partials.joined(events, ip)
        self._patience.count(self._partials)
        self._patience.watch()
        return found

    def _hand_on(self, events: list[Event]) -> None:
        self._desk.send(events, sum(len(event.body) for event in events))
