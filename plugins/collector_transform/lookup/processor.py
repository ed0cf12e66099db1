"""The lookup processor: puts columns of a table into the attributes of events."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

from twisted.internet.defer import Deferred

from collector.api import Batch, Context, Event, Processor, spawn, wait

from ..expressions import Look, values
from ..ottl.values import text_of
from ..program import ERRORS
from .file import WatchedFile
from .index import Find, finding
from .options import Lookup, LookupConfig, Source
from .table import BadTable, Row, rows


class LookupProcessor(Processor[LookupConfig]):
    """Holds the table in memory, and looks every `reload_interval` whether the file is another."""

    counters: ClassVar[dict[str, str]] = {
        "lookup_reloads": "Times the file was another one, by outcome: loaded or failed.",
        "lookup_misses": "Events for which no row was found, by lookup.",
        **ERRORS,
    }

    def __init__(self, config: LookupConfig, context: Context) -> None:
        super().__init__(config, context)
        columns = config.columns()
        self._asked = [
            _Asked(one, columns, Look(values(f"lookups[{n}].key", (one.key,)), context))
            for n, one in enumerate(config.lookups)
        ]
        self._file = WatchedFile(config.source.path, config.source.max_size)
        self._size = 0
        self._looking: Deferred[None] | None = None
        self._ended = False
        context.gauge("lookup_rows", "Rows of the table in use.", lambda: self._size)

    async def start(self) -> None:
        """See `Component`. Raises BadTable."""
        try:
            await self._renew()
        except BadTable as e:
            raise BadTable(f"{self.config.source.path}: {e}") from None
        self.tick_after(self.config.source.reload_interval)

    def process(self, batch: Batch) -> Batch:
        """See `Processor`."""
        for n, asked in enumerate(self._asked):
            misses = asked.put(batch.events)
            if misses:
                self.context.count("lookup_misses", misses, lookup=f"lookups[{n}]")
        return batch

    def tick(self, now: float) -> None:
        """See `Processor`."""
        self._looking = spawn(self._look())

    def flush(self) -> None:
        """See `Processor`: no look begins after this."""
        self._ended = True

    async def stop(self) -> None:
        """See `Component`."""
        self._ended = True
        if self._looking is not None:
            self._looking.cancel()
            await wait(self._looking.addErrback(lambda _: None))

    async def _look(self) -> None:
        try:
            changed = await self._renew()
        except BadTable as e:
            self.context.count("lookup_reloads", outcome="failed")
            self.context.log.warn(
                "{id}: still with the last table, for {path} is no good now: {reason}",
                id=self.context.id,
                path=str(self.config.source.path),
                reason=str(e),
            )
        else:
            if changed:
                self.context.count("lookup_reloads", outcome="loaded")
                self.context.log.info(
                    "{id}: a new table with {rows} rows was read",
                    id=self.context.id,
                    rows=self._size,
                )
        self._looking = None
        if not self._ended:
            self.tick_after(self.config.source.reload_interval)

    async def _renew(self) -> bool:
        """Whether there is another table now. Raises BadTable; the last one stays then."""
        loaded = await asyncio.to_thread(
            _loaded, self._file, self.config.source, self.config.columns(), self.config.lookups
        )
        if loaded is None:
            return False
        self._size, finds = loaded
        for asked, find in zip(self._asked, finds, strict=True):
            asked.find = find
        return True


class _Asked:
    """One lookup on its way: events come in, and have attributes of their rows after."""

    def __init__(self, lookup: Lookup, columns: Sequence[str], look: Look) -> None:
        self.find: Find = lambda _: None
        self._look = look
        self._copies = [
            (columns.index(one.source), one.destination, one.default) for one in lookup.attributes
        ]
        self._nothing = (None,) * len(columns)

    def put(self, events: list[Event]) -> int:
        """How many of the events have no row."""
        misses = 0
        for event, (key,) in zip(events, self._look.at(events), strict=True):
            row = self._row(key)
            if row is None:
                misses += 1
                row = self._nothing
            attributes = event.attributes
            for n, destination, default in self._copies:
                cell = row[n]
                if cell is None:
                    cell = default
                if cell is not None:
                    attributes[destination] = cell
        return misses

    def _row(self, key: Any) -> Row | None:
        if type(key) is str:
            return self.find(key)
        return self.find(text_of(key)) if isinstance(key, int | float) else None


def _loaded(
    file: WatchedFile, source: Source, columns: Sequence[str], lookups: Sequence[Lookup]
) -> tuple[int, list[Find]] | None:
    """How many rows there are, and what finds them for each lookup. For a thread."""
    data = file.changed()
    if data is None:
        return None
    found = rows(data, source.type, source.key, columns)
    by_match = {match: finding(found, match) for match in {one.match for one in lookups}}
    return len(found), [by_match[one.match] for one in lookups]
