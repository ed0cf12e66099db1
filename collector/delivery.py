"""How the fate of a batch travels back to the receiver that took it in.

A batch that enters a pipeline becomes several parts: one for each exporter, more when a
processor keeps events back. A `Delivery` counts the parts and fires once, with the worst of
their outcomes, or with `RETRY` when its deadline comes first: a delivery that never fires
is the failure this design must not have.
"""

from __future__ import annotations

import enum
from collections import deque

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: Seconds a receiver waits for the outcome of a batch before it is told to RETRY.
DEADLINE = 30.0


class Outcome(enum.IntEnum):
    """What became of a batch, ordered by badness: of many parts the worst decides."""

    #: Every exporter has it durably, or it was filtered, dropped by policy or dead-lettered.
    DELIVERED = 0
    #: Not stored. The sender may send it again.
    RETRY = 1
    #: Will never be accepted. Sending it again is useless.
    REJECTED = 2


class Delivery:
    """The parts of one batch that are still under way."""

    __slots__ = ("_parts", "_worst", "outcome", "until_sent")

    def __init__(self, parts: int = 1, *, until_sent: bool = False) -> None:
        self._parts = parts
        self._worst = Outcome.DELIVERED
        #: Whether it waits until destinations have the events, and not only until queues do.
        self.until_sent = until_sent
        self.outcome: Deferred[Outcome] = Deferred()

    @property
    def settled(self) -> bool:
        """Whether `outcome` has fired."""
        return self.outcome.called

    def split(self, extra: int = 1) -> None:
        """Wait for `extra` parts more. Only while a part is still open."""
        assert self._parts > 0
        self._parts += extra

    def settle(self, outcome: Outcome) -> None:
        """One part is done. The last one fires `outcome`; after a deadline nothing does."""
        self._worst = max(self._worst, outcome)
        self._parts -= 1
        assert self._parts >= 0, "a part was settled twice"
        if not self._parts and not self.outcome.called:
            self.outcome.callback(self._worst)

    def expire(self) -> None:
        """The deadline has come: whatever is still open, the receiver hears RETRY."""
        if not self.outcome.called:
            self.outcome.callback(max(self._worst, Outcome.RETRY))


class Deadlines:
    """One timer for many deliveries. All wait equally long, so the first in is the first due."""

    def __init__(self, reactor: IReactorTime, seconds: float = DEADLINE) -> None:
        self._reactor = reactor
        self._seconds = seconds
        self._waiting: deque[tuple[float, Delivery]] = deque()
        self._timer: IDelayedCall | None = None
        self._stopped = False

    def watch(self, delivery: Delivery) -> None:
        """Expire the delivery `seconds` from now unless it is settled by then."""
        if self._stopped:
            delivery.expire()
            return
        waiting = self._waiting
        while waiting and waiting[0][1].settled:
            waiting.popleft()
        waiting.append((self._reactor.seconds() + self._seconds, delivery))
        if self._timer is None:
            self._timer = self._reactor.callLater(self._seconds, self._due)

    def _due(self) -> None:
        self._timer = None
        now = self._reactor.seconds()
        waiting = self._waiting
        while waiting and (waiting[0][1].settled or waiting[0][0] <= now):
            waiting.popleft()[1].expire()
        if waiting and self._timer is None:  # a sender that was told RETRY may have sent again
            self._timer = self._reactor.callLater(waiting[0][0] - now, self._due)

    def stop(self) -> None:
        """Expire all that is open, and what comes later at once; no timer is left behind."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            self._waiting.popleft()[1].expire()
