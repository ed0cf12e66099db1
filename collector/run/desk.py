"""The control socket's routes that are about queues and dead letters: passed on to the workers.

Each worker has files of its own, with ids of its own. To whoever asks they are one queue: the id
of a request is its worker's slot, then 40 bits of its id there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from ..inputs.web import WebRequest, WebResponse
from .routes import Routes, answer, sentence
from .worker_process import WorkerProcess

_BITS = 40
_LONGEST = 19  # digits; SQLite's are 64 bits
_OK = 200
_JSON = "application/json"
#: Of a summary: what is added up over the workers.
_SUMS = ("requests", "events", "bytes", "max_size", "in_flight")


class Desk:
    """`ready` gives the workers that can be asked."""

    def __init__(self, ready: Callable[[], Sequence[WorkerProcess]]) -> None:
        self._ready = ready

    def add_to(self, routes: Routes) -> None:
        """All routes."""
        for method, path, work in (
            ("GET", "/queue", self._queues),
            ("GET", "/queue/requests", self._requests),
            ("GET", "/queue/request", self._request),
            ("POST", "/queue/purge", self._purge),
            ("POST", "/deadletter/replay", self._replay),
        ):
            routes.add(method, path, work)

    def _worker(self, slot: int) -> WorkerProcess | None:
        return next((worker for worker in self._ready() if worker.slot >= slot), None)

    async def letters(self) -> WebResponse:
        """The last ones. A worker knows the secrets that must not be seen in them."""
        return await self._ask_one("GET", "/letters")

    async def _replay(self, request: WebRequest) -> WebResponse:
        return await self._ask_one("POST", request.path, request.query_string, request.body)

    async def _ask_one(self, *question: Any) -> WebResponse:
        """One worker answers for all: the letters are all in one file."""
        worker = self._worker(0)
        return await worker.ask(*question) if worker is not None else _nobody()

    async def _queues(self, request: WebRequest) -> WebResponse:
        found: dict[str, dict[str, Any]] = {}
        for worker in self._ready():
            said = await worker.ask("GET", request.path)
            if said.status != _OK:
                return said
            for summary in msgspec.json.decode(said.body):
                name = summary["exporter"]
                found[name] = _added(found[name], summary) if name in found else summary
        return _json(list(found.values())) if found else _nobody()

    async def _requests(self, request: WebRequest) -> WebResponse:
        """A page, of the first worker that has one after the id."""
        said = dict(request.query)
        slot, after = _split(said.get("after", "0"))
        while (worker := self._worker(slot)) is not None:
            own = after if worker.slot == slot else 0
            page = await worker.ask("GET", request.path, urlencode({**said, "after": own}))
            if page.status != _OK:
                return page
            body = msgspec.json.decode(page.body)
            if body["requests"] or self._worker(worker.slot + 1) is None:
                for each in body["requests"]:
                    each["id"] += worker.slot << _BITS
                return _json(body)
            slot, after = worker.slot + 1, 0
        return _nobody()

    async def _request(self, request: WebRequest) -> WebResponse:
        said = dict(request.query)
        slot, own = _split(said.get("id", ""))
        worker = self._worker(slot)
        if worker is None or (slot and worker.slot != slot):
            return sentence(404, f"request {said['id']} is not in the queue")
        found = await worker.ask("GET", request.path, urlencode({**said, "id": own}))
        if found.status != _OK or not worker.slot:
            return found
        record = msgspec.json.decode(found.body)
        record["id"] += worker.slot << _BITS
        return _json(record)

    async def _purge(self, request: WebRequest) -> WebResponse:
        """Of each worker what is its own."""
        try:
            order = msgspec.json.decode(request.body)
            ids = order.get("ids") or []
            slots = {id >> _BITS for id in ids}
        except (msgspec.DecodeError, UnicodeDecodeError, AttributeError, TypeError):
            order, ids, slots = None, [], set()
        total: dict[str, int] = {}
        for worker in self._ready():
            body = request.body
            if slots:
                own = [id - (worker.slot << _BITS) for id in ids if id >> _BITS == worker.slot]
                if not own:
                    continue
                body = msgspec.json.encode({**order, "ids": own})
            said = await worker.ask("POST", request.path, body=body)
            if said.status != _OK:
                return said
            for name, n in msgspec.json.decode(said.body).items():
                total[name] = total.get(name, 0) + n
        return _json(total) if total else _json({"requests": 0, "events": 0, "on_their_way": 0})


def _split(id: str) -> tuple[int, int | str]:
    """The slot, and the id there; what is no number is the worker's to refuse."""
    if not (id.isascii() and id.isdigit() and len(id) < _LONGEST):
        return 0, id
    return divmod(int(id), 1 << _BITS)


def _added(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    worse = one if one["state"] != "running" else other
    oldest = min((each for each in (one, other) if each["oldest_ns"]), default=one, key=_oldest)
    return {
        **worse,
        **{name: one[name] + other[name] for name in _SUMS},
        "oldest_ns": oldest["oldest_ns"],
        "oldest_age_seconds": oldest["oldest_age_seconds"],
    }


def _oldest(summary: dict[str, Any]) -> int:
    return int(summary["oldest_ns"])


def _json(value: Any) -> WebResponse:
    return answer(200, msgspec.json.encode(value) + b"\n", _JSON)


def _nobody() -> WebResponse:
    return sentence(503, "No worker runs: try again when one does.")
