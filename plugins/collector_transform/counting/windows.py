"""What is remembered of a key for an interval: many keys, all for equally long.

All wait equally long, so the first in is the first to end, and a dict keeps that order. A
`cachetools.TTLCache` takes 50 times as long for a hit (ADR 0034), and forgets where it should
refuse.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from typing import ClassVar, Generic, Protocol, TypeVar

from collector.api import Config, Context, Processor

from ..program import ERRORS

#: Seconds between two ticks, at least: what ends meanwhile goes on together.
SHORTEST = 0.1


class Window(Protocol):
    """What is remembered of one key."""

    #: The reactor's seconds when it began.
    since: float
    #: About its bytes.
    size: int


W = TypeVar("W", bound=Window)
C = TypeVar("C", bound=Config)


class Windows(Generic[W]):
    """By key. `most` keys and `room` bytes, for `length` seconds."""

    def __init__(self, length: float, most: int, room: int) -> None:
        self.live: dict[int, W] = {}
        self._length = length
        self._most = most
        self._room = room

    def open(self, key: int, window: W) -> bool:
        """Remember a key that is not known; False: there is no room."""
        if len(self.live) >= self._most or window.size > self._room:
            return False
        self.live[key] = window
        self._room -= window.size
        return True

    def forget(self, key: int) -> W:
        """As if it had never been."""
        window = self.live.pop(key)
        self._room += window.size
        return window

    def ended(self, now: float) -> list[W]:
        """Those whose time is over, which are forgotten."""
        due = []
        for key, window in self.live.items():
            if window.since + self._length > now:
                break
            due.append(key)
        found = [self.live.pop(key) for key in due]
        self._room += sum(window.size for window in found)
        return found

    def all(self) -> list[W]:
        """All, which are forgotten."""
        return self.ended(float("inf"))

    def left(self, now: float) -> float | None:
        """Seconds until the first ends; None: there is none."""
        for window in self.live.values():
            return window.since + self._length - now
        return None


class WindowProcessor(Processor[C], Generic[C, W]):
    """A processor that lets something go when a window ends."""

    counters: ClassVar[dict[str, str]] = {
        "bypassed_items": "Events that went on as they were, because too many keys were known.",
        **ERRORS,
    }

    @staticmethod
    def now_ns() -> int:
        """Nanoseconds since the epoch."""
        return time.time_ns()

    def __init__(self, config: C, context: Context, windows: Windows[W]) -> None:
        super().__init__(config, context)
        self._windows = windows
        self._asked = False
        self._bypassed = 0
        #: When the batch in hand came, in nanoseconds.
        self.wall = 0
        context.count("bypassed_items", 0, reason="keys_full")

    @abstractmethod
    def let_go(self, windows: list[W]) -> None:
        """Emit what is to be said of windows that have ended."""

    def begin(self) -> float:
        """First of `process`: what has ended goes on before the batch. Gives the time."""
        self.wall = self.now_ns()
        now: float = self.context.reactor.seconds()
        self._end(self._windows.ended(now))
        return now

    def open(self, key: int, window: W) -> bool:
        """A window for a key that has none; False: there is no room, so its event goes on."""
        opened = self._windows.open(key, window)
        self._bypassed += not opened
        return opened

    def finish(self, now: float) -> None:
        """Last of `process`: see to it that windows end."""
        if self._bypassed:
            self.context.count("bypassed_items", self._bypassed, reason="keys_full")
            self._bypassed = 0
        left = None if self._asked else self._windows.left(now)
        if left is not None:
            self._asked = True
            self.tick_after(max(left, SHORTEST))

    def tick(self, now: float) -> None:
        """See `Processor`."""
        self._asked = False
        self._end(self._windows.ended(now))
        self.finish(now)

    def flush(self) -> None:
        """See `Processor`."""
        self._end(self._windows.all())

    def _end(self, windows: list[W]) -> None:
        if windows:
            self.let_go(windows)
