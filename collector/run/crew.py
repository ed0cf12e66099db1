"""The workers of one configuration: all started, each started again when it dies, all stopped."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from twisted.logger import Logger

from .listeners import Claims, Listeners
from .passing import Handed
from .plan import Plan
from .redactor import printable
from .restarts import Restarts
from .worker_process import Refused, WorkerProcess

log = Logger(namespace="collector")
#: Seconds that a worker may take longer than it should to stop.
_SLACK = 5.0
#: More of a configuration is not read; the worker says that it is too much.
_LARGEST = 2 << 20


class Crew:
    """Started once, stopped once."""

    def __init__(
        self,
        reactor: Any,
        config: str,
        content: int,
        listeners: Listeners,
        lost: Callable[[WorkerProcess, int], None],
        settled: Callable[[], None],
        handed: Callable[[int, Handed, socket.socket], None],
    ) -> None:
        """`content`: a descriptor of the configuration as it was read, or -1.

        `lost` is told of each worker that is gone, and how many are started in its place,
        `settled` when what it left has been taken over; `handed` is given connections, with the
        slot that they come from.
        """
        self._reactor = reactor
        self._config = config
        self._content = content
        self._listeners = listeners
        self._lost = lost
        self._settled = settled
        self._handed = handed
        self._restarts = Restarts()
        self._slots: dict[int, WorkerProcess] = {}
        self._timers: dict[int, Any] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_running = False
        self.plan: Plan
        self._claims = Claims(0, 1)

    @property
    def workers(self) -> Sequence[WorkerProcess]:
        """Those that are there, by slot."""
        there = (self._slots[slot] for slot in sorted(self._slots))
        return [worker for worker in there if not worker.gone.is_set()]

    @property
    def ready(self) -> Sequence[WorkerProcess]:
        """Those of them that listen."""
        return [worker for worker in self.workers if worker.is_ready]

    @property
    def is_ready(self) -> bool:
        """Whether somebody listens: what comes for one that is started again waits meanwhile."""
        return self._is_running and bool(self.ready)

    @property
    def claims(self) -> Claims:
        """What its workers have asked for."""
        return self._claims

    async def examine(self) -> Plan:
        """Have the configuration read, by the first worker. Raises Refused."""
        self.plan = await self._new(0).begin(self._config, self._content)
        return self.plan

    async def start(self) -> None:
        """Start all of them. Raises Refused; `stop` cleans up then too."""
        starts = [self._slots[0].go(self.plan.workers, is_first=True)]
        starts += [self._start(slot) for slot in range(1, self.plan.workers)]
        await asyncio.gather(*starts)
        self._claims = self._slots[0].claims
        self._listeners.keep(self._claims)
        self._is_running = True
        for worker in list(self._slots.values()):
            self._restarts.ready(worker.slot, self._reactor.seconds())
            if worker.gone.is_set():  # while others were starting
                self._died(worker)
        self._spawn(self.adopt())

    def _new(self, slot: int) -> WorkerProcess:
        worker = self._slots[slot] = WorkerProcess(
            slot, self._listeners.given, self._handed, self._ended
        )
        return worker

    async def _start(self, slot: int) -> None:
        worker = self._new(slot)
        await worker.begin(self._config, self._content)
        await worker.go(self.plan.workers, is_first=False)

    def _ended(self, worker: WorkerProcess) -> None:
        self._lost(worker, int(self._is_running))
        if self._is_running:
            self._died(worker)

    def _died(self, worker: WorkerProcess) -> None:
        log.error(
            "worker {slot} (pid {pid}) ended {how}: another is started in {delay:g} s",
            slot=worker.slot,
            pid=worker.pid,
            how=worker.how,
            delay=self._start_later(worker.slot),
        )
        self._hand_on()
        self._spawn(self.adopt())

    def _start_later(self, slot: int) -> float:
        del self._slots[slot]
        delay = self._restarts.died(slot, self._reactor.seconds())
        self._timers[slot] = self._reactor.callLater(delay, self._again, slot)
        return delay

    def _again(self, slot: int) -> None:
        del self._timers[slot]
        self._spawn(self._restart(slot))

    async def _restart(self, slot: int) -> None:
        try:
            await self._start(slot)
        except Refused as e:  # it ends, which `_ended` is told of
            self._complain(slot, e)
            return
        except OSError as e:  # there can be no process
            self._complain(slot, e)
            self._start_later(slot)
            return
        log.info("worker {slot} started again, pid {pid}", slot=slot, pid=self._slots[slot].pid)
        self._restarts.ready(slot, self._reactor.seconds())
        await self.adopt()

    def _complain(self, slot: int, error: Refused | OSError) -> None:
        why = printable(str(error))
        log.error("worker {slot} does not start: {why}", slot=slot, why=why)

    def _hand_on(self) -> None:
        heirs = self._restarts.heirs([worker.slot for worker in self.ready])
        for slot, heir in heirs.items():
            log.warn("worker {slot} keeps ending: worker {heir} listens too", slot=slot, heir=heir)
            for asked, sock in self._listeners.of_slot(slot, self.plan.workers):
                self._slots[heir].hand(Handed(asked.kind, asked.endpoint, None), sock)

    async def adopt(self) -> None:
        """Have somebody take over the queue files of workers that are gone."""
        if self.ready:
            await self.ready[0].ask("POST", "/queue/adopt")
            self._settled()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) and self._is_running:
            log.error("{why}", why=printable(f"{type(error).__name__}: {error}"))

    async def stop(self, *, handing_on: bool = False) -> None:
        """Stop all of them; those that take too long are killed.

        `handing_on`: others serve their sockets, and get their connections.
        """
        self._is_running = False
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        there = list(self._slots.values())
        for worker in there:
            worker.stop(handing_on=handing_on)
        seconds = _SLACK
        if hasattr(self, "plan"):
            seconds += self.plan.shutdown_timeout
        await _all_gone(there, seconds)
        if late := [worker.slot for worker in there if not worker.gone.is_set()]:
            log.error("killed, for they did not stop in time: workers {late}", late=late)
            self.kill()
            await _all_gone(there, _SLACK)
        if self._content >= 0:
            os.close(self._content)

    def kill(self) -> None:
        """End all at once."""
        for worker in self._slots.values():
            worker.kill()


async def _all_gone(workers: Sequence[WorkerProcess], seconds: float) -> None:
    """Wait for that, so long at most."""
    waits = [asyncio.ensure_future(worker.gone.wait()) for worker in workers]
    if waits:
        _, late = await asyncio.wait(waits, timeout=seconds)
        for wait in late:
            wait.cancel()


def content_of(path: Path) -> int:
    """A descriptor of what the file holds now: a worker that starts later gets the same.

    -1: it cannot be read, and the worker says why.
    """
    with suppress(OSError, ValueError), path.open("rb") as file:
        content = os.memfd_create("collector.yaml")
        os.write(content, file.read(_LARGEST))
        return content
    return -1
