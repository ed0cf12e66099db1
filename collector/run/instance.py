"""All that `collector run` starts: the log, the control socket, the graph, the admin endpoint."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from twisted.logger import Logger

from ..config.description import Description
from ..metrics import Metrics
from .admin import Admin
from .control import Control
from .effective import effective
from .health import Health
from .history import History
from .letter_desk import LetterDesk
from .logs import start_logging
from .orphans import orphans
from .queue_desk import QueueDesk
from .redactor import Redactor, secrets_in
from .service import Service
from .status import Status
from .status_page import StatusPage

log = Logger(namespace="collector")


class Instance:
    """One running configuration with what is around it. Started once, stopped once."""

    def __init__(self, description: Description, reactor: Any, config: str) -> None:
        self._description = description
        service, metrics = description.service, Metrics()
        redactor = Redactor(secrets_in(description))
        health = Health(reactor, redactor.shown)
        self._logging = start_logging(
            service.log.level, service.log.format, clock=reactor, redactor=redactor
        )
        self._health = health
        self._service = Service(description, reactor, metrics, health, redactor)
        status = Status(metrics, health, config, description.pipelines)
        self._history = History(reactor, status.now)
        self._control = Control(reactor, service.data_dir, metrics, health, status)
        graph, routes = self._service.graph, self._control.routes
        LetterDesk(graph.outlets, graph.letters, health).add_to(routes)
        QueueDesk(graph.outlets, service.data_dir, redactor).add_to(routes)
        admin = service.admin
        shown = partial(effective, description, redactor)
        page = StatusPage(status, self._history, shown, service.data_dir)
        self._admin = admin and Admin(reactor, metrics, health, admin.endpoint, admin.token, page)

    async def start(self) -> None:
        """Start all, the control socket first: it refuses a second process on the directory.

        Raises StartError or ListenError; `stop` cleans up then too.
        """
        await self._control.start()
        if self._admin:
            await self._admin.start()
            self._history.start()
        await self._service.start()
        await self._warn_of_orphans()
        self._health.ready = True

    async def _warn_of_orphans(self) -> None:
        data_dir, configured = self._description.service.data_dir, self._description.disk_queues
        for sentence in await asyncio.to_thread(orphans, data_dir, configured):
            log.warn("{sentence}", sentence=sentence)

    async def stop(self) -> None:
        """Stop all, the graph first; health and metrics can be read until the end."""
        was_ready, self._health.ready = self._health.ready, False
        if was_ready:
            log.info(
                "stopping, {events} events to deliver, at most {seconds:.0f} s",
                events=self._service.pending,
                seconds=self._description.service.shutdown_timeout,
            )
        await self._service.stop()
        self._history.stop()
        if self._admin:
            await self._admin.stop()
        await self._control.stop()
        if was_ready:
            log.info("stopped")
        self._logging.stop()
