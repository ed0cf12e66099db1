"""Joins the parts of messages as far as answers allow.

What a sender waits to have answered is handed on with its batch: parts of it are joined within
that, and what is unfinished goes on as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from collector.api import Context, Event, Patience

from .parts import Key, Parts


class Joining:
    """Of a receiver. `timeout` in seconds; `hand_on` takes what nobody has waited for."""

    def __init__(
        self,
        context: Context,
        timeout: float,
        describe: Callable[[Event], object],
        hand_on: Callable[[list[Event]], object],
    ) -> None:
        """`describe`: see `Parts`."""
        programs: set[Key] = set()
        self._new = partial(Parts, context.reactor.seconds, timeout, programs, describe)
        self._parts = self._new()
        self._patience = Patience(context, self._parts, timeout, hand_on)
        self.concerns = self._parts.concerns
        self.finish = self._patience.finish
        self.stop = self._patience.stop

    def joined(self, events: Sequence[Event], *, answered: bool) -> list[Event]:
        """The events with whole messages in place of their last parts."""
        parts = self._new() if answered else self._parts
        found = parts.joined(events)
        if answered:
            found += parts.all()
        self._patience.count(parts)
        self._patience.watch()
        return found
