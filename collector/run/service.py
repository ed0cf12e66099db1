"""Start and stop of everything, in the order that loses nothing.

Start: exporters, processors, receivers last. Stop: receivers quiesce (accept and read no
more), processors and gathers flush, queues drain and deliveries settle so that
acknowledgements are written, receivers close, exporters finish. Each step is awaited, and all
of them together have one deadline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

from twisted.logger import Logger

from ..component import Component, Exporter
from ..config.description import Description
from ..delivery import Deadlines
from ..metrics import Metrics
from ..outputs.outlet import Outlet
from ..tasks import wait
from .graph import Around, Builder, Graph
from .health import Health, Reading, outlet_reading
from .process import StartError
from .redactor import Redactor

#: Of the whole time to stop, this much is kept back for closing once queues have had theirs.
_CLOSING = 2.0


class Service:
    """The graph of one configuration, started once and stopped once."""

    log = Logger(namespace="collector")

    def __init__(
        self,
        description: Description,
        reactor: Any,
        metrics: Metrics,
        health: Health,
        redactor: Redactor,
        around: Around | None = None,
    ) -> None:
        """`redactor` takes the secrets out of what an exception says."""
        self._description = description
        self._reactor = reactor
        self._health = health
        self._shown = redactor.shown
        self._deadlines = Deadlines(reactor)
        builder = Builder(description, reactor, metrics, redactor, around)
        self.graph = builder.build(self._deadlines)
        self._started: list[Component[Any]] = []
        self._watch()

    def _watch(self) -> None:
        """Health is read from where it is known, when somebody asks."""
        graph, health = self.graph, self._health
        for component in graph.components:
            health.set(component.context.id, component.context.kind, "starting")

    def _is_running(self, component: Component[Any]) -> None:
        graph, id, kind = self.graph, component.context.id, component.context.kind
        read: Callable[[], Reading] = partial(Reading, "running", "", self._reactor.seconds())
        if kind == "exporter":
            read = partial(outlet_reading, graph.outlets[id])
        elif kind == "receiver":
            read = partial(_receiver_reading, graph, id)
        self._health.watch(id, kind, read, component.context.faults)

    async def start(self) -> None:
        """Start every component. Raises StartError; what had started is stopped again."""
        graph = self.graph
        for component in graph.components:
            self._started.append(component)
            try:
                await component.start()
                if isinstance(component, Exporter):
                    await graph.outlets[component.context.id].start()
                self._is_running(component)
            except Exception as e:
                await self.stop()
                id, kind = component.context.id, component.context.kind
                why = self._shown(str(e)) or type(e).__name__
                raise StartError(f"{kind} {id} did not start: {why}") from e

    @property
    def pending(self) -> int:
        """Events that exporters have taken and not yet ended."""
        return sum(outlet.pending for outlet in self.graph.outlets.values())

    async def stop(self) -> None:
        """Stop everything; returns within the configured time."""
        graph = self.graph
        left = self._countdown(self._description.service.shutdown_timeout)
        receivers = [r for r in graph.receivers.values() if r in self._started]
        for valve in graph.valves.values():
            valve.close()
        await self._all("quiesce", ((r, r.quiesce) for r in receivers), left() - _CLOSING)
        for pipeline in graph.pipelines:
            self._try(pipeline.flush)
        drains = (
            (graph.exporters[id], partial(_drained, outlet)) for id, outlet in graph.outlets.items()
        )
        await self._all("drain", drains, left() - _CLOSING)
        ends = ((graph.exporters[id], outlet.stop) for id, outlet in graph.outlets.items())
        await self._all("stop", ends, left() - _CLOSING / 2)
        self._deadlines.stop()
        await self._all("stop", ((r, r.stop) for r in receivers), left())
        others = [c for c in reversed(self._started) if c not in receivers]
        await self._all("stop", ((c, c.stop) for c in others), left())
        self._started = []

    def _try(self, step: Callable[[], None]) -> None:
        """One bug must not skip what comes after it."""
        try:
            step()
        except Exception:  # noqa: BLE001 as said
            self.log.failure("stopping: a step failed")

    def _countdown(self, seconds: float) -> Callable[[], float]:
        end = self._reactor.seconds() + seconds
        return lambda: max(0.0, end - self._reactor.seconds())

    async def _all(
        self,
        step: str,
        calls: Iterable[tuple[Component[Any], Callable[[], Awaitable[None]]]],
        seconds: float,
    ) -> None:
        """One step for many components at once; what fails or hangs is logged and left."""
        tasks = {asyncio.ensure_future(call()): component for component, call in calls}
        if not tasks:
            return
        done, pending = await asyncio.wait(tasks, timeout=max(0.0, seconds))
        for task in pending:
            task.cancel()
            self._complain(tasks[task], step, "it took too long")
        for task in done:
            if task.cancelled():
                self._complain(tasks[task], step, "it was cancelled")
            elif (error := task.exception()) is not None:
                self._complain(tasks[task], step, f"{type(error).__name__}: {error}")

    def _complain(self, component: Component[Any], step: str, why: str) -> None:
        self.log.error("{id}: {step}: {why}", id=component.context.id, step=step, why=why)


async def _drained(outlet: Outlet) -> None:
    await wait(outlet.drain())


def _receiver_reading(graph: Graph, id: str) -> Reading:
    receiver, valve = graph.receivers[id], graph.valves[id]
    if receiver.trouble:
        return Reading("failing", receiver.trouble)
    if valve.blocked_by:
        full = ", ".join(valve.blocked_by)
        return Reading("paused", f"the queue of {full} is full", valve.since)
    return Reading("running", "", valve.since)
