"""The lookup processor: puts columns of a table into the attributes of events."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from twisted.internet.defer import Deferred

from collector.api import Batch, Context, Event, Processor, spawn, wait

from ..ottl.values import text_of
from ..program import Failures, program
from .file import WatchedFile
from .index import Find, finding
from .options import Lookup, LookupConfig, Source
from .table import BadTable, rows


class LookupProcessor(Processor[LookupConfig]):
    """Holds the table in memory, and looks every `reload_interval` whether the file is another."""

    counters: ClassVar[dict[str, str]] = {
        "lookup_reloads": "Times the file was another one, by outcome: loaded or failed.",
        "lookup_misses": "Events for which no row was found, by lookup.",
        "statement_errors": "Events on which a key failed, by its place.",
    }

    def __init__(self, config: LookupConfig, context: Context) -> None:
        super().__init__(config, context)
        columns = config.columns()
        self._asked = [_Asked(one, columns) for one in config.lookups]
        takes = zip(config.groups(), self._asked, strict=True)
        made = program([replace(group, take=asked.take) for group, asked in takes])
        self._run = made.run
        self._failures = Failures(made.parts, context)
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
        batch.events = self._run(batch.events, self._failures.failed, [])
        self._failures.tell()
        for n, asked in enumerate(self._asked):
            if asked.misses:
                self.context.count("lookup_misses", asked.misses, lookup=f"lookups[{n}]")
                asked.misses = 0
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
    """One lookup on its way: what to look for comes in, attributes go into the event."""

    def __init__(self, lookup: Lookup, columns: Sequence[str]) -> None:
        self.find: Find = lambda _: None
        self.misses = 0
        self._copies = [
            (columns.index(one.source), one.destination, one.default) for one in lookup.attributes
        ]
        self._nothing = (None,) * len(columns)

    def take(self, event: Event, key: Any) -> None:
        """Called for each event. Raises Failed."""
        row = None
        if type(key) is str:
            row = self.find(key)
        elif isinstance(key, int | float):
            row = self.find(text_of(key))
        if row is None:
            self.misses += 1
            row = self._nothing
        attributes = event.attributes
        for n, destination, default in self._copies:
            cell = row[n]
            if cell is None:
                cell = default
            if cell is not None:
                attributes[destination] = cell


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
