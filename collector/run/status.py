"""What a running collector tells of itself: the process, its pipelines, and every component."""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from .. import version
from ..inputs.web import WebResponse
from ..metrics import Labels, Metrics, shown_count
from .routes import Look, Routes, json_answer
from .totals import POINT

Key = tuple[str, str]


class Status:
    """Made when the process starts; asked as often as somebody wants to know."""

    def __init__(self, look: Look, config: str) -> None:
        self._look = look
        self._config = config
        self._started = time.time()

    def add_to(self, routes: Routes) -> None:
        """Its route."""
        routes.add("GET", "/status", lambda _: self._answer())

    async def _answer(self) -> WebResponse:
        return json_answer(200, await self.now())

    async def now(self) -> dict[str, Any]:
        """JSON-like. Counts are since the start; every text is safe to show."""
        view = await self._look()
        metrics = view.metrics
        counters, reasons, gauges = _counters(metrics), _reasons(metrics), _gauges(metrics)
        components = [
            {
                **asdict(component),
                "counters": counters.get((component.kind, component.id), {}),
                "reasons": reasons.get((component.kind, component.id), {}),
                "gauges": gauges.get((component.kind, component.id), {}),
            }
            for component in view.components
        ]
        started = datetime.fromtimestamp(self._started, UTC).isoformat(timespec="milliseconds")
        return {
            "version": version(),
            "pid": os.getpid(),
            "started": started.replace("+00:00", "Z"),
            "config": self._config,
            "ready": view.ready,
            "healthy": all(component.healthy for component in view.components),
            "pipelines": view.pipelines,
            "workers": [
                {
                    **worker,
                    "counters": counters.get(("worker", str(worker["slot"])), {}),
                    "gauges": gauges.get(("worker", str(worker["slot"])), {}),
                }
                for worker in view.workers
            ],
            "components": components,
        }


def _counters(metrics: Metrics) -> dict[Key, dict[str, float]]:
    """By kind and id of the component: its counters, each summed over its other labels."""
    found: dict[Key, dict[str, float]] = {}
    for (name, labels), n in metrics.counts.items():
        if labels:
            own, short = found.setdefault(labels[0], {}), _short(name, labels)
            own[short] = own.get(short, 0) + shown_count(name, n)
    return found


def _reasons(metrics: Metrics) -> dict[Key, dict[str, dict[str, int]]]:
    """The same of the counters that have a reason, by it."""
    found: dict[Key, dict[str, dict[str, int]]] = {}
    for (name, labels), n in metrics.counts.items():
        reason = dict(labels).get("reason")
        if reason is not None:
            by = found.setdefault(labels[0], {}).setdefault(_short(name, labels), {})
            by[reason] = by.get(reason, 0) + n
    return found


def _gauges(metrics: Metrics) -> dict[Key, dict[str, float]]:
    """The same of gauges, read now; of points in time the latest."""
    found: dict[Key, dict[str, float]] = {}
    for gauge in metrics.gauges:
        if gauge.labels:
            own, short = found.setdefault(gauge.labels[0], {}), _short(gauge.name, gauge.labels)
            have, value = own.get(short, 0), gauge.read()
            own[short] = max(have, value) if short.endswith(POINT) else have + value
    return found


def _short(name: str, labels: Labels) -> str:
    """The name of a series without the kind of its component, which its first label says."""
    return name.removeprefix(f"{labels[0][0]}_")
