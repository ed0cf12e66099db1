"""What components show in rows, of all workers together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from ..inputs.web import WebRequest, WebResponse
from ..metrics import Table
from .routes import Routes, json_answer
from .worker_process import WorkerProcess, ask_all

_OK = 200


class Shown(msgspec.Struct):
    """A table as it is now."""

    kind: str
    id: str
    name: str
    help: str
    rows: Sequence[Mapping[str, Any]]

    @classmethod
    def of(cls, table: Table) -> Shown:
        """Read it."""
        return cls(table.kind, table.id, table.name, table.help, table.read())


class Tables:
    """`ready` gives the workers that can be asked."""

    def __init__(self, ready: Callable[[], Sequence[WorkerProcess]]) -> None:
        self._ready = ready

    def add_to(self, routes: Routes) -> None:
        """The route."""
        routes.add("GET", "/tables", self._tables)

    async def _tables(self, _: WebRequest) -> WebResponse:
        workers = self._ready()
        said = await ask_all(workers, "/tables")
        found = {
            worker.slot: msgspec.msgpack.decode(answer.body, type=list[Shown])
            for worker, answer in zip(workers, said, strict=True)
            if answer.status == _OK
        }
        return json_answer(200, {"tables": [msgspec.to_builtins(each) for each in together(found)]})


def together(found: Mapping[int, Sequence[Shown]]) -> Iterable[Shown]:
    """The tables of workers, by slot, each once; of several workers, rows say whose they are."""
    tables: dict[tuple[str, str, str], Shown] = {}
    for slot, shown in found.items():
        for each in shown:
            rows = each.rows
            if len(found) > 1:
                rows = [{**row, "worker": slot} for row in rows]
            key = (each.kind, each.id, each.name)
            before = tables[key].rows if key in tables else ()
            tables[key] = msgspec.structs.replace(each, rows=[*before, *rows])
    return tables.values()
