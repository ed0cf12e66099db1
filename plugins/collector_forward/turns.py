"""Long works, done in pieces: each turn of the reactor brings one piece of one work."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any


class Turns:
    """The works go round, so that a long one does not keep the others waiting."""

    def __init__(self, later: Callable[[float, Callable[[], None]], Any]) -> None:
        self._later = later
        self._works: deque[Iterator[None]] = deque()
        self._timer: Any = None
        self._paused = False

    def add(self, work: Iterator[None]) -> None:
        """A generator that yields when others may go on. It must not raise."""
        self._works.append(work)
        self._continue()

    def pause(self) -> None:
        """Do nothing until `resume`."""
        self._paused = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def resume(self) -> None:
        """Go on."""
        self._paused = False
        self._continue()

    async def finish(self) -> None:
        """All that is left, now; others have their turns."""
        self.pause()
        while self._works:
            self._piece()
            await asyncio.sleep(0)

    def _continue(self) -> None:
        if self._works and self._timer is None and not self._paused:
            self._timer = self._later(0, self._turn)

    def _turn(self) -> None:
        self._timer = None
        self._piece()
        self._continue()

    def _piece(self) -> None:
        work = self._works.popleft()
        try:
            next(work)
        except StopIteration:
            return
        self._works.append(work)
