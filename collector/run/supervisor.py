"""The supervisor: owns the sockets and the data directory, runs workers, and speaks for them.

It imports neither the plugins nor the models of configurations: what it must know of one, its
first worker tells it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from twisted.logger import Logger

from .. import version
from ..inputs.sockets import ListenError
from ..inputs.web import WebRequest, WebResponse
from ..journal import LogEntry
from ..tasks import spawn
from .activation import Inherited
from .admin import Admin
from .admin_door import AdminDoor
from .control import Control
from .crew import Crew, content_of
from .desk import Desk
from .history import History
from .listeners import Listeners
from .logs import Logging, start_logging
from .notify import notify, reloading
from .overview import Overview
from .passing import Handed
from .plan import Plan
from .privileges import become, give
from .process import StartError, allow_many_files
from .redactor import printable
from .routes import answer, sentence
from .status import Status
from .status_page import StatusPage
from .tables import Tables
from .taps import Taps
from .worker_process import Refused

log = Logger(namespace="collector")
#: Crews that end after reloads; where another comes to that, the oldest waits for nobody.
MOST_OLD = 3
#: Seconds between looks at the workers' numbers, for the account of one that is killed.
_LOOK = 1.0


class Supervisor:
    """Of one configuration file. Run once."""

    def __init__(self, reactor: Any, config: str) -> None:
        self._reactor = reactor
        self._config = config
        self._inherited = Inherited(os.environ)
        self._listeners = Listeners(self._inherited.take)
        self._crew: Crew
        #: Those that end, after reloads.
        self._old: list[Crew] = []
        self._overview = Overview(self._listeners, lambda: (self._crew, *self._old))
        self._logging: Logging | None = None
        self._control: Control | None = None
        self._admin = AdminDoor(self._made_admin)
        self._status = Status(self._overview.view, config)
        self._history = History(reactor, self._status.now)
        self._desk = Desk(lambda: self._crew.ready)
        self._tables = Tables(lambda: self._crew.ready)
        self._taps = Taps(lambda: self._crew.ready)
        self._looking: Any = None
        self._reloading: asyncio.Task[Any] | None = None

    async def run(self) -> int:
        """Run until cancelled; the exit code. Raises StartError or ListenError."""
        allow_many_files()  # connections pass through here at a reload
        self._crew = self._new_crew()
        try:
            plan = await self._crew.examine()
            await self._open(plan)
            await self._crew.start()
            become(plan.user, plan.group)
            self._greet(plan)
            notify("READY=1", f"STATUS=workers: {plan.workers}")
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._hung_up)
            self._look_again()
            self._history.start()
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
        content = content_of(Path(self._config))
        return Crew(
            self._reactor,
            self._config,
            content,
            self._listeners,
            self._overview.lost,
            self._overview.adopted,
            self._handed,
        )

    def _handed(self, slot: int, handed: Handed, sock: socket.socket) -> None:
        """A connection of an old worker: for one of those that work now."""
        with sock:
            if ready := self._crew.ready:
                ready[slot % len(ready)].hand(handed, sock)

    async def _open(self, plan: Plan) -> None:
        """The log, the control socket, the admin endpoint."""
        self._logging = start_logging(plan.log_level, plan.log_format, clock=self._reactor)
        self._logging.observer.journal.follow(self._logged)
        control = Control(self._reactor, Path(plan.data_dir), self._overview.view, self._status)
        self._desk.add_to(control.routes)
        self._tables.add_to(control.routes)
        self._taps.add_to(control.routes)
        control.routes.add("POST", "/reload", self._reload_asked)
        self._control = control
        is_new = not os.path.exists(plan.data_dir)  # noqa: ASYNC240, PTH110 once, at the start
        await control.start()
        for path in (*control.files, *([Path(plan.data_dir)] if is_new else ())):
            give(path, plan.user, plan.group)
        await self._admin.open(*plan.admin)

    def _made_admin(self, endpoint: str, token: str) -> Admin:
        page = StatusPage(
            self._status, self._history, lambda: self._crew.plan.effective, self._desk.letters
        )
        admin = Admin(self._reactor, self._overview.view, endpoint, token, page)
        self._tables.add_to(admin.routes)
        self._taps.add_to(admin.routes)
        return admin

    def _logged(self, entry: LogEntry) -> None:
        """In any thread: for the components of a worker that take the log in."""
        self._reactor.callFromThread(self._tell, entry)

    def _tell(self, entry: LogEntry) -> None:
        if ready := self._crew.ready:
            ready[0].tell(entry)

    def _greet(self, plan: Plan) -> None:
        for warning in plan.warnings:
            log.warn("{warning}", warning=warning)
        if os.geteuid() == 0:
            log.warn("running as root: name a user of its own in service.user")
        for address in self._inherited.left():
            log.warn("nobody asks for {address}, which systemd opened for us", address=address)
        log.info(
            "collector {version} with {config} started, pid {pid}",
            version=version(),
            config=self._config,
            pid=os.getpid(),
        )

    def _hung_up(self) -> None:
        async def reload() -> None:
            with suppress(Refused):  # the log has it
                await self._reload()

        _ = spawn(reload())

    async def _reload_asked(self, request: WebRequest) -> WebResponse:
        """The body: the file that is meant, by its path, or nothing."""
        meant, ours = request.body.decode("utf-8", "replace"), os.path.realpath(self._config)  # noqa: ASYNC240 it takes no time
        if meant and ours != meant:
            return sentence(409, f"the collector here runs another file: {ours}")
        try:
            await self._reload()
        except Refused as e:
            return answer(400, "".join(f"{line}\n" for line in e.lines).encode())
        return sentence(200, f"reloaded, workers: {self._crew.plan.workers}")

    async def _reload(self) -> None:
        """Raises Refused; then nothing has changed."""
        if self._reloading is not None or self._overview.is_stopping:
            raise Refused(["a reload or a stop is under way: try again"])
        self._reloading = asyncio.current_task()
        notify(*reloading())
        new = self._new_crew()
        try:
            await self._take_over(new)
        except (Refused, ListenError, asyncio.CancelledError) as e:
            await new.stop()
            self._listeners.keep(self._crew.claims)
            why = str(e) or "the collector stops"
            log.warn("not reloaded: {why}", why=printable(why))
            raise Refused(why.splitlines()) from e
        finally:
            self._reloading = None
            notify("READY=1", f"STATUS=workers: {self._crew.plan.workers}")

    async def _take_over(self, new: Crew) -> None:
        """The new crew works, the old one ends."""
        old, plan = self._crew, await new.examine()
        if plan.data_dir != old.plan.data_dir:
            raise Refused(["service.data_dir: cannot change while the collector runs: restart"])
        await new.start()
        await self._admin.open(*plan.admin)
        self._crew = new
        self._old.append(old)
        for warning in plan.warnings:
            log.warn("{warning}", warning=warning)
        log.info("reloaded {config}, workers: {n}", config=self._config, n=plan.workers)
        _ = spawn(self._end(old))
        if len(self._old) > MOST_OLD:
            _ = spawn(self._old[0].stop())

    async def _end(self, old: Crew) -> None:
        await old.stop(handing_on=True)
        self._old.remove(old)
        await self._crew.adopt()

    async def _stop(self) -> None:
        self._overview.is_stopping = True
        if self._reloading is not None:
            self._reloading.cancel()
            await asyncio.wait((self._reloading,))
        notify("STOPPING=1")
        if self._looking is not None:
            self._looking.cancel()
        self._history.stop()
        # The workers have them too: they take what waits there, and close them.
        self._listeners.close()
        self._inherited.close()
        await asyncio.gather(*(crew.stop() for crew in (self._crew, *self._old)))
        await self._admin.close()
        if self._control:
            await self._control.stop()
        if self._logging:
            log.info("stopped")
            self._logging.stop()

    def _look_again(self) -> None:
        async def look() -> None:
            await self._overview.look()
            notify("WATCHDOG=1")

        self._looking = self._reactor.callLater(_LOOK, self._look_again)
        _ = spawn(look())

    def kill(self) -> None:
        """End all workers at once."""
        for crew in (self._crew, *self._old):
            crew.kill()
