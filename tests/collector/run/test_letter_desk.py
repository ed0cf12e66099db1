"""A worker shows its last dead letters, and replays them, those of an exporter one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from collector.inputs.web import WebRequest
from collector.letter import Letter
from collector.outputs.letters.file import LetterFile
from collector.outputs.letters.names import path_of
from collector.run.health import Health
from collector.run.letter_desk import LetterDesk
from collector.run.redactor import Redactor
from collector.run.routes import Routes
from collector.tasks import spawn, wait
from collector.testing import ScriptedExporter, context, outlet
from tests.collector.tasks import as_task, turns


class LetterDeskTests(TestCase):
    def setUp(self) -> None:
        self.data_dir = Path(self.mktemp())
        self.file = LetterFile(path_of(self.data_dir, "exporter", "dt"), "dt")
        self.exporter = ScriptedExporter(context("exporter", "dt", letters=self.file))
        self.outlet = outlet(self.exporter)
        self.addCleanup(lambda: spawn(self.outlet.stop()))
        self.routes = Routes()
        self.health = Health(self.exporter.context.reactor)
        self.health.ready = True
        files = {("exporter", "dt"): self.file}
        desk = LetterDesk(
            {"dt": self.outlet}, files, self.health, self.data_dir, Redactor(["CANARY" * 10])
        )
        desk.add_to(self.routes)
        self.file.write([Letter(row=row, reason="poison", format="1") for row in (b"a", b"b")])

    async def ask(self, body: Any) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        asked: Any = self.routes(WebRequest("POST", "/deadletter/replay", "", {}, "", 0, data))
        answer = await asked
        is_json = answer.headers["Content-Type"] == "application/json"
        return answer.status, orjson.loads(answer.body) if is_json else answer.body.decode()

    @as_task
    async def test_the_last_are_shown_the_newest_first_without_secrets(self) -> None:
        for id_, time, row in (("a", 1 << 62, b"\x1b[31m\xff" + b"x" * 2000), ("b", 1, b"")):
            secret = b"y" * (985 - len(row)) + b"CANARY" * 10
            file = LetterFile(path_of(self.data_dir, "exporter", id_), id_, 1 << 20, str)
            file.write([Letter(row=row + secret, reason="poison", text="no \x07", time=time)])
        asked: Any = self.routes(WebRequest("GET", "/letters", "", {}, "", 0, b""))
        said = orjson.loads((await asked).body)["letters"]
        self.assertEqual([each["id"] for each in said], ["a", "dt", "dt", "b"])
        self.assertTrue(said[0]["row"].startswith(r"\x1b[31m\xff"), said[0]["row"])
        self.assertLess(len(said[0]["row"]), 1100)
        self.assertEqual((said[-1]["row"][980:], said[-1]["text"]), ("yyyyy***", r"no \x07"))

    @as_task
    async def test_it_says_what_was_replayed_and_what_is_left(self) -> None:
        said = await self.ask({"exporter": "dt", "selection": {"contains": "a"}})
        self.assertEqual(said, (200, {"replayed": 1, "left": 1, "trouble": ""}))
        self.assertEqual(self.exporter.rows, ["a"])

    @as_task
    async def test_a_second_one_has_to_wait(self) -> None:
        gate: Deferred[None] = Deferred()
        self.exporter.script = [gate]
        first = spawn(self.ask({"exporter": "dt", "selection": {}}))
        while not self.exporter.tries:
            await turns()
        status, said = await self.ask({"exporter": "dt", "selection": {}})
        self.assertEqual((status, said), (409, "a replay of dt is under way: wait for its end\n"))
        gate.callback(None)
        self.assertEqual((await wait(first))[1]["replayed"], 2)
        self.assertEqual((await self.ask({"exporter": "dt", "selection": {}}))[0], 200)

    @as_task
    async def test_there_is_none_before_all_has_started_or_at_the_end(self) -> None:
        self.health.ready = False
        status, said = await self.ask({"exporter": "dt", "selection": {}})
        self.assertEqual((status, self.exporter.tries), (503, []))
        self.assertIn("starting or stopping", said)

    @as_task
    async def test_what_makes_no_sense_is_refused_with_a_sentence(self) -> None:
        for body in (b"", b"\xff", b"[]", {"exporter": "dt"}, {"exporter": "dt", "selection": 1}):
            status, said = await self.ask(body)
            self.assertEqual(status, 400)
            self.assertIn("expected exporter and selection", said)
        status, said = await self.ask({"exporter": "other", "selection": {}})
        self.assertEqual((status, said), (404, "there is no such exporter; known: dt\n"))
