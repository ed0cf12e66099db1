"""Tokens that change and endpoints that fail, over real sockets."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from collector.api import Batch, Hold, Receipt, Retry, wait
from collector.testing import context
from collector_dynatrace.exporter import DynatraceExporter
from collector_dynatrace.sandbox.faults import Fault
from collector_dynatrace.sandbox.options import SandboxOptions
from collector_dynatrace.sandbox.server import Sandbox
from tests.collector.tasks import as_task
from tests.plugins.collector_dynatrace.sending import (
    PUBLIC,
    SECRET,
    TOKEN,
    Case,
    config,
    events,
    reactor,
)


class FileCase(Case):
    """`file` holds a token that the sandbox does not know."""

    def setUp(self) -> None:
        super().setUp()
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name, "token")
        self.file.write_text(f"dt0c01.{PUBLIC}.CANARY{'O' * 58}\n")


class FailoverTests(FileCase):
    def setUp(self) -> None:
        super().setUp()
        self.other = Sandbox(reactor, SandboxOptions(tokens=frozenset({TOKEN})))
        self.ports = (self.port, self.other.start())
        self.addCleanup(self.other.stop)

    async def exporter(self, **options: Any) -> DynatraceExporter:
        urls = [f"http://127.0.0.1:{port}/e/x" for port in self.ports]
        return await super().exporter(**{"endpoint": urls} | options)

    @as_task
    async def test_what_one_refuses_the_next_takes(self) -> None:
        exporter = await self.exporter()
        self.sandbox.faults.add(Fault(status=503, retry_after=60))
        self.assertEqual(await self.send(exporter), Receipt())
        await self.send(exporter)
        self.assertEqual((len(self.sandbox.events()), len(self.other.events())), (0, 6))
        where = f"127.0.0.1:{self.port}/e/x"
        self.assertEqual(self.count(exporter, "responses", endpoint=where, status="503"), 1)
        text = exporter.context.metrics.text().decode()
        up = 'otelcol_exporter_endpoint_up{endpoint="%s",exporter="dynatrace"} %d'
        self.assertIn(up % (where, 0), text)
        self.assertIn(up % (f"127.0.0.1:{self.ports[1]}/e/x", 1), text)

    @as_task
    async def test_when_nobody_listens_at_the_first_the_next_takes_it(self) -> None:
        await wait(self.sandbox.stop())
        exporter = await self.exporter()
        await self.send(exporter)
        self.assertEqual(len(self.other.events()), 3)
        self.assertEqual(self.count(exporter, "not_sent"), 1)

    @as_task
    async def test_what_may_have_been_taken_is_sent_again_later_and_can_be_told(self) -> None:
        exporter = await self.exporter()
        self.sandbox.faults.add(Fault(drop_answer=True))
        (request,) = exporter.encode([Batch(events())])
        with self.assertRaises(Retry) as caught:
            await exporter.send(request)
        self.assertTrue(caught.exception.ambiguous)
        self.assertEqual(len(self.other.requests), 0)
        await exporter.send(request)
        twice = [[e["log.record.uid"] for e in s.events()] for s in (self.sandbox, self.other)]
        self.assertEqual(twice[0], twice[1])

    @as_task
    async def test_with_all_on_hold_it_says_why(self) -> None:
        exporter = await self.exporter(api_token=f"dt0c01.{PUBLIC}.CANARY{'X' * 58}")
        with self.assertRaises(Hold) as caught:
            await self.send(exporter)
        self.assertEqual(str(caught.exception).count("the token was not accepted"), 2)
        self.assertNotIn("CANARY", " ".join([str(caught.exception), *self.logged]))

    @as_task
    async def test_a_mended_token_opens_all_of_them_at_once(self) -> None:
        exporter = await self.exporter(api_token="", api_token_file=self.file)
        with self.assertRaises(Hold):
            await self.send(exporter)
        self.file.write_text(f"{TOKEN}\n\n")
        await self.send(exporter)
        self.sandbox.faults.add(Fault(status=503))
        await self.send(exporter)
        self.assertEqual((len(self.sandbox.events()), len(self.other.events())), (3, 3))


class TokenFileTests(FileCase):
    @as_task
    async def test_a_mended_token_is_found_without_a_restart(self) -> None:
        exporter = await self.exporter(api_token="", api_token_file=self.file)
        for _ in range(2):
            with self.assertRaises(Hold):
                await self.send(exporter)
        self.file.write_text(f"{TOKEN}\n\n")
        self.assertEqual(await self.send(exporter), Receipt())
        self.assertEqual(self.count(exporter, "responses", status="401"), 2)

    @as_task
    async def test_one_that_was_changed_just_now_costs_no_hold(self) -> None:
        exporter = await self.exporter(api_token="", api_token_file=self.file)
        self.file.write_text(f"{TOKEN}\n\n")
        self.assertEqual(await self.send(exporter), Receipt())
        self.assertEqual(self.count(exporter, "responses", status="401"), 1)

    @as_task
    async def test_neither_the_old_nor_the_new_one_is_shown(self) -> None:
        exporter = await self.exporter(api_token="", api_token_file=self.file)
        old = self.file.read_text().strip()
        self.file.write_text(f"{TOKEN}\n\n")
        await self.send(exporter)
        self.sandbox.faults.add(Fault(status=503, body=f"{old} {TOKEN} {SECRET}"))
        with self.assertRaises(Retry) as caught:
            await self.send(exporter)
        self.assertEqual(str(caught.exception), "503: *** *** ***")
        shown = [*self.logged, repr(exporter.config), repr(exporter)]
        self.assertNotIn("CANARY", " ".join(shown))

    @as_task
    async def test_without_a_token_in_it_the_start_fails(self) -> None:
        self.file.write_text("CANARY")
        exporter = DynatraceExporter(
            config(api_token="", api_token_file=self.file), context("exporter")
        )
        with self.assertRaises(ValueError) as caught:
            await exporter.start()
        self.assertIn("api_token_file", str(caught.exception))
        self.assertNotIn("CANARY", str(caught.exception))
        await exporter.stop()
