"""The exporter against the sandbox, over real sockets, and against servers that misbehave."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from pydantic import ValidationError
from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.logger import eventAsText, globalLogPublisher
from twisted.trial.unittest import TestCase

from collector.api import (
    Batch,
    Event,
    Exporter,
    Hold,
    Poison,
    Receipt,
    Resource,
    Retry,
    TooLarge,
    spawn,
    wait,
)
from collector.testing import ExporterContract, context
from collector_dynatrace.exporter import DynatraceConfig, DynatraceExporter
from collector_dynatrace.sandbox.faults import Fault, RateLimit
from collector_dynatrace.sandbox.options import SandboxOptions
from collector_dynatrace.sandbox.server import Sandbox

reactor: Any = global_reactor
PUBLIC, SECRET = "P" * 24, "CANARY" + "S" * 58
TOKEN = f"dt0c01.{PUBLIC}.{SECRET}"


def as_task(test: Callable[[Any], Coroutine[Any, Any, None]]) -> Callable[[Any], Deferred[None]]:
    """The test as an asyncio Task, once the loop runs."""

    @wraps(test)
    def run(case: Any) -> Deferred[None]:
        return deferLater(reactor, 0).addCallback(lambda _: spawn(test(case)))

    return run


def config(**options: Any) -> DynatraceConfig:
    options = {"endpoint": "http://127.0.0.1:1", "api_token": TOKEN} | options
    return DynatraceConfig.model_validate(options)


def events(number: int = 3) -> list[Event]:
    source = Resource({"net.peer.ip": "10.0.0.1", "net.host.port": 5514, "log.source": "syslog"})
    now = time.time_ns()
    return [
        Event(now + n, f"message {n}", {"syslog.hostname": "web1"}, 17, "err", resource=source)
        for n in range(number)
    ]


class ContractTests(ExporterContract, TestCase):
    def make(self) -> Exporter[Any]:
        return DynatraceExporter(config(), context("exporter"))


class Case(TestCase):
    timeout = 20

    def setUp(self) -> None:
        self.sandbox = Sandbox(reactor, SandboxOptions(tokens=frozenset({TOKEN})))
        self.port = self.sandbox.start()
        self.addCleanup(self.sandbox.stop)
        self.logged: list[str] = []
        observe: Any = lambda event: self.logged.append(eventAsText(event))  # noqa: E731
        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)

    async def exporter(self, **options: Any) -> DynatraceExporter:
        options.setdefault("endpoint", f"http://127.0.0.1:{self.port}")
        exporter = DynatraceExporter(config(**options), context("exporter", "dynatrace"))
        await exporter.start()
        self.addCleanup(
            lambda: deferLater(reactor, 0).addCallback(lambda _: spawn(exporter.stop()))
        )
        return exporter

    async def send(self, exporter: DynatraceExporter, number: int = 3) -> Receipt:
        (request,) = exporter.encode([Batch(events(number))])
        return await exporter.send(request)

    async def fails(self, kind: type[Exception], fault: Fault | None = None, **options: Any) -> Any:
        if fault is not None:
            self.sandbox.faults.add(fault)
        exporter = await self.exporter(**options)
        with self.assertRaises(kind) as caught:
            await self.send(exporter)
        self.assertNotIn("CANARY", str(caught.exception))
        return caught.exception

    def count(self, exporter: DynatraceExporter, name: str, **labels: str) -> int:
        return exporter.context.metrics.get(f"exporter_{name}", **labels)


class SendTests(Case):
    @as_task
    async def test_events_arrive(self) -> None:
        exporter = await self.exporter()
        self.assertEqual(await self.send(exporter), Receipt())
        found = self.sandbox.events()
        self.assertEqual([e["content"] for e in found], ["message 0", "message 1", "message 2"])
        first = found[0]
        self.assertEqual(first["loglevel"], "ERROR")
        self.assertEqual(first["dt.ingest.source.ip"], "10.0.0.1")
        self.assertEqual(first["dt.ingest.origin"], "twisted-log-collector")
        self.assertNotIn("dt.ingest.warnings", first)
        self.assertEqual(self.count(exporter, "responses", status="204"), 1)

    @as_task
    async def test_what_is_on_the_wire(self) -> None:
        exporter = await self.exporter(endpoint=f"http://127.0.0.1:{self.port}/e/abc")
        (request,) = exporter.encode([Batch(events())])
        self.assertEqual((request.events, request.raw_size), (3, len(request.body)))
        self.assertEqual(request.headers, (("Content-Type", "application/json; charset=utf-8"),))
        request.body, request.encoding = gzip.compress(request.body), "gzip"
        await exporter.send(request)
        await exporter.send(request)
        first, second = self.sandbox.requests
        self.assertEqual(len(self.sandbox.events()), 6)
        self.assertEqual(first.path, "/e/abc/api/v2/logs/ingest")
        headers = first.headers
        self.assertEqual(headers["content-encoding"], "gzip")
        self.assertEqual(headers["content-type"], "application/json; charset=utf-8")
        self.assertEqual(headers["x-dynatrace-attr"], "dt.ingest.origin=twisted-log-collector")
        self.assertRegex(headers["user-agent"], r"twisted-log-collector/\d")
        self.assertEqual(first.headers, second.headers)

    @as_task
    async def test_half_of_a_request_can_be_sent_again(self) -> None:
        exporter = await self.exporter()
        (request,) = exporter.encode([Batch(events(4))])
        rows = exporter.unpack(request)
        half = exporter.pack(rows[2:])
        self.assertEqual((half.events, half.oldest_ns > 0), (2, True))
        await exporter.send(half)
        self.assertEqual([e["content"] for e in self.sandbox.events()], ["message 2", "message 3"])

    @as_task
    async def test_a_partial_answer_is_counted_and_told_once(self) -> None:
        exporter = await self.exporter()
        details = {"details": {"code": 200, "message": "2 events were not ingested"}}
        self.sandbox.faults.add(Fault(status=200, json=details, count=2))
        self.assertEqual(await self.send(exporter), Receipt(2))
        self.assertEqual(await self.send(exporter, 1), Receipt(1), "no more than there were")
        self.assertEqual(len([x for x in self.logged if "only in part" in x]), 1)
        self.sandbox.faults.add(Fault(status=200, json={"success": None}))
        self.assertEqual(await self.send(exporter), Receipt())
        self.assertEqual(self.count(exporter, "partial_unknown"), 1)

    @as_task
    async def test_before_start_and_after_stop_nothing_is_sent(self) -> None:
        exporter = await self.exporter()
        await exporter.stop()
        with self.assertRaises(Retry):
            await self.send(exporter)
        self.assertEqual(len(self.sandbox.requests), 0)


class RefusedTests(Case):
    @as_task
    async def test_retries(self) -> None:
        for status in (408, 429, 500, 502, 503, 504):
            error = await self.fails(Retry, Fault(status=status, retry_after=7))
            self.assertEqual(error.after, 7)
            self.assertFalse(error.ambiguous)
        error = await self.fails(Retry, Fault(status=503, retry_after_date=30))
        self.assertApproximates(error.after, 30, 3)
        reset = RateLimit(remaining=0, reset=int((time.time() + 20) * 1e6))
        error = await self.fails(Retry, Fault(status=429, x_ratelimit=reset))
        self.assertApproximates(error.after, 20, 3)

    @as_task
    async def test_holds(self) -> None:
        for status in (401, 402, 403, 404, 405, 501, 302, 418):
            error = await self.fails(Hold, Fault(status=status))
            self.assertIn(str(status), str(error))
        await self.fails(Hold, Fault(status=400, html="<html><title>Error 400</title></html>"))

    @as_task
    async def test_a_wrong_token(self) -> None:
        token = f"dt0c01.{PUBLIC}.{'X' * 64}"
        self.assertIn("token", str(await self.fails(Hold, api_token=token)))

    @as_task
    async def test_too_large_and_poison(self) -> None:
        await self.fails(TooLarge, Fault(status=413))
        error = await self.fails(Poison, Fault(status=400, body="bad record 7"))
        self.assertIn("bad record 7", str(error))

    @as_task
    async def test_an_answer_that_never_came(self) -> None:
        for fault in (Fault(reset="before"), Fault(reset="after"), Fault(drop_answer=True)):
            error = await self.fails(Retry, fault)
            self.assertTrue(error.ambiguous)
        self.assertEqual(len(self.sandbox.events()), 3, "taken, and nobody knows")

    @as_task
    async def test_an_answer_that_is_late(self) -> None:
        exporter = await self.exporter(timeout=0.2)
        self.sandbox.faults.add(Fault(delay=5))
        with self.assertRaises(Retry) as caught:
            await self.send(exporter)
        self.assertTrue(caught.exception.ambiguous)
        self.assertEqual(self.count(exporter, "ambiguous"), 1)

    @as_task
    async def test_nobody_there(self) -> None:
        await wait(self.sandbox.stop())
        exporter = await self.exporter()
        with self.assertRaises(Retry) as caught:
            await self.send(exporter)
        self.assertFalse(caught.exception.ambiguous)
        self.assertEqual(self.count(exporter, "not_sent"), 1)

    @as_task
    async def test_the_secret_is_nowhere(self) -> None:
        echo = f"your token {TOKEN} ({SECRET}) is bad"
        exporter = await self.exporter()
        for status in (200, 400, 401, 403, 404, 413, 429, 500):
            self.sandbox.faults.add(Fault(status=status, body=echo))
            try:
                await self.send(exporter)
            except (Retry, Hold, TooLarge, Poison) as e:
                self.assertIn("your token", str(e))
                self.logged.append(f"{e!r} {e.__context__!r}")
        self.assertNotIn("message 0", " ".join(self.logged), "no body of an event")
        self.logged += [repr(exporter.config), str(exporter.config), repr(exporter)]
        requests = exporter.encode([Batch(events())])
        self.logged += [repr(request) for request in requests]
        self.assertIn(PUBLIC, " ".join(self.logged))
        self.assertNotIn("CANARY", " ".join(self.logged))
        self.assertNotIn(
            "message 0",
            " ".join(x for x in self.logged if "Request(" not in x and "Event(" not in x),
        )


class ConfigTests(TestCase):
    def test_a_bad_token_or_endpoint_is_refused_without_being_shown(self) -> None:
        for options in (
            {"api_token": "CANARY"},
            {"api_token": ""},
            {"endpoint": "https://CANARY:9999"},
            {"endpoint": "https://x:CANARY@host"},
            {"CANARY": 1},
        ):
            with self.assertRaises(ValidationError) as caught:
                config(**options)
            texts = [error["msg"] for error in caught.exception.errors(include_input=False)]
            self.assertNotIn("CANARY", " ".join(texts))

    def test_endpoint_and_token_are_judged_apart(self) -> None:
        for options in (
            {"endpoint": 5514, "api_token": "dt0c01.short"},
            {"endpoint": "http://127.0.0.1:99999999", "api_token": ""},
            {"endpoint": TOKEN, "auth": "none", "api_token": "a b"},
        ):
            with self.assertRaises(ValidationError) as caught:
                config(**options)
            at = [error["loc"] for error in caught.exception.errors(include_input=False)]
            self.assertEqual(at, [(key,) for key in options])
        with self.assertRaises(ValidationError) as caught:
            DynatraceConfig.model_validate({})
        self.assertEqual(
            [e["loc"] for e in caught.exception.errors()], [("endpoint",), ("api_token",)]
        )

    def test_a_oneagent_needs_no_token(self) -> None:
        local = "http://127.0.0.1:14499/v2/logs/ingest"
        found = config(endpoint=local, api_token="")
        self.assertEqual((found.endpoint, found.authorization()), (local, ""))
        self.assertIn("compression: none", " ".join(DynatraceExporter.config_warnings(found)))
        self.assertEqual(list(DynatraceExporter.config_warnings(config())), [])

    @as_task
    async def test_a_ca_file_that_cannot_be_used_ends_the_start(self) -> None:
        empty = self.file("nothing")
        for path, said in ((Path("/no/such/file"), "No such file"), (empty, "no certificate")):
            exporter = DynatraceExporter(config(ca_file=path), context("exporter"))
            with self.assertRaises(ValueError) as caught:
                await exporter.start()
            self.assertIn("ca_file", str(caught.exception))
            self.assertIn(said, str(caught.exception))
            await exporter.stop()

    def file(self, text: str) -> Path:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name, "file")
        path.write_text(text)
        return path

    def test_options_reach_the_rows(self) -> None:
        options = {"profile": "classic", "record_uid": False, "attributes": {"team": "x"}}
        exporter = DynatraceExporter(config(**options), context("exporter"))
        event = Event(1, "c" * 9000, {"timestamp": "t"})
        (request,) = exporter.encode([Batch([event])])
        (row,) = map(orjson.loads, exporter.unpack(request))
        self.assertEqual(
            (row["team"], len(row["content"]), row["attr.timestamp"]), ("x", 8192, "t")
        )
        self.assertNotIn("log.record.uid", row)
        self.assertTrue(row["original.timestamp"].startswith("1970"))
        get = exporter.context.metrics.get
        self.assertEqual(get("exporter_trimmed_log_records", what="content"), 1)
        self.assertEqual(get("exporter_restamped_log_records"), 1)
