"""The exporter, to a server that does as it is told and to our own receiver."""

from __future__ import annotations

import gzip
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from twisted.trial.unittest import TestCase

from collector.api import (
    Batch,
    Event,
    Hold,
    Outcome,
    Poison,
    Request,
    Resource,
    Retry,
    Scope,
    TooLarge,
)
from collector.testing import RecordingOutput, context
from collector_otlp.exporter import OtlpHttpConfig, OtlpHttpExporter
from collector_otlp.options import OtlpConfig
from collector_otlp.receiver import OtlpReceiver
from tests.collector.outputs.http_case import Case, as_task, logged_in, within
from tests.plugins.collector_otlp.oracle import facts

CANARY = "canary-3e4f5a"


def made(**options: Any) -> OtlpHttpExporter:
    options = {"endpoint": "http://127.0.0.1:1", "proxy_url": "none"} | options
    config = OtlpHttpConfig.model_validate(options)
    return OtlpHttpExporter(config, context("exporter", "otlp_http"))


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    said = {"Content-Length": str(len(body)), "Content-Type": "application/x-protobuf"} | headers
    lines = [f"HTTP/1.1 {status} -", *(f"{name}: {value}" for name, value in said.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


EVENTS = [
    Event(
        5, {"a": [1, b"\x00", None]}, {"k": 0.5, "n": -1}, 17, "ERROR", 6, b"t" * 16, b"s" * 8, 1,
        "made", Resource({"service.name": "x"}, Scope("s", "1", {"b": True}, "u", 2), "v", 3), 4,
    ),
    Event(7, "text", {}),
]  # fmt: skip


class ExporterCase(Case):
    def setUp(self) -> None:
        super().setUp()
        self.logged = logged_in(self)
        self.exporters: list[OtlpHttpExporter] = []
        self.addCleanup(lambda: within(self._stop()))

    async def _stop(self) -> None:
        for exporter in self.exporters:
            await exporter.stop()

    async def exporter(self, **options: Any) -> OtlpHttpExporter:
        options.setdefault("endpoint", self.url)
        exporter = made(**options)
        self.exporters.append(exporter)
        await exporter.start()
        return exporter

    async def send(self, exporter: OtlpHttpExporter) -> Any:
        (request,) = exporter.encode([Batch(EVENTS)])
        return await exporter.send(request)

    def count(self, name: str, **labels: str) -> int:
        return self.exporters[-1].context.metrics.get(f"exporter_{name}", **labels)


class ReceiverTests(ExporterCase):
    """To our own receiver."""

    async def receiver(self, **http: Any) -> RecordingOutput:
        http = {"endpoint": "127.0.0.1:0"} | http
        config = OtlpConfig.model_validate({"protocols": {"http": http}})
        receiver = OtlpReceiver(config, context("receiver", "otlp"))
        receiver.output = output = RecordingOutput()
        await receiver.start()
        self.addCleanup(lambda: within(receiver.stop()))
        assert receiver.intake
        self.url = "http://127.0.0.1:{1}".format(*receiver.intake.address)
        return output

    @as_task
    async def test_events_arrive_as_they_were(self) -> None:
        output = await self.receiver()
        receipt = await self.send(await self.exporter())
        self.assertEqual(receipt.rejected, 0)
        self.assertEqual(list(map(facts, output.events)), list(map(facts, EVENTS)))

    @as_task
    async def test_compressed_and_with_a_token(self) -> None:
        output = await self.receiver(tokens=[CANARY])
        exporter = await self.exporter(headers={"Authorization": f"Bearer {CANARY}"})
        (request,) = exporter.encode([Batch(EVENTS)])
        request.body, request.encoding = gzip.compress(request.body), "gzip"
        await exporter.send(request)
        self.assertEqual(len(output.events), 2)
        with self.assertRaises(Hold):
            await self.send(await self.exporter(headers={"Authorization": "Bearer other"}))

    @as_task
    async def test_what_the_receiver_could_not_store_is_sent_again(self) -> None:
        output = await self.receiver()
        output.outcome = Outcome.RETRY
        with self.assertRaises(Retry) as caught:
            await self.send(await self.exporter())
        self.assertEqual(caught.exception.after, 5.0)

    @as_task
    async def test_it_can_be_tried_before_it_is_used(self) -> None:
        output = await self.receiver()
        exporter = await self.exporter()
        self.assertEqual(await exporter.verify(), f"{self.url}/v1/logs: took one event")
        self.assertEqual(len(output.events), 1)


class AnswerTests(ExporterCase):
    @as_task
    async def test_what_is_on_the_wire(self) -> None:
        exporter = await self.exporter(headers={"X-Scope-OrgID": "1"})
        await self.send(exporter)
        ((head, body),) = self.server.requests
        self.assertTrue(head.startswith(b"POST /in/v1/logs HTTP/1.1\r\n"))
        for line in (b"Content-Type: application/x-protobuf", b"X-Scope-OrgID: 1"):
            self.assertIn(line.lower(), head.lower())
        (request,) = exporter.encode([Batch(EVENTS)])
        self.assertEqual(body, request.body)
        self.assertEqual(self.count("responses", status="204", endpoint=self._netloc()), 1)

    def _netloc(self) -> str:
        return self.url.split("/")[2]

    @as_task
    async def test_a_partial_success_is_counted_and_told(self) -> None:
        partial = ExportLogsServiceResponse()
        partial.partial_success.rejected_log_records = 1
        partial.partial_success.error_message = f"too old, {CANARY}"
        self.server.answers(answer(200, partial.SerializeToString()))
        exporter = await self.exporter(headers={"Authorization": f"Api-Token {CANARY}"})
        receipt = await self.send(exporter)
        self.assertEqual(
            (receipt.rejected, self.count("refused_log_records", reason="other")), (1, 1)
        )
        self.assertIn("too old, ***", self.logged[-1])
        self.assertNotIn(CANARY, "".join(self.logged))

    @as_task
    async def test_refusals(self) -> None:
        exporter = await self.exporter()
        for status, kind in ((413, TooLarge), (400, Poison), (401, Hold), (503, Retry)):
            self.server.answers(answer(status))
            with self.assertRaises(kind):
                await self.send(exporter)
        for status in (413, 401):
            self.server.answers(answer(status))
            with self.assertRaises(Hold):
                await exporter.verify()

    @as_task
    async def test_before_start_and_after_stop_nothing_is_sent(self) -> None:
        exporter = made(endpoint=self.url)
        with self.assertRaises(Retry):
            await exporter.send(Request(body=b"", events=1))


class SizeTests(TestCase):
    def test_requests_stay_below_what_dynatrace_takes(self) -> None:
        events = [Event(1, "x" * 10_000, {}) for _ in range(500)]
        requests = list(made().encode([Batch(events)]))
        self.assertEqual([request.events for request in requests], [199, 199, 102])
        self.assertTrue(all(len(request.body) <= 2_000_000 for request in requests))
