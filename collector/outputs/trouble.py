"""What an operator hears while an exporter cannot send: once, at the right level, and its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ..component import Exporter
from ..request import Hold, Retry
from .backoff import Gate, State

#: Seconds of retries after which somebody should have a look, though nothing is lost.
ALARM = 600.0
#: How much of the time that events may wait is over when it is said, and how often it is.
_NEAR, _QUIET = 0.8, 3600.0


class Trouble:
    """Closes the gate and says why. `oldest` is the time of the oldest event that waits, in ns."""

    def __init__(self, exporter: Exporter[Any], gate: Gate, oldest: Callable[[], int]) -> None:
        self._exporter = exporter
        self._context = exporter.context
        self._gate = gate
        self._oldest = oldest
        self._alarmed = False
        self._quiet_until = 0.0

    @property
    def is_alarming(self) -> bool:
        """Whether it has been retrying for so long that an operator should look."""
        gate = self._gate
        return gate.state is State.BACKOFF and self._seconds() >= ALARM

    def _seconds(self) -> float:
        now: float = self._context.reactor.seconds()
        return now - self._gate.since

    def later(self, error: Exception) -> None:
        """Sending failed in a way that time may mend, or an operator."""
        if isinstance(error, Hold):
            self.hold(str(error))
            return
        self._context.count("requests", outcome="retry")
        was, reason = self._gate.state, str(error) or type(error).__name__
        self._gate.failed(reason, error.after if isinstance(error, Retry) else None)
        if not isinstance(error, Retry):
            self._context.raised("{id}: send raised")
        elif was is not State.BACKOFF:
            self._context.log.warn(
                "{id}: cannot send, next try in {seconds:.1f} s: {reason}",
                id=self._context.id,
                seconds=self._gate.delay,
                reason=reason,
            )
        self._alarm(reason)
        self._warn_of_age()

    def _alarm(self, reason: str) -> None:
        if self.is_alarming and not self._alarmed:
            self._alarmed = True
            self._context.log.error(
                "{id}: could not send for {minutes:.0f} minutes, nothing is lost while there is "
                "room: {reason}",
                id=self._context.id,
                minutes=self._seconds() / 60,
                reason=reason,
            )

    def hold(self, reason: str) -> None:
        """An operator is needed."""
        self._context.count("requests", outcome="hold")
        known = self._gate.state is State.HELD and self._gate.reason == reason
        self._gate.held(reason)
        if not known:
            self._context.log.error(
                "{id}: on hold, nothing is lost while there is room, next try in {seconds:.0f} s: "
                "{reason}",
                id=self._context.id,
                seconds=self._gate.delay,
                reason=reason,
            )
        self._warn_of_age()

    def over(self) -> None:
        """The destination has taken something."""
        was, seconds = self._gate.state, self._seconds()
        self._gate.succeeded()
        if was is not State.OPEN and self._gate.state is State.OPEN:
            self._alarmed = False
            self._context.log.info(
                "{id}: sending again after {seconds:.1f} s", id=self._context.id, seconds=seconds
            )

    def _warn_of_age(self) -> None:
        """Before the oldest events are older than the destination takes them."""
        now, limit, oldest = time.time_ns(), self._exporter.stale_before(), self._oldest()
        if not (limit and oldest) or now - oldest < _NEAR * (now - limit):
            return
        if self._context.reactor.seconds() < self._quiet_until:
            return
        self._quiet_until = self._context.reactor.seconds() + _QUIET
        self._context.log.warn(
            "{id}: the oldest event waits for {age:.1f} h; at {limit:.0f} h it is restamped or "
            "dead-lettered, as `stale` says",
            id=self._context.id,
            age=(now - oldest) / 3.6e12,
            limit=(now - limit) / 3.6e12,
        )
