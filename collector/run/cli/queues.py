"""All queues of a place: those of a collector that runs, and those that nobody has open."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

from ...outputs.listing import Listed, Record, Summary
from ...outputs.store.errors import StoreError
from ..control_client import NotRunning
from ..hidden import secrets_in
from ..queue_desk import PurgeAnswer
from ..redactor import Redactor
from .place import Place
from .running_queues import RunningQueues
from .stopped_queues import StoppedQueues


class QueueAccess(Protocol):
    """How queues are reached. Raises ControlError or StoreError."""

    #: Sentences about what was passed over because it cannot be read.
    damage: list[str]

    def entries(self, exporter: str) -> Iterator[Listed]:
        """What is in a queue, by id."""
        ...

    def record(self, exporter: str, id: int) -> Record | None:
        """One request, its body expanded; None when it is not there."""
        ...

    def records(self, exporter: str, id: int | None) -> Iterator[Record]:
        """One or all of them as they are stored."""
        ...

    def purge(self, exporter: str, ids: Collection[int] | None) -> PurgeAnswer:
        """Take out all that waits, or these."""
        ...


class Queues:
    """Finds out whether a collector runs. Raises ControlError."""

    def __init__(self, place: Place) -> None:
        description = place.description
        try:
            self._running: RunningQueues | None = RunningQueues(place.data_dir)
        except NotRunning:
            self._running = None
        self._types = {each.exporter: each.type for each in self._live}
        configured = description.disk_queues if description else None
        if self._running:
            configured = dict.fromkeys(self._on_disk, 0)
        redact = Redactor(secrets_in(description))
        self._stopped = StoppedQueues(place.data_dir, configured, redact)

    @property
    def _live(self) -> list[Summary]:
        return self._running.summaries if self._running else []

    @property
    def _on_disk(self) -> list[str]:
        return [exporter for exporter, kind in self._types.items() if kind == "disk"]

    def summaries(self) -> list[Summary]:
        """Every queue."""
        return [*self._live, *self._stopped.summaries(but=self._on_disk)]

    def of(self, exporter: str) -> QueueAccess:
        """The way to the queue of an exporter. Raises StoreError when there is none.

        Where the exporter has one in memory now, what an earlier one left on the disk counts.
        """
        if self._running and self._types.get(exporter) == "disk":
            return self._running
        if exporter in self._stopped.names:
            return self._stopped
        if self._running and exporter in self._types:
            return self._running
        known = ", ".join(dict.fromkeys((*self._types, *self._stopped.names))) or "none"
        raise StoreError(f"there is no queue of {exporter}; known here: {known}")
