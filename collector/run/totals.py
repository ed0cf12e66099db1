"""Snapshots of workers in, the view of the whole out; workers that have ended stay in it.

Counters are added up, and so are gauges, but for points in time (the latest) and what a name in
`_LEAST` says. What a worker that ends leaves in its queue would be counted twice, as taken by
it and as recovered by whoever gets its files, so:

1. What is left is subtracted from what is recovered later, and shown as queued until then. The
   identity of `docs/operations.md` holds at any instant, for it holds in each snapshot.
2. A counter never goes down: the difference is what is shown as queued.
3. Once all files of a worker that crashed are taken over, what is still missing is dropped, with
   the reason `worker_died`: it was sent since its last snapshot, or lost with a queue in memory.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from ..metrics import Gauge, Labels, Metrics
from .snapshot import Reading, Snapshot
from .view import UNHEALTHY, ComponentHealth

_RECOVERED = "exporter_recovered_log_records"
_QUEUED, _IN_FLIGHT = "exporter_queued_log_records", "exporter_in_flight_log_records"
_DROPPED = "exporter_dropped_log_records"
#: How the names of gauges end that are a point in time.
POINT = "_timestamp_seconds"
#: Gauges of which the least counts: time left, and whether all is well.
_LEAST = ("_expiry_seconds", "_to_stale", "_up")
#: Gauges of which the most counts: ages, whether something is wrong, and what all have alike.
_MOST = (
    POINT,
    "_age_seconds",
    "_delay_max_seconds",
    "_paused",
    "_held",
    "_queue_failed",
    "_receive_buffer_bytes",
    "_batch_events",
    "_batch_bytes",
)


class Totals:
    """Kept by the supervisor for as long as it runs."""

    def __init__(self) -> None:
        self._ended: Counter[tuple[str, Labels]] = Counter()
        self._helps: dict[str, str] = {}
        #: Rule 1, by the labels of the exporter.
        self._left: Counter[Labels] = Counter()
        self._shown: dict[Labels, int] = {}

    def count(self, name: str, labels: Labels, n: int) -> None:
        """Something that the supervisor itself has counted."""
        self._ended[name, labels] += n

    def ended(self, last: Snapshot) -> None:
        """A worker is gone; the last that is known of it."""
        for name, labels, n in last.counts:
            self._ended[name, labels] += n
        for reading in last.gauges:
            if reading.name in {_QUEUED, _IN_FLIGHT}:
                self._left[reading.labels] += round(reading.value)

    def settle(self, running: Iterable[Snapshot]) -> None:
        """All that ended workers have left has been taken over. Rule 3."""
        recovered = _recovered(self._counts(running))
        for labels, left in self._left.items():
            missing = max(self._shown.get(labels, 0), recovered[labels] - left)
            missing -= recovered[labels] - left
            if missing > 0:
                self._ended[_DROPPED, (*labels, ("reason", "worker_died"))] += missing
                self._left[labels] -= missing

    def metrics(self, running: Sequence[Snapshot]) -> Metrics:
        """Of the workers that run and those that have ended."""
        counts, gauges = self._counts(running), _merged(running)
        for snapshot in running:
            self._helps.update(snapshot.helps)
        recovered = _recovered(counts)
        for labels, left in self._left.items():
            net = recovered[labels] - left
            shown = self._shown[labels] = max(self._shown.get(labels, 0), net)
            counts[_RECOVERED, labels] = shown
            waiting = gauges.get((_QUEUED, labels)) or Reading(_QUEUED, "", labels, 0.0)
            gauges[_QUEUED, labels] = Reading(
                _QUEUED, waiting.help, labels, waiting.value + shown - net
            )
        return _as_metrics(counts, gauges, self._helps)

    def _counts(self, running: Iterable[Snapshot]) -> Counter[tuple[str, Labels]]:
        counts = Counter(self._ended)
        for snapshot in running:
            for name, labels, n in snapshot.counts:
                counts[name, labels] += n
        return counts


def _recovered(counts: Counter[tuple[str, Labels]]) -> Counter[Labels]:
    found = {labels: n for (name, labels), n in counts.items() if name == _RECOVERED}
    return Counter(found)


def _merged(running: Iterable[Snapshot]) -> dict[tuple[str, Labels], Reading]:
    found: dict[tuple[str, Labels], list[Reading]] = defaultdict(list)
    for snapshot in running:
        for reading in snapshot.gauges:
            found[reading.name, reading.labels].append(reading)
    return {key: _as_one(readings) for key, readings in found.items()}


def _as_one(readings: Sequence[Reading]) -> Reading:
    first, values = readings[0], [reading.value for reading in readings]
    if first.name.endswith(_LEAST):
        value = min(values)
    elif first.name.endswith(_MOST):
        value = max(values)
    else:
        value = sum(values)
    return Reading(first.name, first.help, first.labels, value)


def _as_metrics(
    counts: Counter[tuple[str, Labels]],
    gauges: dict[tuple[str, Labels], Reading],
    helps: dict[str, str],
) -> Metrics:
    metrics = Metrics(counts=dict(counts))
    metrics.helps.update(helps)
    for reading in gauges.values():
        value = reading.value
        metrics.gauges.append(Gauge(reading.name, reading.help, reading.labels, lambda v=value: v))  # type: ignore[misc]
    return metrics


def components(running: Sequence[Snapshot]) -> Sequence[ComponentHealth]:
    """Each component once, as it is where it is worst."""
    found: dict[tuple[str, str], ComponentHealth] = {}
    for snapshot in running:
        for each in snapshot.components:
            known = found.get((each.kind, each.id))
            if known is None or _badness(each) > _badness(known):
                found[each.kind, each.id] = each
    return tuple(found.values())


def _badness(component: ComponentHealth) -> int:
    if component.state in UNHEALTHY:
        return 2
    return 0 if component.state == "running" else 1
