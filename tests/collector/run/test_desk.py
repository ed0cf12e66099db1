"""Queues of several workers as one: ids, pages, sums."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from twisted.trial.unittest import TestCase

from collector.inputs.web import WebRequest, WebResponse
from collector.run.desk import Desk
from collector.run.routes import Routes, json_answer, sentence
from tests.collector.tasks import as_task

_SECOND = 1 << 40


class FakeWorker:
    """It has these ids in its queue."""

    def __init__(self, slot: int, *ids: int) -> None:
        self.slot = slot
        self.ids = list(ids)

    async def ask(self, method: str, path: str, query: str = "", body: bytes = b"") -> WebResponse:
        said = dict(parse_qsl(query))
        answers: dict[str, Any] = {
            "/queue": self.summary,
            "/queue/requests": self.page,
            "/queue/request": self.record,
            "/queue/purge": lambda _: self.purge(json.loads(body)),
            "/deadletter/replay": lambda _: json_answer(200, {"by": self.slot}),
        }
        assert method == ("POST" if body else "GET")
        found: WebResponse = answers[path](said)
        return found

    def summary(self, _: dict[str, str]) -> WebResponse:
        sums = {"requests": len(self.ids), "events": 1, "bytes": 2, "max_size": 3, "in_flight": 0}
        oldest = {"oldest_ns": self.slot or None, "oldest_age_seconds": 0.5}
        state = {"state": "held" if self.slot else "running", "reason": ""}
        return json_answer(200, [{"exporter": "e", **sums, **oldest, **state}])

    def page(self, said: dict[str, str]) -> WebResponse:
        if not said["after"].isdigit():
            return sentence(400, "expected a number for after")
        found = [{"id": id} for id in self.ids if id > int(said["after"])]
        return json_answer(200, {"requests": found[: int(said.get("limit", 9))]})

    def record(self, said: dict[str, str]) -> WebResponse:
        id = said.get("id", "")
        known = id.isdigit() and int(id) in self.ids
        return json_answer(200, {"id": int(id)}) if known else sentence(404, "not there")

    def purge(self, order: dict[str, Any]) -> WebResponse:
        gone = [id for id in self.ids if order.get("all") or id in order["ids"]]
        self.ids = [id for id in self.ids if id not in gone]
        return json_answer(200, {"requests": len(gone), "events": 0, "on_their_way": 0})


class DeskTests(TestCase):
    def setUp(self) -> None:
        self.workers = [FakeWorker(0, 1, 2), FakeWorker(1, 1, 5)]
        self.routes = Routes()
        workers: Any = self.workers
        Desk(lambda: workers).add_to(self.routes)

    async def ask(self, path: str, query: str = "", body: Any = None) -> tuple[int, Any]:
        data = b"" if body is None else json.dumps(body).encode()
        method = "GET" if body is None else "POST"
        answer: Any = self.routes(WebRequest(method, path, query, {}, "", 0, data))
        found = await answer
        return found.status, json.loads(found.body) if found.status == 200 else found.body

    async def ids(self) -> list[int]:
        found, after = list[int](), 0
        while True:
            page = await self.ask("/queue/requests", f"after={after}&limit=1")
            if not page[1]["requests"]:
                return found
            found += [each["id"] for each in page[1]["requests"]]
            after = found[-1]

    @as_task
    async def test_pages_go_through_all_of_them(self) -> None:
        self.assertEqual(await self.ids(), [1, 2, _SECOND + 1, _SECOND + 5])

    @as_task
    async def test_the_sums_are_of_all_and_the_state_is_the_worst(self) -> None:
        _, (found,) = await self.ask("/queue")
        self.assertEqual((found["requests"], found["max_size"], found["state"]), (4, 6, "held"))
        self.assertEqual(found["oldest_ns"], 1)

    @as_task
    async def test_a_request_is_found_where_it_is(self) -> None:
        self.assertEqual(
            await self.ask("/queue/request", f"id={_SECOND + 5}"), (200, {"id": _SECOND + 5})
        )
        self.assertEqual(await self.ask("/queue/request", "id=2"), (200, {"id": 2}))
        for id in ("7", str(2 * _SECOND + 1), "x", ""):
            self.assertEqual((await self.ask("/queue/request", f"id={id}"))[0], 404)

    @as_task
    async def test_what_is_taken_out_is_taken_out_where_it_is(self) -> None:
        order = {"exporter": "e", "ids": [1, _SECOND + 5]}
        self.assertEqual((await self.ask("/queue/purge", body=order))[1]["requests"], 2)
        self.assertEqual(await self.ids(), [2, _SECOND + 1])
        await self.ask("/queue/purge", body={"exporter": "e", "all": True})
        self.assertEqual(await self.ids(), [])

    @as_task
    async def test_one_replays_dead_letters(self) -> None:
        self.assertEqual(await self.ask("/deadletter/replay", body={}), (200, {"by": 0}))

    @as_task
    async def test_what_is_no_number_is_the_workers_to_refuse(self) -> None:
        self.assertEqual((await self.ask("/queue/requests", "after=x"))[0], 400)

    @as_task
    async def test_without_a_worker_that_is_said(self) -> None:
        self.workers.clear()
        for path in ("/queue", "/queue/requests"):
            self.assertEqual((await self.ask(path))[0], 503)
