"""Taps of several workers together, and whose questions are not taken."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
from twisted.trial.unittest import TestCase

from collector.inputs.web import WebRequest, WebResponse
from collector.run.routes import Routes, answer, sentence
from collector.run.taps import Tapped, Taps
from tests.collector.tasks import as_task


class Worker:
    def __init__(self, said: WebResponse) -> None:
        self.said = said
        self.asked: list[dict[str, str]] = []

    async def ask(self, method: str, path: str, query: str, patience: float) -> WebResponse:
        self.asked.append(dict(WebRequest(method, path, query, {}, "", 0, b"").query))
        return self.said


def saying(*lines: tuple[int, str], left_out: int = 0) -> Worker:
    return Worker(answer(200, msgspec.json.encode(Tapped(list(lines), left_out))))


class TapsTests(TestCase):
    async def ask(
        self, *workers: Any, query: str = "id=1&edge=syslog", **headers: str
    ) -> WebResponse:
        routes = Routes()
        Taps(lambda: workers).add_to(routes)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        found: Any = routes(WebRequest("GET", "/tap", query, named, "", 0, b""))
        response: WebResponse = await found
        return response

    @as_task
    async def test_lines_of_all_are_in_the_order_of_their_times(self) -> None:
        one, two = saying((1, "a"), (4, "d"), left_out=2), saying((2, "b"), (3, "c"), left_out=1)
        said = await self.ask(one, two)
        self.assertEqual(orjson.loads(said.body), {"events": ["a", "b", "c", "d"], "left_out": 3})

    @as_task
    async def test_each_gets_its_share_of_the_rate(self) -> None:
        workers = saying(), saying(), saying()
        await self.ask(*workers, query="id=1&edge=syslog&rate=10&where=a+%26+b")
        for worker in workers:
            asked = {"id": "1", "edge": "syslog", "where": "a & b", "rate": "4"}
            self.assertEqual(worker.asked, [asked])

    @as_task
    async def test_a_refusal_of_one_is_the_answer(self) -> None:
        said = await self.ask(saying(), Worker(sentence(404, "no such component")))
        self.assertEqual((said.status, said.body), (404, b"no such component\n"))

    @as_task
    async def test_one_that_does_not_answer_hides_no_other(self) -> None:
        stuck = Worker(sentence(503, "A worker does not answer."))
        self.assertEqual((await self.ask(stuck, saying((1, "a")))).status, 200)
        self.assertEqual((await self.ask(stuck)).status, 503)
        self.assertEqual((await self.ask()).status, 503)

    @as_task
    async def test_a_bad_question_is_refused_before_anybody_is_asked(self) -> None:
        worker = saying()
        for query in (
            "edge=syslog",
            "id=1",
            "id=1&edge=a&rate=0",
            "id=1&edge=a&rate=x",
            "id=1&edge=a&rate=100000",
            "id=1&edge=a&who=1",
            f"id={'1' * 65}&edge=a",
            f"id=1&edge=a&where={'x' * 5000}",
        ):
            self.assertEqual((await self.ask(worker, query=query)).status, 400, query)
        self.assertEqual(worker.asked, [])

    @as_task
    async def test_pages_of_other_sites_open_nothing(self) -> None:
        worker = saying()
        for site in ("cross-site", "same-site", "?"):
            self.assertEqual((await self.ask(worker, sec_fetch_site=site)).status, 403)
        self.assertEqual(worker.asked, [])
        for site in ("same-origin", "none"):
            self.assertEqual((await self.ask(worker, sec_fetch_site=site)).status, 200)
