"""Where events can be looked at as they pass: what each component hands on, or is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .event import Event

#: Must neither raise, nor change the events, nor keep them: they are changed further on.
Watcher = Callable[[list[Event]], None]
#: Whether each of some events is meant, true or false; must not change them.
Predicate = Callable[[list[Event]], Sequence[Any]]


class Edge:
    """Of a receiver, processor or connector what leaves it, of an exporter what comes to it.

    Whoever passes a batch on asks `watchers` first, which is all that it costs when nobody looks.
    """

    __slots__ = ("watchers",)

    def __init__(self) -> None:
        self.watchers: tuple[Watcher, ...] = ()

    def saw(self, events: list[Event]) -> None:
        """These pass now."""
        for watcher in self.watchers:
            watcher(events)
