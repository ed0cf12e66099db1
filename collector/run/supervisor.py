"""The supervisor: owns the sockets and the data directory, runs workers, and speaks for them.

It imports neither the plugins nor the models of configurations: what it must know of one, its
first worker tells it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from twisted.logger import Logger

from .. import version
from ..tasks import spawn
from .admin import Admin
from .control import Control
from .crew import Crew
from .desk import Desk
from .history import History
from .listeners import Listeners
from .logs import Logging, start_logging
from .plan import Plan
from .process import StartError
from .status import Status
from .status_page import StatusPage
from .tables import Tables
from .totals import Totals, components
from .view import View
from .worker_process import Refused, WorkerProcess

log = Logger(namespace="collector")
#: More of a configuration is not read; the worker says that it is too much.
_LARGEST = 2 << 20
#: Seconds between looks at the workers' numbers, for the account of one that is killed.
_LOOK = 1.0


class Supervisor:
    """Of one configuration file. Run once."""

    def __init__(self, reactor: Any, config: str) -> None:
        self._reactor = reactor
        self._config = config
        self._listeners = Listeners()
        self._totals = Totals()
        self._crew: Crew
        self._logging: Logging | None = None
        self._control: Control | None = None
        self._admin: Admin | None = None
        self._history: History | None = None
        self._looking: Any = None
        self._is_stopping = False

    async def run(self) -> int:
        """Run until cancelled; the exit code. Raises StartError or ListenError."""
        self._crew = self._new_crew()
        try:
            plan = await self._crew.examine()
            await self._open(plan)
            await self._crew.start()
            self._greet(plan)
            self._look_again()
            await asyncio.Event().wait()  # until a signal cancels it
        except Refused as e:
            if not e.by_config:
                raise StartError(str(e)) from e
            sys.stderr.writelines(f"{line}\n" for line in e.lines)
            return 1
        finally:
            await self._stop()
        return 0

    def _new_crew(self) -> Crew:
        content = _content(Path(self._config))
        return Crew(
            self._reactor, self._config, content, self._listeners, self._lost, self._adopted
        )

    async def _open(self, plan: Plan) -> None:
        """The log, the control socket, the admin endpoint."""
        self._logging = start_logging(plan.log_level, plan.log_format, clock=self._reactor)
        status = Status(self._view, self._config)
        control = Control(self._reactor, Path(plan.data_dir), self._view, status)
        Desk(lambda: self._crew.ready).add_to(control.routes)
        tables = Tables(lambda: self._crew.ready)
        tables.add_to(control.routes)
        self._control = control
        await control.start()
        if plan.admin_endpoint:
            endpoint, token = plan.admin_endpoint, plan.admin_token
            self._history = History(self._reactor, status.now)
            page = StatusPage(status, self._history, self._effective, Path(plan.data_dir))
            self._admin = Admin(self._reactor, self._view, endpoint, token, page)
            tables.add_to(self._admin.routes)
            await self._admin.start()
            self._history.start()

    def _effective(self) -> bytes:
        return self._crew.plan.effective

    def _greet(self, plan: Plan) -> None:
        for warning in plan.warnings:
            log.warn("{warning}", warning=warning)
        if os.geteuid() == 0:
            log.warn("running as root; a user of its own is safer")
        log.info(
            "collector {version} with {config} started, pid {pid}",
            version=version(),
            config=self._config,
            pid=os.getpid(),
        )

    async def _stop(self) -> None:
        self._is_stopping = True
        if self._looking is not None:
            self._looking.cancel()
        # The workers have them too: they take what waits there, and close them.
        self._listeners.close()
        await self._crew.stop()
        if self._history:
            self._history.stop()
        if self._admin:
            await self._admin.stop()
        if self._control:
            await self._control.stop()
        if self._logging:
            log.info("stopped")
            self._logging.stop()

    async def _view(self) -> View:
        """Everything as it is now."""
        workers = self._crew.workers
        await self._look(workers)
        snapshots = [worker.last for worker in workers]
        return View(
            metrics=self._totals.metrics(snapshots),
            components=components(snapshots),
            ready=self._crew.is_ready and not self._is_stopping,
            pipelines=self._crew.plan.pipelines,
            workers=[
                {"slot": worker.slot, "pid": worker.pid, "ready": worker.is_ready}
                for worker in workers
            ],
        )

    async def _look(self, workers: Sequence[WorkerProcess]) -> None:
        for component, dropped in self._listeners.dropped():
            labels = (("receiver", component),)
            self._totals.count("receiver_kernel_dropped_datagrams", labels, dropped)
        await asyncio.gather(*(worker.look() for worker in workers))

    def _look_again(self) -> None:
        self._looking = self._reactor.callLater(_LOOK, self._look_again)
        _ = spawn(self._look(self._crew.workers))

    def _lost(self, worker: WorkerProcess) -> None:
        self._totals.ended(worker.last)

    def _adopted(self) -> None:
        """What ended workers have left is somebody's again."""

        async def settle() -> None:
            workers = self._crew.workers
            await self._look(workers)
            self._totals.settle([worker.last for worker in workers])

        _ = spawn(settle())

    def kill(self) -> None:
        """End all workers at once."""
        self._crew.kill()


def _content(path: Path) -> int:
    """A descriptor of what the file holds now: a worker that starts later gets the same.

    -1: it cannot be read, and the worker says why.
    """
    with suppress(OSError, ValueError), path.open("rb") as file:
        content = os.memfd_create("collector.yaml")
        os.write(content, file.read(_LARGEST))
        return content
    return -1
