"""The receiver over real connections: what each sender gets, and what becomes of its events."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import time
from typing import Any

import orjson
from pydantic import ValidationError
from twisted.trial.unittest import SynchronousTestCase, TestCase

from collector.api import Outcome
from collector.testing import RecordingOutput, context
from collector_dynatrace.ingest.timestamp import SECOND, text_of
from collector_http.options import HttpConfig
from collector_http.receiver import HttpReceiver
from tests.collector.tasks import as_task

INGEST = "/api/v2/logs/ingest"
JSON = "application/json; charset=utf-8"


class HttpReceiverTestCase(TestCase):
    def setUp(self) -> None:
        self.output = RecordingOutput()
        self.context = context("receiver", "http")

    async def serve(self, **options: Any) -> HttpReceiver:
        config = HttpConfig(**{"endpoint": "127.0.0.1:0", **options})
        receiver = self.receiver = HttpReceiver(config, self.context)
        receiver.output = self.output
        await receiver.start()
        self.addCleanup(self._stop)
        assert receiver.intake is not None
        self.port = receiver.intake.address[1]
        return receiver

    @as_task
    async def _stop(self) -> None:
        await self.receiver.stop()

    def count(self, name: str, **labels: str) -> int:
        return self.context.metrics.get(f"receiver_{name}", **labels)

    async def post(
        self, body: Any, path: str = INGEST, kind: str = JSON, method: str = "POST", **headers: str
    ) -> tuple[int, Any]:
        """Status, and the answer's JSON; None: it is empty."""
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        if kind:
            said["Content-Type"] = kind
        return await asyncio.to_thread(self._post, method, path, data, said)

    def _post(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, Any]:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        client.request(method, path, body, headers)
        answer = client.getresponse()
        self.headers = answer.headers
        said = answer.read()
        client.close()
        if said:
            self.assertEqual(answer.headers["Content-Type"], JSON)
        return answer.status, orjson.loads(said) if said else None


class IngestTests(HttpReceiverTestCase):
    @as_task
    async def test_every_type_of_body(self) -> None:
        await self.serve()
        lines = b'{"content":"d"}\n\n{"content":"e"}\n'
        bodies: list[tuple[Any, str]] = [
            ({"content": "a"}, JSON),
            (b'[{"content":"b"},{"content":"c"}]\n', "application/json"),
            (lines, "application/x-ndjson"),
            (lines, "application/jsonl; charset=utf-8"),
            (b"two\nlines", "text/plain"),
        ]
        for body, kind in bodies:
            self.assertEqual(await self.post(body, kind=kind), (204, None))
        self.assertEqual(self.output.bodies, ["a", "b", "c", *"dede", "two\nlines"])
        self.assertEqual(set(self.output.acked), {True})

    @as_task
    async def test_compressed_and_behind_an_environment(self) -> None:
        await self.serve()
        body = gzip.compress(b'{"content":"a"}')
        path = f"/e/abc12345{INGEST}"
        self.assertEqual((await self.post(body, path, Content_Encoding="gzip"))[0], 204)
        self.assertEqual(self.output.bodies, ["a"])

    @as_task
    async def test_parameters_become_attributes(self) -> None:
        await self.serve()
        path = f"{INGEST}?env=prod&env=blue&structure=flattened&api-token=x"
        await self.post({"content": "a", "h": {"n": 1}}, path, X_Dynatrace_Attr="k=v")
        wanted = {"env": ["prod", "blue"], "k": "v", "h.n": 1}
        self.assertEqual(self.output.events[0].attributes, wanted)

    @as_task
    async def test_what_is_refused_says_why(self) -> None:
        await self.serve()
        cases: list[tuple[dict[str, Any], int, str]] = [
            ({"body": b""}, 400, "empty_messages"),
            ({"body": b"[]"}, 400, "empty_messages"),
            ({"body": b'[{"a":1},\n{"b"}]'}, 400, "line 2 column 5"),
            ({"body": b"[1]"}, 400, "Expected an object"),
            ({"body": b"[" * 2000}, 400, "invalid_json_format"),
            ({"body": b'{"a":' + b"[" * 600 + b"]" * 600 + b"}"}, 400, "nesting is too deep"),
            ({"body": b'{"a":"\xff"}'}, 400, "invalid_json_format"),
            ({"body": b"<a/>", "kind": "application/xml"}, 415, "application/xml"),
            ({"body": {}, "kind": ""}, 415, "Content type"),
            ({"body": {}, "Content_Encoding": "br"}, 415, "Content-Encoding"),
            ({"body": b"x", "Content_Encoding": "gzip"}, 400, "decompressed"),
            ({"body": {}, "path": "/nowhere"}, 404, "nothing at this path"),
            ({"body": {}, "path": "/e/a/b/api/v2/logs/ingest"}, 404, "nothing at this path"),
            ({"body": {}, "path": f"{INGEST}?structure=odd"}, 400, "structure"),
            ({"body": b"", "method": "GET"}, 405, "GET is not allowed"),
        ]
        for request, status, text in cases:
            got, said = await self.post(**request)
            self.assertEqual((got, said["error"]["code"]), (status, status), request)
            self.assertIn(text, said["error"]["message"])
        self.assertEqual(self.headers["Allow"], "POST")
        self.assertEqual(self.output.batches, [])
        self.assertEqual(self.count("requests_refused", reason="empty_messages"), 2)

    @as_task
    async def test_what_is_left_out_is_counted_in_the_answer(self) -> None:
        await self.serve(strict_age=True)
        old = text_of(time.time_ns() - 25 * 3600 * SECOND)
        status, said = await self.post([{"content": "a"}, {"timestamp": old}, 1, 2])
        text = "3 events were not ingested because of timestamp out of correct time range"
        self.assertEqual((status, said["details"]["code"]), (200, 200))
        self.assertEqual(said["details"]["message"], f"{text} and JSON parsing issues")
        self.assertEqual(self.count("left_out_log_records", reason="stale"), 1)
        self.assertEqual(self.count("left_out_log_records", reason="invalid"), 2)
        status, said = await self.post({"timestamp": old})
        self.assertEqual((status, self.output.bodies), (400, ["a"]))

    @as_task
    async def test_what_is_old_is_left_to_the_exporter(self) -> None:
        await self.serve()
        old = time.time_ns() // SECOND * SECOND - 25 * 3600 * SECOND
        self.assertEqual(await self.post({"timestamp": text_of(old)}), (204, None))
        self.assertEqual(self.output.events[0].time, old)

    @as_task
    async def test_what_is_not_stored_may_come_again(self) -> None:
        await self.serve()
        self.output.outcome = Outcome.RETRY
        status, said = await self.post({"content": "a"})
        self.assertEqual(
            (status, said["error"]["code"], self.headers["Retry-After"]), (503, 503, "5")
        )

    @as_task
    async def test_paths_are_of_the_configuration(self) -> None:
        await self.serve(ingest_paths=["/v2/logs/ingest"], paths=["/hooks/{name}"])
        self.assertEqual((await self.post({"content": ""}, "/v2/logs/ingest"))[0], 204)
        self.assertEqual((await self.post({}, "/hooks/a", kind=""))[0], 204)
        for path in (INGEST, "/", "/hooks/", "/hooks/a/b"):
            self.assertEqual((await self.post({}, path))[0], 404)


