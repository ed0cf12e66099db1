"""How much goes into a request and how many go at once: what the destination is found to take.

Halved when it says no, and won back a step with each success: the sizes after a 413 or a slow
answer, the number at a time after a 429 or another failure.
"""

from __future__ import annotations

from .options import BatchOptions

#: Seconds for an answer beyond which requests are found to be too much for the destination: more
#: than connecting takes, less than the 10 for which Dynatrace lets one wait before it answers 429.
SLOW = 8.0
_STEP = 1 / 32
_SMALLEST = 1 / 1024


class Pace:
    """Starts at what the user allows, and never goes beyond it."""

    def __init__(self, batch: BatchOptions, concurrency: int) -> None:
        self._batch = batch
        self._most = concurrency
        self._scale = 1.0
        self._at_once = float(concurrency)

    @property
    def max_events(self) -> int:
        """Events in a request."""
        return max(1, int(self._batch.max_events * self._scale))

    @property
    def max_bytes(self) -> int:
        """Bytes in a request, before compression."""
        return max(1, int(self._batch.max_bytes * self._scale))

    @property
    def concurrency(self) -> int:
        """Requests in flight at once."""
        return int(self._at_once)

    def taken(self, events: int, size: int, seconds: float) -> None:
        """The destination took a request of so many events and bytes, after so long."""
        if seconds > SLOW:
            self.too_large(events, size)
            self.pushed_back()
            return
        self._scale = min(1.0, self._scale + _STEP)
        self._at_once = min(self._most, self._at_once + 1 / self._at_once)

    def too_large(self, events: int, size: int) -> None:
        """A request of so many events and bytes was too large."""
        share = max(events / self._batch.max_events, size / self._batch.max_bytes)
        self._scale = max(_SMALLEST, min(self._scale, share / 2))

    def pushed_back(self) -> None:
        """It wants fewer of them."""
        self._at_once = max(1.0, self._at_once / 2)
