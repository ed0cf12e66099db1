"""The queues in a data directory that no process uses."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping
from pathlib import Path

from ...outputs.listing import Listed, Record, Redact, Summary, age, expanded, listed, record
from ...outputs.store.directory import queue_directory
from ...outputs.store.errors import StoreError
from ...outputs.store.idle import IdleQueue
from ...outputs.store.row import Entry
from ..orphans import queue_names
from ..queue_desk import PurgeAnswer


class StoppedQueues:
    """Raises StoreError. `configured`: the sizes of those that are; None when it is not known."""

    def __init__(
        self, data_dir: Path, configured: Mapping[str, int] | None, redact: Redact = str
    ) -> None:
        self._data_dir = data_dir
        self._configured = configured
        self._redact = redact
        #: What was passed over because it cannot be read, a sentence each.
        self.damage: list[str] = []

    @property
    def names(self) -> list[str]:
        """Of the exporters, configured or not."""
        return queue_names(self._data_dir)

    def summaries(self, but: Container[str]) -> list[Summary]:
        """All `but` these."""
        return [self._summary(name) for name in self.names if name not in but]

    def _summary(self, exporter: str) -> Summary:
        configured, queue = self._configured, self._queue(exporter)
        is_known = configured is None or exporter in configured
        summary = Summary(
            exporter=exporter,
            type="disk",
            directory=str(queue.directory),
            requests=0,
            events=0,
            bytes=0,
            max_size=(configured or {}).get(exporter),
            state="stopped" if is_known else "not configured",
        )
        try:
            found = queue.totals()
        except StoreError as e:
            summary.reason = str(e)
            return summary
        summary.requests, summary.events, summary.bytes, oldest_ns = found
        summary.oldest_ns, summary.oldest_age_seconds = age(oldest_ns)
        summary.reason = "; ".join(f"damaged: {text}" for text in queue.damage)
        return summary

    def entries(self, exporter: str) -> Iterator[Listed]:
        """What is in a queue, by id."""
        queue = self._queue(exporter)
        for entry in queue.entries():
            yield listed(entry, self._redact)
        self.damage += queue.damage

    def record(self, exporter: str, id: int) -> Record | None:
        """One request, its body expanded; None when it is not there."""
        queue = self._queue(exporter)
        found = [record(entry, expanded(r), self._redact) for entry, r in queue.requests(id)]
        self.damage += queue.damage
        return found[0] if found else None

    def records(self, exporter: str, id: int | None) -> Iterator[Record]:
        """One or all of them as they are stored."""
        queue = self._queue(exporter)
        for entry, request in queue.requests(id):
            yield record(entry, request, self._redact)
        self.damage += queue.damage

    def purge(self, exporter: str, ids: Collection[int] | None) -> PurgeAnswer:
        """Take out all, or these."""
        queue = self._queue(exporter)
        gone: list[Entry] = queue.purge(ids)
        self.damage += queue.damage
        return PurgeAnswer(len(gone), sum(entry.events for entry in gone), 0)

    def _queue(self, exporter: str) -> IdleQueue:
        return IdleQueue(queue_directory(self._data_dir, exporter))
