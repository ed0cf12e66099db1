"""What a worker's process says of itself: CPU, memory, garbage collector, event loop."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable
from os import sysconf
from pathlib import Path
from typing import Any

from ..component import Component
from ..metrics import Gauge, Metrics
from .pulse import Pulse
from .watchdog import Watchdog

_STATM = Path("/proc/self/statm")


class Vitals:
    """Of this process, from `start` to `stop`."""

    def __init__(self, reactor: Any, metrics: Metrics, slot: int) -> None:
        """`slot` is the worker's number."""
        self._metrics = metrics
        labels = self._labels = (("worker", str(slot)),)
        self._pulse = Pulse(reactor, metrics, labels)
        self._watchdog = Watchdog(reactor, self._pulse, metrics, labels)
        self._cpu = 0
        self._began = 0
        text = "Memory of a worker that is in RAM."
        if _STATM.exists():
            metrics.gauges.append(Gauge("process_memory_rss_bytes", text, labels, _resident))
        metrics.before_reading.append(self._count_cpu)

    def start(self, components: Iterable[Component[Any]]) -> None:
        """From now on. Called by the thread of the event loop."""
        for generation in range(len(gc.get_count())):
            self._count_garbage(generation, times=0, took=0)  # who reads all meets no new series
        gc.callbacks.append(self._collected)
        self._pulse.start()
        self._watchdog.start(components)

    def stop(self) -> None:
        """No more; also when it was not started."""
        self._watchdog.stop()
        self._pulse.stop()
        if self._collected in gc.callbacks:
            gc.callbacks.remove(self._collected)

    def _count_cpu(self) -> None:
        now = time.process_time_ns()
        self._metrics.add("process_cpu_seconds", self._labels, now - self._cpu)
        self._cpu = now

    def _collected(self, phase: str, info: dict[str, Any]) -> None:
        """Called by `gc` in the thread that collects, before and after."""
        if phase == "start":
            self._began = time.perf_counter_ns()
            return
        took = time.perf_counter_ns() - self._began
        self._count_garbage(info["generation"], times=1, took=took)

    def _count_garbage(self, generation: int, *, times: int, took: int) -> None:
        labels = (*self._labels, ("generation", str(generation)))
        self._metrics.add("process_runtime_cpython_gc_count", labels, times)
        self._metrics.add("process_runtime_cpython_gc_pause_seconds", labels, took)


def _resident() -> float:
    return float(int(_STATM.read_bytes().split()[1]) * sysconf("SC_PAGESIZE"))
