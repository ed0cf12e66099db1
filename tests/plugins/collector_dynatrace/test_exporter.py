"""The exporter against the sandbox, over real sockets, and against servers that misbehave."""

from __future__ import annotations

import gzip
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from pydantic import ValidationError
from twisted.trial.unittest import TestCase

from collector.api import (
    Batch,
    Event,
    Hold,
    Poison,
    Receipt,
    Retry,
    TooLarge,
    wait,
)
from collector.testing import context
from collector_dynatrace.exporter import DynatraceConfig, DynatraceExporter
from collector_dynatrace.sandbox.faults import Fault, RateLimit
from tests.collector.tasks import as_task
from tests.plugins.collector_dynatrace.sending import (
    PUBLIC,
    SECRET,
    TOKEN,
    Case,
    config,
    events,
)


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

    @as_task
    async def test_what_was_left_out_is_counted_by_its_reason(self) -> None:
        exporter = await self.exporter()
        late = Event(time.time_ns() - 25 * 3600 * 10**9, "late", {})
        (request,) = (await self.exporter(stale="dead_letter")).encode([Batch([late, *events(1)])])
        self.assertEqual(await exporter.send(request), Receipt(1))
        self.assertEqual(self.count(exporter, "refused_log_records", reason="timestamp"), 1)
        nested = {"success": {"message": "Event(s) have attributes that are too nested: 1, 2"}}
        self.sandbox.faults.add(Fault(status=200, json=nested))
        self.assertEqual(await self.send(exporter), Receipt())
        self.assertEqual(self.count(exporter, "partial_unknown", reason="nesting"), 1)

    @as_task
    async def test_a_server_that_took_it_may_want_a_rest(self) -> None:
        exporter = await self.exporter()
        reset = RateLimit(remaining=0, reset=int((time.time() + 20) * 1e6))
        self.sandbox.faults.add(Fault(status=204, x_ratelimit=reset))
        self.assertApproximates((await self.send(exporter)).wait, 20, 3)
        self.assertEqual((await self.send(exporter)).wait, 0)


class StaleTests(Case):
    """The sandbox refuses what is over a day old, so what arrives was restamped in time."""

    def stale(self, **options: Any) -> tuple[DynatraceExporter, list[bytes]]:
        """An exporter, and rows that it encoded a day ago."""
        self.now = time.time_ns() - 24 * 3600 * 10**9
        exporter = DynatraceExporter(
            config(endpoint=f"http://127.0.0.1:{self.port}", **options),
            context("exporter"),
            lambda: self.now,
        )
        was = [Event(self.now - n, f"message {n}", {"n": n}) for n in range(3)]
        (request,) = exporter.encode([Batch(was)])
        self.assertGreaterEqual(request.oldest_ns, exporter.stale_before())
        rows = exporter.unpack(request)
        self.now = time.time_ns()
        self.assertLess(request.oldest_ns, exporter.stale_before())
        return exporter, rows

    @as_task
    async def test_rows_that_waited_too_long_are_sent_with_the_time_of_now(self) -> None:
        exporter, rows = self.stale()
        found = [exporter.restamped(row) or b"" for row in rows]
        self.assertEqual(self.count(exporter, "restamped_log_records"), 3)
        again = exporter.pack(found)
        self.assertEqual(again.oldest_ns, self.now // 10**6 * 10**6)
        self.assertEqual([exporter.restamped(row) for row in found], found)
        self.assertEqual(self.count(exporter, "restamped_log_records"), 3)
        await exporter.start()
        self.assertEqual(await exporter.send(again), Receipt())
        await exporter.stop()
        uids = [orjson.loads(row)["log.record.uid"] for row in rows]
        self.assertEqual([e["log.record.uid"] for e in self.sandbox.events()], uids)
        said = [orjson.loads(row)["timestamp"] for row in rows]
        self.assertEqual([e["original.timestamp"] for e in self.sandbox.events()], said)

    def test_or_are_given_up(self) -> None:
        exporter, rows = self.stale(stale="dead_letter")
        self.assertEqual([exporter.restamped(row) for row in rows], [None] * 3)
        self.assertEqual(self.count(exporter, "restamped_log_records"), 0)

    def test_a_row_that_is_too_large_alone_is_cut_once_and_counted(self) -> None:
        exporter = DynatraceExporter(config(), context("exporter"))
        (request,) = exporter.encode([Batch([Event(1, "x" * 10**6, {})])])
        (row,) = exporter.unpack(request)
        short = exporter.shortened(row) or b""
        self.assertEqual(len(orjson.loads(short)["content"]), 65_536)
        self.assertIsNone(exporter.shortened(short))
        self.assertEqual(self.count(exporter, "trimmed_log_records", what="content"), 1)


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

    def test_one_of_several_endpoints_is_named_when_it_is_wrong(self) -> None:
        with self.assertRaises(ValidationError) as caught:
            config(endpoint=["https://a.example", "http://CANARY.example", "https://b.example"])
        (error,) = caught.exception.errors(include_input=False)
        self.assertEqual(error["loc"], ("endpoint", 1))
        for bad in ([], ["https://a.example", "A.example/"], ["https://a.example", 5]):
            with self.assertRaises(ValidationError):
                config(endpoint=bad)
        found = config(endpoint=["a.example", "https://gate:9999/e/x"])
        self.assertEqual([url[:14] for url in found.endpoint], ["https://a.exam", "https://gate:9"])

    def test_the_token_is_said_in_one_place(self) -> None:
        self.assertEqual(config(api_token="", api_token_file="token").api_token_file, Path("token"))
        for options, key in (
            ({"api_token_file": "token"}, "api_token"),
            ({"api_token": ""}, "api_token"),
            ({"api_token": "", "api_token_file": TOKEN}, "api_token_file"),
            ({"api_token": "", "api_token_file": 5}, "api_token_file"),
        ):
            with self.assertRaises(ValidationError) as caught:
                config(**options)
            (error,) = caught.exception.errors(include_input=False)
            self.assertEqual(error["loc"], (key,))
            self.assertRegex(error["msg"], "file|path")
            self.assertNotIn("CANARY", error["msg"])

    def test_a_oneagent_needs_no_token(self) -> None:
        local = "http://127.0.0.1:14499/v2/logs/ingest"
        found = config(endpoint=local, api_token="")
        self.assertEqual(found.endpoint, (local,))
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
