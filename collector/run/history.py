"""The last minutes in numbers, for the plots of the status page."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from ..tasks import spawn

#: Seconds between two points, and how many are kept: ten minutes.
STEP = 5.0
POINTS = 120
#: What is kept, by kind: counters as they stand, and gauges.
_COUNTERS = {
    "receiver": ("accepted_log_records",),
    "exporter": ("taken_log_records", "sent_log_records"),
}
_GAUGES = {"exporter": ("queue_bytes", "queued_log_records", "oldest_unsent_age_seconds")}


class History:
    """Looks at the status by the clock, from `start` to `stop`."""

    def __init__(self, clock: Any, now: Callable[[], Awaitable[Mapping[str, Any]]]) -> None:
        """`now` is asked for the status: see `Status.now`."""
        self._clock = clock
        self._now = now
        self._points: deque[dict[str, float]] = deque(maxlen=POINTS)
        self._timer: Any = None

    def start(self) -> None:
        """Take the first point, and go on."""
        self._timer = self._clock.callLater(STEP, self.start)
        _ = spawn(self._look())

    async def _look(self) -> None:
        self._points.append(dict(_numbers(await self._now())))

    def stop(self) -> None:
        """Take no more; also when it was not started."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def series(self) -> dict[str, Any]:
        """`step` in seconds, and under `series` each number by time, the newest last.

        A series is called `kind/id/name`. None: there was no such number yet.
        """
        names = dict.fromkeys(name for point in self._points for name in point)
        values = {name: [point.get(name) for point in self._points] for name in names}
        return {"step": STEP, "series": values}


def _numbers(status: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for component in status["components"]:
        kind = component["kind"]
        for group, wanted in (("counters", _COUNTERS), ("gauges", _GAUGES)):
            for name in wanted.get(kind, ()):
                value = component[group].get(name, 0)
                yield f"{kind}/{component['id']}/{name}", value
