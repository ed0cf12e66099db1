"""What `collector validate --live` says of a Dynatrace: which part of the way is wrong."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from collector.api import Hold, wait
from collector_dynatrace import verify
from collector_dynatrace.sandbox.faults import Fault
from collector_dynatrace.sandbox.options import SandboxOptions
from collector_dynatrace.sandbox.server import Sandbox
from collector_dynatrace.sandbox.tls import PemFiles
from tests.collector.outputs.authority import Authority
from tests.collector.tasks import as_task
from tests.plugins.collector_dynatrace.sending import PUBLIC, TOKEN, Case, reactor

HTML = "<html><title>Log in</title></html>"


class VerifyTests(Case):
    async def found(self, *faults: Fault, **options: Any) -> str:
        """What is said when it works."""
        self.sandbox.faults.add(*faults)
        exporter = await self.exporter(**options)
        return await exporter.verify()

    async def wrong(self, *faults: Fault, **options: Any) -> str:
        """What is said to be wrong."""
        with self.assertRaises(Hold) as caught:
            await self.found(*faults, **options)
        self.assertNotIn("CANARY", str(caught.exception))
        return str(caught.exception)

    @as_task
    async def test_one_event_says_of_itself_what_it_is(self) -> None:
        said = await self.found()
        where = f"127.0.0.1:{self.port}"
        self.assertRegex(said, rf"^{where}: took one event, status 204, after \d+ ms$")
        (event,) = self.sandbox.events()
        self.assertEqual(event["content"], "collector: test of the connection")
        self.assertEqual((event["loglevel"], event["collector.test"]), ("INFO", True))
        self.assertNotIn("dt.ingest.warnings", event)

    @as_task
    async def test_what_the_answer_says_is_wrong(self) -> None:
        for fault, said in (
            (Fault(status=401), "the token was not accepted"),
            (Fault(status=402), "the licence does not cover"),
            (Fault(status=403), "lacks the scope logs.ingest"),
            (Fault(status=404), "wrong URL or environment"),
            (Fault(status=405), "not the ingest API"),
            (Fault(status=501), "log storage is not enabled"),
            (Fault(status=302), "redirects are not followed"),
            (Fault(status=200, html=HTML), "a proxy or a wrong URL"),
            (Fault(status=400, html=HTML), "an HTML page"),
            (Fault(status=400), "refused the event with 400"),
            (Fault(status=500), "does not take events now: 500"),
            (Fault(status=503, html=HTML), "does not take events now: 503"),
            (Fault(drop_answer=True), "before the answer"),
            (Fault(status=200, json={"details": {"message": "1 events: no"}}), "left the event"),
            (Fault(status=401, body=f"{TOKEN} is bad"), "***"),
        ):
            self.assertIn(said, await self.wrong(fault))

    @as_task
    async def test_token_and_scope_by_real_checks(self) -> None:
        token = f"dt0c01.{PUBLIC}.CANARY{'X' * 58}"
        self.assertIn("the token was not accepted", await self.wrong(api_token=token))

    @as_task
    async def test_a_server_that_is_busy_is_the_right_one(self) -> None:
        for status in (429, 503):
            said = await self.found(Fault(status=status))
            self.assertIn(f"URL and token are right, but it is busy now ({status}", said)
        said = await self.found(Fault(status=200, json={"details": {"message": "limited"}}))
        self.assertIn("took one event, status 200 (limited)", said)

    @as_task
    async def test_nobody_is_there(self) -> None:
        await wait(self.sandbox.stop())
        self.assertIn("refused the connection", await self.wrong())
        self.assertIn("could not be resolved", await self.wrong(endpoint="https://x.invalid"))

    @as_task
    async def test_nobody_answers(self) -> None:
        self.patch(verify, "PATIENCE", 0.05)
        self.assertIn("no answer within", await self.wrong(Fault(delay=5)))

    @as_task
    async def test_each_of_several_has_a_line(self) -> None:
        good = f"http://127.0.0.1:{self.port}/e/a"
        said = await self.found(endpoint=[good, f"http://127.0.0.1:{self.port}/e/b"])
        self.assertEqual([line.count("took one event") for line in said.splitlines()], [1, 1])
        first, *lines = (await self.wrong(endpoint=["http://127.0.0.1:1", good])).splitlines()
        self.assertEqual(first, "1 of 2 endpoints did not work")
        self.assertEqual(lines[0], "FAILED: 127.0.0.1:1 refused the connection")
        self.assertIn("OK: ", lines[1])
        self.assertEqual(self.sandbox.requests[-1].path, "/e/a/api/v2/logs/ingest")


class TlsTests(Case):
    def setUp(self) -> None:
        super().setUp()
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        authority, pem, self.ca = Authority(), Path(folder.name, "pem"), Path(folder.name, "ca")
        pem.write_bytes(authority.issue())
        self.ca.write_bytes(authority.pem)
        secure = Sandbox(reactor, SandboxOptions(), tls=PemFiles(pem, None))
        self.url = f"https://127.0.0.1:{secure.start()}"
        self.addCleanup(secure.stop)

    @as_task
    async def test_a_certificate_that_is_not_trusted(self) -> None:
        exporter = await self.exporter(endpoint=self.url)
        with self.assertRaises(Hold) as caught:
            await exporter.verify()
        self.assertIn("is its CA in ca_file?", str(caught.exception))

    @as_task
    async def test_one_that_is(self) -> None:
        exporter = await self.exporter(endpoint=self.url, ca_file=self.ca)
        self.assertIn("took one event", await exporter.verify())
