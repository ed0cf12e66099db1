"""A timer that measures how late it is: so late is everything else that waits for the event loop.

A component that computes or sleeps for long delays all others; this is where it shows. What it
costs is in docs/adr/0049-the-watchdog-looks-from-a-thread.md.
"""

from __future__ import annotations

from typing import Any

from ..metrics import Gauge, Labels, Metrics

#: Seconds between two beats.
BEAT = 1.0
#: Seconds for which the worst is kept; it is shown for as long again.
_WINDOW = 60.0


class Pulse:
    """Of one process, from `start` to `stop`."""

    def __init__(self, reactor: Any, metrics: Metrics, labels: Labels) -> None:
        self._reactor = reactor
        self._metrics = metrics
        self._labels = labels
        self._timer: Any = None
        #: When the next beat is due, by the reactor's clock; 0: there is none. For any thread.
        self.due = 0.0
        self._worst = self._last_worst = 0.0
        self._turn = 0.0
        metrics.gauges.append(
            Gauge(
                "process_eventloop_delay_max_seconds",
                "The longest such delay in the last one or two minutes.",
                labels,
                self._shown,
            )
        )

    def start(self) -> None:
        """Beat from now on."""
        self._turn = self._reactor.seconds() + _WINDOW
        self._next()

    def stop(self) -> None:
        """Beat no more; also when it was not started."""
        self.due = 0.0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _next(self) -> None:
        self._timer = self._reactor.callLater(BEAT, self._beat)
        self.due = self._reactor.seconds() + BEAT

    def _beat(self) -> None:
        now = self._reactor.seconds()
        late = max(0.0, now - self.due)
        self._metrics.add("process_eventloop_beats", self._labels, 1)
        self._metrics.add("process_eventloop_delay_seconds", self._labels, int(late * 1e9))
        if now >= self._turn:
            self._last_worst, self._worst, self._turn = self._worst, 0.0, now + _WINDOW
        self._worst = max(self._worst, late)
        self._next()

    def _shown(self) -> float:
        return max(self._worst, self._last_worst)
