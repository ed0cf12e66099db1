"""The control socket's routes for queues: what they show, refuse and take out."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import msgspec
import pytest
from twisted.trial.unittest import TestCase

from collector.inputs.web import WebRequest, WebResponse
from collector.outputs.disk_queue import DiskQueue
from collector.outputs.options import OutletOptions, RetryOptions
from collector.outputs.outlet import Outlet
from collector.outputs.store.store import Store
from collector.request import Hold, Request
from collector.run.queue_desk import MOST, QueueDesk
from collector.run.routes import Routes
from collector.tasks import spawn
from collector.testing import ScriptedExporter, context
from tests.collector.tasks import as_task

CANARY = "dt0c01.CANARY"


def redacted(text: str) -> str:
    return text.replace(CANARY, "***")


class QueueDeskTests(TestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.outlets: dict[str, Outlet] = {}
        self.routes = Routes()
        QueueDesk(self.outlets, Path("data"), redacted).add_to(self.routes)

    def tearDown(self) -> Any:
        async def stop() -> None:
            for outlet in self.outlets.values():
                await outlet.stop()

        return spawn(stop())

    async def hold(self, *requests: Request) -> Outlet:
        """An exporter on hold with these in its queue, and one whose queue is in memory."""
        store = Store.open(self.directory, encoder="1", reserve=0)
        ids = store.commit(requests, [])
        store.attempted(ids[-1:], f"401: {CANARY}")
        store.close()
        from twisted.internet import reactor

        def queue(outlet: Outlet) -> DiskQueue:
            return DiskQueue(
                lambda: Store.open(self.directory, encoder="1", reserve=0),
                exporter.context,
                1 << 30,
                "1",
                outlet.changed,
                outlet.no_room,
            )

        exporter = ScriptedExporter(context("exporter", "dt", reactor), [Hold(CANARY)] * 9)
        memory = ScriptedExporter(context("exporter", "memory", reactor))
        options = OutletOptions(retry=RetryOptions(hold_interval=3600.0))
        self.outlets["dt"] = outlet = Outlet(exporter, options, queue=queue)
        self.outlets["memory"] = Outlet(memory, options)
        outlet.sender.trouble.hold(CANARY)
        await outlet.start()
        return outlet

    async def ask(self, path: str, body: Any = None, method: str = "") -> WebResponse:
        where, _, query = path.partition("?")
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        method = method or ("GET" if body is None else "POST")
        answer: Any = self.routes(WebRequest(method, where, query, {}, "", 0, raw))
        found: WebResponse = answer if isinstance(answer, WebResponse) else await answer
        return found

    async def get(self, path: str, body: Any = None) -> Any:
        response = await self.ask(path, body)
        self.assertEqual(response.status, 200, response.body)
        self.assertNotIn(CANARY.encode(), response.body)
        return msgspec.json.decode(response.body)

    @as_task
    async def test_every_queue_is_listed(self) -> None:
        await self.hold(*(Request(body=b"x" * 10, events=2, oldest_ns=9) for _ in range(3)))
        disk, memory = await self.get("/queue")
        self.assertGreater(disk.pop("oldest_age_seconds"), 1e9)
        self.assertEqual(
            disk,
            {
                "exporter": "dt",
                "type": "disk",
                "directory": "data/queue/dt",
                "requests": 3,
                "events": 6,
                "bytes": 30,
                "max_size": 1 << 30,
                "in_flight": 0,
                "oldest_ns": 9,
                "state": "held",
                "reason": "***",
            },
        )
        self.assertEqual((memory["type"], memory["directory"]), ("memory", None))

    @as_task
    async def test_requests_come_in_pages_by_id(self) -> None:
        await self.hold(*(Request(body=b"x", events=1) for _ in range(5)))
        page = (await self.get("/queue/requests?exporter=dt&limit=3"))["requests"]
        self.assertEqual([each["id"] for each in page], [1, 2, 3])
        page = (await self.get("/queue/requests?exporter=dt&after=3"))["requests"]
        self.assertEqual([each["id"] for each in page], [4, 5])
        self.assertEqual([each["last_error"] for each in page], ["", "401: ***"])
        self.assertEqual([each["attempts"] for each in page], [0, 1])

    @pytest.mark.untraced
    @as_task
    async def test_10_000_are_told_a_thousand_at_a_time(self) -> None:
        await self.hold(*(Request(body=b"x", events=1) for _ in range(10_000)))
        ids: list[int] = []
        while page := (await self.get(f"/queue/requests?exporter=dt&limit=99999&after={len(ids)}"))[
            "requests"
        ]:
            self.assertEqual(len(page), MOST)
            ids += (each["id"] for each in page)
        self.assertEqual(ids, list(range(1, 10_001)))

    @as_task
    async def test_a_request_is_expanded_or_as_it_is_stored(self) -> None:
        packed = gzip.compress(b"[{}]")
        headers = (("Content-Type", "application/json"),)
        await self.hold(Request(body=packed, events=1, headers=headers, encoding="gzip"))
        found = await self.get("/queue/request?exporter=dt&id=1")
        self.assertEqual((found["body"], found["encoding"]), ("[{}]", ""))
        self.assertEqual(found["headers"], [["Content-Type", "application/json"]])
        found = await self.get("/queue/request?exporter=dt&id=1&stored=1")
        self.assertEqual(found["encoding"], "gzip")
        self.assertIn("body_base64", found)

    @as_task
    async def test_what_is_purged_is_gone(self) -> None:
        outlet = await self.hold(*(Request(body=b"x", events=2) for _ in range(4)))
        some = await self.get("/queue/purge", {"exporter": "dt", "ids": [2, 77]})
        self.assertEqual(some, {"requests": 1, "events": 2, "on_their_way": 0})
        page = (await self.get("/queue/requests?exporter=dt"))["requests"]
        self.assertEqual([each["id"] for each in page], [1, 3, 4])
        rest = await self.get("/queue/purge", {"exporter": "dt", "all": True})
        self.assertEqual(rest["requests"], 3)
        self.assertEqual(outlet.pending, 0)
        everything = await self.get("/queue/purge", {"exporter": "memory", "all": True})
        self.assertEqual(everything["requests"], 0)

    @as_task
    async def test_what_is_damaged_is_said_and_set_aside(self) -> None:
        outlet = await self.hold(Request(body=b"x", events=1))
        queue: Any = outlet.queue
        file = queue._thread._store._file
        file.db.execute("UPDATE body SET data=x'00'")
        response = await self.ask("/queue/request?exporter=dt&id=1")
        self.assertEqual(response.status, 404)
        self.assertIn(b"damaged", response.body)

    @as_task
    async def test_what_makes_no_sense_is_refused(self) -> None:
        await self.hold(Request(body=b"x", events=1))
        for status, path, body in (
            (404, "/queue/requests", None),
            (404, "/queue/requests?exporter=other", None),
            (404, "/queue/request?exporter=dt&id=2", None),
            (409, "/queue/requests?exporter=memory", None),
            (400, "/queue/requests?exporter=dt&after=-1", None),
            (400, "/queue/requests?exporter=dt&limit=%C2%B2", None),
            (400, f"/queue/request?exporter=dt&id={'9' * 30}", None),
            (400, "/queue/request?exporter=dt", None),
            (400, "/queue/purge", b""),
            (400, "/queue/purge", b'{"exporter": "\xff"}'),
            (400, "/queue/purge", {"exporter": "dt"}),
            (400, "/queue/purge", {"exporter": "dt", "ids": [1], "all": True}),
            (400, "/queue/purge", {"exporter": "dt", "ids": ["1"]}),
            (400, "/queue/purge", {"exporter": "dt", "every": True}),
            (404, "/queue/purge", {"exporter": "other", "all": True}),
        ):
            response = await self.ask(path, body)
            self.assertEqual(response.status, status, (path, body, response.body))
        self.assertEqual(self.outlets["dt"].queue.waiting, 1)

    @as_task
    async def test_a_stopped_exporter_says_so(self) -> None:
        outlet = await self.hold(Request(body=b"x", events=1))
        await outlet.stop()
        order = {"exporter": "dt", "all": True}
        self.assertEqual((await self.ask("/queue/purge", order)).status, 503)
        self.assertEqual((await self.ask("/queue/requests?exporter=dt")).status, 503)
