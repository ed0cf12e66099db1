"""Names the component that keeps the event loop waiting.

A thread looks at the pulse; while that is late it looks at what the event loop's thread is doing.
So it costs a component nothing, and one that never comes back is named too.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from twisted.logger import Logger

from ..blame import component_in, place_of, stack_of
from ..component import Component
from ..context import Context
from ..metrics import Labels, Metrics
from .pulse import Pulse

#: Seconds that a beat is late when it is said. What keeps the event loop for so long and the time
#: between two beats is always seen.
LATE = 0.5
#: The event loop itself: where its thread is when nobody's code runs.
_LOOP = ("twisted.internet.asyncioreactor", "asyncio.base_events", "selectors")


class Watchdog:
    """Of the thread that starts it, from `start` to `stop`."""

    log = Logger(namespace="collector")

    def __init__(self, reactor: Any, pulse: Pulse, metrics: Metrics, labels: Labels) -> None:
        self._reactor = reactor
        self._pulse = pulse
        self._metrics = metrics
        self._labels = labels
        self._packages: dict[tuple[str, str], str] = {}
        self._over = threading.Event()
        self._watched = threading.get_ident()
        self._waits = _Waits(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._known = 0.0

    def start(self, components: Iterable[Component[Any]]) -> None:
        """Watch from now on. Called by the thread of the event loop."""
        for each in components:
            package = type(each).__module__.partition(".")[0]
            self._packages[each.context.kind, each.context.id] = package
        self._thread.start()

    def stop(self) -> None:
        """Watch no more; also when it was not started."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        self._waits.close()

    def _watch(self) -> None:
        while not self._over.wait(self._pause()):
            due = self._pulse.due
            late = self._reactor.seconds() - due
            if not due or late < LATE:
                self._waits.begin()
            elif due != self._known and self._waits.seconds() < late / 2:
                self._known = due
                self._name(late)

    def _pause(self) -> float:
        """Until the beat that is due would be late: to look more often costs what it costs."""
        left: float = self._pulse.due + LATE - self._reactor.seconds()
        return left if left > 0 else LATE

    def _name(self, late: float) -> None:
        frame = sys._current_frames().get(self._watched)  # noqa: SLF001 it is documented
        if frame is None or frame.f_globals.get("__name__") in _LOOP:
            return
        context = component_in(stack_of(frame))
        package = self._packages.get((context.kind, context.id), "") if context else ""
        self.log.warn(
            "{id}: keeps everything else waiting, for {seconds:.1f} s by now, at {place}"
            if context
            else "everything is kept waiting, for {seconds:.1f} s by now, at {place}",
            id=context.id if context else "",
            seconds=late,
            place=place_of(stack_of(frame), package),
        )
        self._reactor.callFromThread(self._count, context)

    def _count(self, context: Context | None) -> None:
        """On the event loop, when it goes on: counters are its alone."""
        self._metrics.add("process_eventloop_blocks", self._labels, 1)
        if context is not None:
            context.count("eventloop_blocks")


class _Waits:
    """How long a thread could have run and had no CPU: then nobody's code is to blame."""

    def __init__(self, schedstat: str) -> None:
        self._file = -1
        with suppress(OSError):
            self._file = os.open(schedstat, os.O_RDONLY | os.O_CLOEXEC)
        self._began = self._total()

    def begin(self) -> None:
        """Count from now on."""
        self._began = self._total()

    def seconds(self) -> float:
        """Since then. 0 where the kernel does not say."""
        return self._total() - self._began

    def _total(self) -> float:
        with suppress(OSError, ValueError, IndexError):
            return int(os.pread(self._file, 100, 0).split()[1]) / 1e9
        return 0.0

    def close(self) -> None:
        """Ask no more."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
