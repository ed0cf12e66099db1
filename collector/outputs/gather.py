"""Batches wait for each other until they are worth a request: by count, bytes and age."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..delivery import Delivery
from ..event import Batch
from .pace import Pace

#: Bytes of an event whose batch does not know its size; only `max_bytes` depends on it.
_GUESSED_SIZE = 256


@dataclass
class Gathering:
    """What is sent together, and who waits for it."""

    batches: list[Batch] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    events: int = 0
    size: int = 0
    #: A sender waits for the outcome.
    awaited: bool = False

    def add(self, batch: Batch, delivery: Delivery, *, ack: bool) -> None:
        """One batch more."""
        self.batches.append(batch)
        self.deliveries.append(delivery)
        self.events += len(batch)
        self.size += batch.size or len(batch) * _GUESSED_SIZE
        self.awaited = self.awaited or ack


class Gather:
    """Calls `close` with a gathering when it is full or old, or when it is told to."""

    def __init__(
        self, reactor: Any, limits: Pace, max_age: float, close: Callable[[Gathering], None]
    ) -> None:
        self._reactor = reactor
        self._limits = limits
        self._max_age = max_age
        self._close = close
        self._timer: Any = None
        self.open = Gathering()

    def add(self, batch: Batch, delivery: Delivery, *, ack: bool) -> None:
        """One batch more; that may close the gathering."""
        gathering, limits = self.open, self._limits
        gathering.add(batch, delivery, ack=ack)
        if gathering.events >= limits.max_events or gathering.size >= limits.max_bytes:
            self.flush()
        elif self._timer is None:
            self._timer = self._reactor.callLater(self._max_age, self._due)

    def hasten(self) -> None:
        """Close at the next turn of the reactor, if a sender waits for the outcome."""
        if self.open.awaited and self._timer is not None:
            self._timer.reset(0)

    def _due(self) -> None:
        self._timer = None
        self.flush()

    def flush(self) -> None:
        """Close now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.open.batches:
            gathering, self.open = self.open, Gathering()
            self._close(gathering)
