"""All that a worker runs: its log, the graph, and the answers to what the supervisor asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
from twisted.logger import Logger

from ..config.description import Description
from ..listening import Sockets
from ..metrics import Metrics
from .graph import Around
from .health import Health
from .hidden import secrets_in
from .letter_desk import LetterDesk
from .logs import start_logging
from .orphans import orphans
from .queue_desk import QueueDesk
from .redactor import Redactor
from .routes import Routes, answer
from .service import Service
from .snapshot import Reading, Snapshot
from .tables import Shown
from .tap_desk import TapDesk
from .vitals import Vitals

log = Logger(namespace="collector")


class Instance:
    """One running configuration with what is around it. Started once, stopped once."""

    def __init__(
        self,
        description: Description,
        reactor: Any,
        sockets: Sockets | None = None,
        *,
        workers: int = 1,
        slot: int = 0,
        is_first: bool = True,
    ) -> None:
        """`slot`: which of the `workers`. `is_first`: it speaks for all of them."""
        self._description = description
        self._is_first = is_first
        service = description.service
        self._metrics = Metrics()
        redactor = Redactor(secrets_in(description))
        self._health = Health(reactor, redactor.shown)
        self._logging = start_logging(
            service.log.level, service.log.format, clock=reactor, redactor=redactor
        )
        self.journal = self._logging.observer.journal
        self._service = Service(
            description,
            reactor,
            self._metrics,
            self._health,
            redactor,
            Around(sockets, workers, self.journal),
        )
        self._vitals = Vitals(reactor, self._metrics, slot)
        for component in self._service.graph.components:
            self._logging.observer.authors.know(type(component), component.context)
        self.routes = Routes()
        self._taps = TapDesk(reactor, self._service.graph.edges, redactor)
        self._add_routes(redactor)

    def _add_routes(self, redactor: Redactor) -> None:
        routes, graph = self.routes, self._service.graph
        data_dir = self._description.service.data_dir
        routes.add("GET", "/snapshot", lambda _: answer(200, self._encoded()))
        routes.add("GET", "/tables", lambda _: answer(200, self._tables()))
        LetterDesk(graph.outlets, graph.letters, self._health, data_dir, redactor).add_to(routes)
        QueueDesk(graph.outlets, data_dir, redactor).add_to(routes)
        self._taps.add_to(routes)

    def snapshot(self) -> Snapshot:
        """What is known of it now."""
        metrics = self._metrics
        metrics.refresh()
        return Snapshot(
            counts=[(name, labels, n) for (name, labels), n in metrics.counts.items()],
            gauges=list(_readings(metrics)),
            helps=metrics.helps,
            components=self._health.snapshot(),
        )

    def _encoded(self) -> bytes:
        return msgspec.msgpack.encode(self.snapshot())

    def _tables(self) -> bytes:
        self._metrics.refresh()
        return msgspec.msgpack.encode([Shown.of(table) for table in self._metrics.tables])

    async def start(self) -> None:
        """Start all. Raises StartError or ListenError; `stop` cleans up then too."""
        self._vitals.start(self._service.graph.components)
        await self._service.start()
        if self._is_first:
            await self._warn_of_orphans()
        self._health.ready = True

    async def _warn_of_orphans(self) -> None:
        data_dir, configured = self._description.service.data_dir, self._description.disk_queues
        for sentence in await asyncio.to_thread(orphans, data_dir, configured):
            log.warn("{sentence}", sentence=sentence)

    async def leave(self, hurries: asyncio.Event) -> None:
        """Others have our place: wait for senders to go, for the configured time or until told."""
        await self._service.leave(hurries)

    async def stop(self) -> None:
        """Stop all; numbers can be read until the end."""
        was_ready, self._health.ready = self._health.ready, False
        if was_ready:
            log.info(
                "stopping, {events} events to deliver, at most {seconds:.0f} s",
                events=self._service.pending,
                seconds=self._description.service.shutdown_timeout,
            )
        await self._service.stop()
        self._taps.stop()
        self._vitals.stop()
        self._logging.stop()


def _readings(metrics: Metrics) -> Iterator[Reading]:
    for gauge in metrics.gauges:
        yield Reading(gauge.name, gauge.help, gauge.labels, float(gauge.read()))
    for group in metrics.groups:
        for labels, value in group.gauges():
            yield Reading(group.name, group.help, labels, float(value))
