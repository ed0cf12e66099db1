"""All workers as one: their snapshots and what the kernel dropped in, what is told of them out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from ..tasks import spawn
from .crew import Crew
from .listeners import Listeners
from .totals import Totals, components
from .view import View
from .worker_process import WorkerProcess


class Overview:
    """`crews` gives that of the configuration that runs, then those that end after reloads."""

    def __init__(self, listeners: Listeners, crews: Callable[[], Sequence[Crew]]) -> None:
        self._listeners = listeners
        self._crews = crews
        self._totals = Totals()
        #: From then on it is not ready.
        self.is_stopping = False

    async def view(self) -> View:
        """Everything as it is now."""
        await self.look()
        current = self._crews()[0]
        workers = self._workers
        snapshots = [worker.last for worker in workers]
        metrics = self._totals.metrics(snapshots)
        metrics.gauges += [worker.silence_gauge for worker in workers]
        silent = [worker.health for worker in workers if worker.is_silent]
        return View(
            metrics=metrics,
            components=[*components(snapshots), *silent],
            ready=current.is_ready and not self.is_stopping,
            pipelines=current.plan.pipelines,
            workers=[worker.shown(current.workers) for worker in workers],
        )

    async def look(self) -> None:
        """Ask all of them, for the account of one that is killed."""
        for component, dropped in self._listeners.dropped():
            labels = (("receiver", component),)
            self._totals.count("receiver_kernel_dropped_datagrams", labels, dropped)
        await asyncio.gather(*(worker.look() for worker in self._workers))

    @property
    def _workers(self) -> Sequence[WorkerProcess]:
        """Those that live, of old configurations too."""
        return [worker for crew in self._crews() for worker in crew.workers]

    def lost(self, worker: WorkerProcess, restarts: int) -> None:
        """It is gone, and so many are started in its place."""
        self._totals.ended(worker.last)
        labels = (("worker", str(worker.slot)),)
        self._totals.count("service_worker_restarts", labels, restarts)

    def adopted(self) -> None:
        """What ended workers have left is somebody's again."""

        async def settle() -> None:
            await self.look()
            self._totals.settle([worker.last for worker in self._workers])

        _ = spawn(settle())
