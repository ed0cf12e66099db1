"""What an outlet shows: its gauges, and its account in a sentence."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ..component import Exporter
from ..metrics import Metrics
from .backoff import State

if TYPE_CHECKING:
    from .outlet import Outlet

_CAME = ("taken", "recovered", "replayed")
_WENT = ("sent", "rejected", "dropped", "dead_lettered")


def export(outlet: Outlet, exporter: Exporter[Any]) -> None:
    """Its gauges."""
    queue, pace, gauge = outlet.queue, outlet.pace, exporter.context.gauge
    gauge("queue_size", "Requests that wait.", lambda: queue.waiting)
    gauge("queue_bytes", "Bytes of requests waiting and in flight.", lambda: queue.bytes)
    gauge("queue_capacity_bytes", "The queue's max_size.", lambda: outlet.capacity)
    gauge("queued_log_records", "Events gathered or waiting.", lambda: outlet.queued)
    gauge("in_flight_log_records", "Events of requests on their way.", lambda: outlet.in_flight)
    gauge("held", "1 while an operator is needed.", lambda: outlet.state is State.HELD)
    gauge("queue_failed", "1 while nothing can be stored.", lambda: bool(queue.trouble))
    gauge("batch_events", "Events that a request may have now.", lambda: pace.max_events)
    gauge("batch_bytes", "Bytes that a request may have now.", lambda: pace.max_bytes)
    gauge("concurrency", "Requests that may be in flight now.", lambda: pace.concurrency)
    gauge(
        "oldest_unsent_age_seconds",
        "Age of the oldest event that is not sent yet; 0 when there is none.",
        lambda: _age(outlet.sender.oldest_ns),
    )
    gauge(
        "seconds_to_stale",
        "Time left until the oldest event is older than the destination takes it; -1: no limit.",
        lambda: _left(outlet.sender.oldest_ns, exporter.stale_before()),
    )


def _age(oldest_ns: int) -> float:
    return max(0.0, (time.time_ns() - oldest_ns) / 1e9) if oldest_ns else 0.0


def _left(oldest_ns: int, stale_ns: int) -> float:
    if not stale_ns:
        return -1.0
    return max(0.0, ((oldest_ns or time.time_ns()) - stale_ns) / 1e9)


def summary(metrics: Metrics, exporter: str, waiting: int) -> str:
    """The account: what came, and what became of it; empty when nothing came.

    Its two sides are equal.
    """

    def numbers(names: tuple[str, ...]) -> str:
        found = (
            (name, metrics.get(f"exporter_{name}_log_records", exporter=exporter)) for name in names
        )
        return " + ".join(f"{n:,} {name.replace('_', '-')}" for name, n in found if n)

    came, went = numbers(_CAME), numbers(_WENT)
    return f"{came} = {went or 0} + {waiting:,} in the queue" if came else ""
