"""When an exporter may send: one gate for all its senders.

Open: everybody sends. A failure closes the gate for everybody; when its time is up one
request goes as a probe, and what becomes of that opens the gate or closes it for longer. So
the request rate in an outage is bounded whatever the number of senders.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Callable
from typing import Any

from ..doubling import doubled
from .options import RetryOptions

#: However long the destination asks us to wait.
MAX_RETRY_AFTER = 900.0
#: While the process is ending there is no time for long waits.
HURRIED = 1.0


class State(enum.Enum):
    """What an operator sees."""

    OPEN = "sending"
    BACKOFF = "retrying"
    HELD = "held"


class Gate:
    """Full-jitter exponential backoff, and the slow probes of a hold."""

    def __init__(self, reactor: Any, options: RetryOptions, opened: Callable[[], None]) -> None:
        self._reactor = reactor
        self._options = options
        self._opened = opened
        self._failures = 0
        self._holds = 0
        self._timer: Any = None
        self._probe_out = False
        self._hurried = False
        self.state = State.OPEN
        self.reason = ""
        #: Seconds from the last failure to the probe that follows it.
        self.delay = 0.0
        self.since: float = reactor.seconds()

    def admits(self) -> bool:
        """Whether a request may go now. A half-open gate lets one through."""
        if self.state is State.OPEN:
            return True
        if self._timer is not None or self._probe_out:
            return False
        self._probe_out = True
        return True

    def unused(self) -> None:
        """There was nothing to send after all."""
        self._probe_out = False

    def succeeded(self) -> None:
        """A request was answered as it should be.

        While the gate is closed that was one sent before the failure: it does not shorten
        the wait that the destination may have asked for.
        """
        if self._timer is not None:
            return
        self._probe_out = False
        if self.state is not State.OPEN:
            self._failures = self._holds = 0
            self._enter(State.OPEN, "")
            self._opened()

    def failed(self, reason: str, after: float | None = None) -> None:
        """Not now. `after`: what the destination asked for, in seconds."""
        if self._closed_already(after):
            return
        self._failures += 1
        first, longest = self._options.initial_interval, self._options.max_interval
        ceiling = doubled(first, longest, self._failures - 1)
        delay = random.uniform(0, ceiling)  # noqa: S311 jitter, not a secret
        if after is not None:
            delay = max(delay, min(after, MAX_RETRY_AFTER))
        self._close(State.BACKOFF, reason, delay)

    def held(self, reason: str) -> None:
        """An operator is needed; probe slowly."""
        if self.state is State.HELD and self._timer is not None:
            return
        first, longest = self._options.hold_interval, self._options.max_hold_interval
        delay = doubled(first, longest, self._holds)
        self._holds += 1
        self._close(State.HELD, reason, delay)

    def rest(self, seconds: float) -> None:
        """A request was taken, and the destination wants no other for so long."""
        if self.state is State.OPEN:
            self._close(
                State.BACKOFF, "the destination asked to wait", min(seconds, MAX_RETRY_AFTER)
            )

    def hurry(self) -> None:
        """The process is ending: probe now, and often."""
        self._hurried = True
        if self._timer is not None:
            self._cancel()
            self._half_open()

    def stop(self) -> None:
        """No timer is left behind."""
        self._cancel()

    def _closed_already(self, after: float | None) -> bool:
        """Several requests were out when the first failed; one failure is enough to count."""
        if self.state is State.OPEN or self._timer is None:
            return False
        if after is not None and not self._hurried:
            due = self._reactor.seconds() + min(after, MAX_RETRY_AFTER)
            if due > self._timer.getTime():
                self._timer.reset(due - self._reactor.seconds())
        return True

    def _close(self, state: State, reason: str, delay: float) -> None:
        self._probe_out = False
        self._cancel()
        self._enter(state, reason)
        self.delay = delay = min(delay, HURRIED) if self._hurried else delay
        self._timer = self._reactor.callLater(delay, self._half_open)

    def _half_open(self) -> None:
        self._timer = None
        self._opened()

    def _enter(self, state: State, reason: str) -> None:
        if state is not self.state:
            self.since = self._reactor.seconds()
        self.state, self.reason = state, reason

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
