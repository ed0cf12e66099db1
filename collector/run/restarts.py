"""When a worker that has died is started again, and who serves its sockets meanwhile. No I/O.

1. The first restart is at once; each that follows waits twice as long, up to a limit, until one
   has lived long enough to be trusted.
2. A worker that dies again and again is looping: its sockets are served by another too, the one
   that has the fewest of others. That goes on when it is back, for a shared socket does no harm.
3. A slot has one heir at a time; when the heir dies, its own and those it had inherited are
   handed on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from ..doubling import doubled

#: Seconds before the second restart; it doubles.
FIRST = 0.5
LONGEST = 30.0
#: Seconds after which a worker is trusted again.
TRUSTED = 60.0
#: Deaths in a row that make a loop.
LOOP = 3


class Restarts:
    """Of the slots of one configuration. Times are the clock's, in seconds."""

    def __init__(self) -> None:
        self._deaths: Counter[int] = Counter()
        self._began: dict[int, float] = {}
        self._heirs: dict[int, int] = {}

    def ready(self, slot: int, now: float) -> None:
        """Its worker listens."""
        self._began[slot] = now

    def died(self, slot: int, now: float) -> float:
        """Its worker is gone, ready or not: in how many seconds to start another."""
        began = self._began.pop(slot, now)
        if now - began >= TRUSTED:
            self._deaths[slot] = 0
        self._deaths[slot] += 1
        deaths = self._deaths[slot]
        return 0.0 if deaths == 1 else doubled(FIRST, LONGEST, deaths - 2)

    def is_looping(self, slot: int) -> bool:
        """Whether it has died too often to wait for it."""
        return self._deaths[slot] >= LOOP

    def heirs(self, ready: Collection[int]) -> dict[int, int]:
        """By slots whose sockets are to be handed on now: to whom. Each is said once."""
        for slot, heir in list(self._heirs.items()):
            if heir not in ready:
                del self._heirs[slot]
        found: dict[int, int] = {}
        for slot in sorted(self._deaths):
            if self.is_looping(slot) and slot not in self._heirs and slot not in ready and ready:
                burdens = Counter(self._heirs.values())
                found[slot] = self._heirs[slot] = min(ready, key=lambda one: (burdens[one], one))
        return found
