"""Exporters that are tried once: what is said of them, and that each is ended."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import SecretStr
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from collector.component import Config
from collector.config.description import ComponentSpec, Description, PipelineSpec
from collector.context import Context
from collector.request import Hold
from collector.run.verification import Verified, verified
from collector.stand_ins import ScriptedExporter
from tests.collector.tasks import as_task


class Options(Config):
    does: str = ""
    token: SecretStr = SecretStr("CANARY-TOKEN")


class Trying(ScriptedExporter):
    """Does what its configuration says; `did` has what was called."""

    did: list[str]

    def __init__(self, config: Options, context: Context) -> None:
        if config.does == "unmakeable":
            raise KeyError("CANARY-TOKEN")
        super().__init__(context)
        self._does = config.does

    async def start(self) -> None:
        self.did.append("start")
        assert self.context.data_dir is None
        if self._does == "unstartable":
            raise ValueError("ca_file cannot be read, CANARY-TOKEN")

    async def verify(self) -> str | None:
        self.did.append("verify")
        match self._does:
            case "works":
                return "took it\nand that\x1b"
            case "held":
                raise Hold("1 of 2\nwrong CANARY-TOKEN")
            case "silent":
                raise KeyError
            case "slow":
                await asyncio.sleep(60)
        return None

    async def stop(self) -> None:
        self.did.append("stop")
        raise RuntimeError("cannot stop either")


def description(*does: str) -> Description:
    def spec(section: str, id: str, what: str) -> ComponentSpec:
        return ComponentSpec(section, id, id, Trying, Options(does=what), None, None, 1, 1)

    specs = {("exporters", what): spec("exporters", what, what) for what in does}
    specs["receivers", "syslog"] = spec("receivers", "syslog", "unmakeable")
    specs["exporters", "unused"] = spec("exporters", "unused", "unmakeable")
    service: Any = None
    return Description(specs, (PipelineSpec("logs", ("syslog",), (), does),), service, ())


class VerifiedTests(TestCase):
    def setUp(self) -> None:
        Trying.did = []

    async def lines(self, *does: str, deadline: float = 5.0) -> list[str]:
        found = [one async for one in verified(description(*does), reactor, deadline)]
        self.works = [one.works for one in found]
        return [line for one in found for line in one.lines()]

    @as_task
    async def test_what_each_has_found(self) -> None:
        said = await self.lines("works", "nothing", "held")
        self.assertEqual(
            said,
            [
                "works: OK: took it",
                "  and that\\x1b",
                "nothing: OK: nothing to check",
                "held: FAILED: 1 of 2",
                "  wrong ***",
            ],
        )
        self.assertEqual(self.works, [True, True, False])
        self.assertEqual(Trying.did, ["start", "verify", "stop"] * 3)

    @as_task
    async def test_one_that_cannot_be_made_or_started(self) -> None:
        said = await self.lines("unmakeable", "unstartable")
        self.assertEqual(said[0], "unmakeable: FAILED: cannot be made: KeyError")
        self.assertEqual(said[1], "unstartable: FAILED: ca_file cannot be read, ***")
        self.assertEqual(Trying.did, ["start", "stop"])

    @as_task
    async def test_one_that_does_not_end_or_says_nothing(self) -> None:
        said = await self.lines("slow", deadline=0.02)
        self.assertEqual(said, ["slow: FAILED: nothing was found within 0.02 s"])
        self.assertEqual(await self.lines("silent"), ["silent: FAILED: KeyError"])
        self.assertEqual(Trying.did, ["start", "verify", "stop"] * 2)

    def test_a_text_without_a_line_is_a_line(self) -> None:
        self.assertEqual(list(Verified("x", True, "").lines()), ["x: OK: "])
