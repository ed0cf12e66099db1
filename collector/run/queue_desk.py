"""The control socket's routes for the queues of a running collector: to look, and to purge."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ..inputs.web import WebRequest, WebResponse
from ..outputs.disk_queue import DiskQueue
from ..outputs.listing import Listed, Redact, Summary, age, expanded, listed, record
from ..outputs.outlet import Outlet
from ..outputs.store.directory import queue_directory
from ..outputs.store.errors import Damaged, StoreError
from ..outputs.store.row import Entry
from .health import outlet_reading
from .routes import Routes, answer, sentence

#: Requests in one answer at most: 10,000 at once would keep the loop for 0.2 s.
MOST = 1000
_JSON = "application/json"


class Page(msgspec.Struct):
    """Some of what is in a queue, by id; the next one is that after its last."""

    requests: list[Listed]


class PurgeOrder(msgspec.Struct, forbid_unknown_fields=True):
    """What to take out: these ids, or all."""

    exporter: str
    ids: list[int] = []
    all: bool = False


class PurgeAnswer(msgspec.Struct):
    """What was taken out, and how many requests of these were not: they were on their way."""

    requests: int
    events: int
    on_their_way: int


class _Refused(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class QueueDesk:
    """Answers for these outlets. `redact` takes the secrets out of what is shown, not of bodies."""

    def __init__(self, outlets: Mapping[str, Outlet], data_dir: Path, redact: Redact) -> None:
        self._outlets = outlets
        self._data_dir = data_dir
        self._redact = redact

    def add_to(self, routes: Routes) -> None:
        """All routes."""
        routes.add("GET", "/queue", lambda _: _json([*map(self._summary, self._outlets)]))
        for method, path, work in (
            ("GET", "/queue/requests", self._page),
            ("GET", "/queue/request", self._record),
            ("POST", "/queue/purge", self._purge),
            ("POST", "/queue/adopt", self._adopt),
        ):
            routes.add(method, path, _guarded(work))

    def _summary(self, id: str) -> Summary:
        outlet = self._outlets[id]
        queue, reading = outlet.queue, outlet_reading(outlet)
        oldest_ns, seconds = age(outlet.sender.oldest_ns)
        return Summary(
            exporter=id,
            type="disk" if queue.is_durable else "memory",
            directory=str(queue_directory(self._data_dir, id)) if queue.is_durable else None,
            requests=queue.waiting,
            events=outlet.queued,
            bytes=queue.bytes,
            max_size=outlet.capacity,
            in_flight=outlet.in_flight,
            oldest_ns=oldest_ns,
            oldest_age_seconds=seconds,
            state=reading.state,
            reason=self._redact(reading.reason),
        )

    async def _page(self, request: WebRequest) -> WebResponse:
        said = dict(request.query)
        after = _number(said, "after", 0)
        limit = min(MOST, _number(said, "limit", MOST))
        queue = self._disk_queue(said.get("exporter"))
        entries, waiting = await queue.page(after, limit), queue.waiting_ids
        found = (listed(entry, self._redact, waits=entry.id in waiting) for entry in entries)
        return _json(Page(list(found)))

    async def _record(self, request: WebRequest) -> WebResponse:
        """`stored=1`: as it is stored, which may be compressed."""
        said = dict(request.query)
        queue, id = self._disk_queue(said.get("exporter")), _number(said, "id")
        found = [entry for entry in await queue.page(id - 1, 1) if entry.id == id]
        if not found:
            raise _Refused(404, f"request {id} is not in the queue")
        whole, is_stored = await queue.request(id), _number(said, "stored", 0) > 0

        def encoded(entry: Entry) -> bytes:
            body = whole if is_stored else expanded(whole)
            return msgspec.json.encode(record(entry, body, self._redact))

        return answer(200, await asyncio.to_thread(encoded, found[0]), _JSON)  # it may be 16 MB

    async def _purge(self, request: WebRequest) -> WebResponse:
        try:
            order = msgspec.json.decode(request.body, type=PurgeOrder)
        except (msgspec.DecodeError, UnicodeDecodeError) as e:
            raise _Refused(400, f"expected exporter and ids, or all: {e}") from e
        if bool(order.ids) == order.all:
            raise _Refused(400, "expected either ids or all")
        outlet = self._outlet(order.exporter)
        purged = outlet.purge(None if order.all else frozenset(order.ids))
        return _json(PurgeAnswer(*purged))

    async def _adopt(self, _: WebRequest) -> WebResponse:
        """The supervisor says it when a worker is gone."""
        for outlet in self._outlets.values():
            if isinstance(outlet.queue, DiskQueue):
                await outlet.queue.adopt()
        return _json(True)

    def _outlet(self, exporter: str | None) -> Outlet:
        outlet = self._outlets.get(exporter or "")
        if outlet is None:
            known = ", ".join(self._outlets)
            raise _Refused(404, f"there is no such exporter; known here: {known}")
        return outlet

    def _disk_queue(self, exporter: str | None) -> DiskQueue:
        queue = self._outlet(exporter).queue
        if not isinstance(queue, DiskQueue):
            raise _Refused(409, f"the queue of {exporter} is in memory: only one on the disk shows")
        return queue


def _guarded(
    work: Callable[[WebRequest], Coroutine[Any, Any, WebResponse]],
) -> Callable[[WebRequest], Coroutine[Any, Any, WebResponse]]:
    async def guarded(request: WebRequest) -> WebResponse:
        try:
            return await work(request)
        except _Refused as e:
            return sentence(e.status, str(e))
        except Damaged as e:
            return sentence(404, f"{e}; what is left of it is beside the queue")
        except StoreError as e:
            return sentence(503, str(e))

    return guarded


def _number(said: Mapping[str, str], name: str, default: int | None = None) -> int:
    text = said.get(name, "" if default is None else str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 19):  # SQLite's are 64 bits
        raise _Refused(400, f"expected a number for {name}")
    return int(text)


def _json(value: Any) -> WebResponse:
    return answer(200, msgspec.json.encode(value) + b"\n", _JSON)