class SenderTests(HttpReceiverTestCase):
    """What others post, as they post it."""

    @as_task
    async def test_senders_with_nothing_to_configure(self) -> None:
        await self.serve()
        date = 1_795_667_200
        requests: list[tuple[str, bytes, str, Any, int]] = [
            (
                "Fluent Bit, format json",
                b'[{"date":1795667200.5,"log":"hi","stream":"stdout"}]',
                "application/json",
                {"stream": "stdout"},
                date * SECOND + SECOND // 2,
            ),
            (
                "Fluentd",
                b'{"message":"hi","host":"a"}\n',
                "application/x-ndjson",
                {"host": "a"},
                0,
            ),
            (
                "Vector",
                b'[{"message":"hi","timestamp":"2026-11-26T04:26:40Z","source_type":"file"}]',
                "application/json",
                {"source_type": "file"},
                date * SECOND,
            ),
            (
                "Logstash",
                b'{"@timestamp":"2026-11-26T04:26:40.000Z","@version":"1","message":"hi"}',
                "application/json",
                {"@version": "1"},
                date * SECOND,
            ),
            ("curl -d", b'{"text":"hi"}', "application/x-www-form-urlencoded", {}, 0),
            ("CloudEvents", b'{"body":"hi"}', "application/cloudevents+json", {}, 0),
        ]
        for name, body, kind, attributes, at in requests:
            self.assertEqual(await self.post(body, "/", kind), (204, None), name)
            event = self.output.events[-1]
            self.assertEqual((event.body, event.attributes), ("hi", attributes), name)
            self.assertIn(event.time, (at, event.observed_time), name)

    @as_task
    async def test_a_webhook_is_its_body(self) -> None:
        await self.serve()
        hook = {"action": "opened", "issue": {"number": 7}}
        self.assertEqual(await self.post(hook, "/", "application/json"), (204, None))
        self.assertEqual(self.output.bodies, [hook])


class ConfigTests(SynchronousTestCase):
    def test_paths_that_are_none(self) -> None:
        for path in ("logs", "/a?b", "/a{", "/{a b}", ""):
            with self.assertRaises(ValidationError):
                HttpConfig(endpoint="127.0.0.1:1", paths=(path,))
