"""The status page's files, and the answers that they ask for."""

from __future__ import annotations

import re

import orjson
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from collector.run.admin import Admin
from collector.run.history import History
from collector.run.routes import json_answer
from collector.run.status import Status
from collector.run.status_page import StatusPage, paths
from collector.tasks import spawn
from tests.collector.run.test_admin import AdminTests

_LINKS = re.compile(rb"""(?:href|src|from) ?=? ?"(?:\./)?([\w.]+)\"""")
_FOR_PROGRAMS = {"healthz", "readyz", "metrics", "status", "tables"}


class StatusPageTests(AdminTests):
    async def start(self, endpoint: str = "127.0.0.1:0", token: str | None = None) -> None:
        status = Status(self.look, "a.yaml")
        history = History(reactor, status.now)
        page = StatusPage(
            status, history, lambda: b'{"service": {}}', lambda: json_answer(200, {"letters": []})
        )
        self.admin = Admin(reactor, self.look, endpoint, token or "", page)
        self.addCleanup(lambda: spawn(self.admin.stop()))
        await self.admin.start()

    def test_whatever_a_file_names_is_there(self) -> Deferred[None]:
        async def go() -> None:
            await self.start()
            named: set[str] = set()
            for path in paths():
                status, headers, body = await self.ask(path)
                self.assertEqual(status, 200)
                self.assertIn("script-src 'self'", headers["content-security-policy"])
                named |= {link.decode() for link in _LINKS.findall(body)}
            self.assertEqual(named - _FOR_PROGRAMS, {path[1:] for path in paths()} - {""})

        return spawn(go())

    def test_answers_what_it_asks_for(self) -> Deferred[None]:
        async def go() -> None:
            await self.start()
            for path, key in (("/status", "components"), ("/history", "series")):
                status, headers, body = await self.ask(path)
                self.assertEqual((status, headers["content-type"]), (200, "application/json"))
                self.assertIn(key, orjson.loads(body))
            self.assertEqual(orjson.loads((await self.ask("/config"))[2]), {"service": {}})
            self.assertEqual(orjson.loads((await self.ask("/letters"))[2]), {"letters": []})

        return spawn(go())

    def test_its_files_need_no_token_and_what_they_show_does(self) -> Deferred[None]:
        async def go() -> None:
            await self.start("0.0.0.0:0", "canary-of-the-page")
            for path in paths():
                status, _, body = await self.ask(path)
                self.assertEqual(status, 200)
                self.assertNotIn(b"canary", body)
            for path in ("/status", "/history", "/config", "/letters"):
                self.assertEqual((await self.ask(path))[0], 401)
                said = {"Authorization": "Bearer canary-of-the-page"}
                self.assertEqual((await self.ask(path, **said))[0], 200)

        return spawn(go())

    def test_nothing_makes_markup_or_code_of_text(self) -> None:
        for path, (_, body) in paths().items():
            for way in (b"innerHTML", b"outerHTML", b"insertAdjacent", b"eval(", b"document.write"):
                self.assertNotIn(way, body, path)
            self.assertNotRegex(body, rb"<script>| on\w+=| style=", path)
