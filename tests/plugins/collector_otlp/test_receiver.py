"""The receiver over real sockets: what is taken, what is refused, and in which encoding."""

from __future__ import annotations

import asyncio
import gzip
import http.client
from typing import Any, ClassVar

import orjson
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from pydantic import ValidationError
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Outcome
from collector_otlp.options import OtlpConfig
from tests.collector.tasks import as_task
from tests.plugins.collector_otlp.serving import ServingTestCase

PROTOBUF, JSON = "application/x-protobuf", "application/json"
CANARY = "canary-7be19f"
ONE = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "hi"}}]}]}]}


def request(*bodies: str) -> bytes:
    """A record for each."""
    made = ExportLogsServiceRequest()
    records = made.resource_logs.add().scope_logs.add().log_records
    for text in bodies:
        records.add().body.string_value = text
    written: bytes = made.SerializeToString()
    return written


def deep(levels: int = 65) -> dict[str, Any]:
    """A value that is nested too deep."""
    value: dict[str, Any] = {"stringValue": "x"}
    for _ in range(levels):
        value = {"arrayValue": {"values": [value]}}
    return value


class OptionsTests(SynchronousTestCase):
    def test_nothing_said_is_http_on_this_machine(self) -> None:
        named: list[dict[str, Any]] = [{}, {"protocols": {"http": None}}]
        for said in (*named, {"protocols": {"http": {}}}):
            http = OtlpConfig.model_validate(said).protocols.http
            assert http
            self.assertEqual((http.endpoint, http.logs_url_path), ("127.0.0.1:4318", "/v1/logs"))

    def test_no_protocol_is_an_error(self) -> None:
        error = self.assertRaises(ValidationError, OtlpConfig.model_validate, {"protocols": {}})
        self.assertIn("expected a protocol", str(error))

    def test_a_network_needs_a_guard(self) -> None:
        said = {"protocols": {"http": {"endpoint": "0.0.0.0:4318"}}}
        self.assertRaises(ValidationError, OtlpConfig.model_validate, said)


class ReceiverTestCase(ServingTestCase):
    protocol = "http"

    async def post(
        self, body: bytes, kind: str = PROTOBUF, path: str = "/v1/logs", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        headers["Content-Type"] = kind
        return await self.ask("POST", path, body, headers)

    async def ask(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        return await asyncio.to_thread(self._ask, method, path, body, headers)

    def _ask(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        client = http.client.HTTPConnection(*self.address, timeout=10)
        client.request(method, path, body, headers)
        answer = client.getresponse()
        said = answer.status, dict(answer.headers), answer.read()
        client.close()
        return said


class TakenTests(ReceiverTestCase):
    @as_task
    async def test_protobuf_is_answered_as_protobuf(self) -> None:
        await self.serve()
        status, headers, body = await self.post(request("a", "b"))
        self.assertEqual((status, headers["Content-Type"], body), (200, PROTOBUF, b""))
        self.assertEqual((self.output.bodies, self.output.acked), (["a", "b"], [True]))

    @as_task
    async def test_json_is_answered_as_json(self) -> None:
        await self.serve()
        status, headers, body = await self.post(orjson.dumps(ONE), f"{JSON}; charset=utf-8")
        self.assertEqual((status, headers["Content-Type"], body), (200, JSON, b"{}"))
        self.assertEqual(self.output.bodies, ["hi"])

    @as_task
    async def test_gzip(self) -> None:
        await self.serve()
        packed = gzip.compress(request("a"))
        status, _, _ = await self.post(packed, **{"Content-Encoding": "gzip"})
        self.assertEqual((status, self.output.bodies), (200, ["a"]))

    @as_task
    async def test_nothing_to_take_is_taken(self) -> None:
        await self.serve()
        self.assertEqual((await self.post(b""))[0], 200)
        self.assertEqual((await self.post(b"{}", JSON))[0], 200)
        self.assertEqual(self.output.batches, [])

    @as_task
    async def test_the_answer_waits_until_the_outcome_is_known(self) -> None:
        await self.serve()
        self.output.outcome = None
        asking = asyncio.ensure_future(self.post(request("a")))
        await self.until(lambda: self.output.open)
        self.assertFalse(asking.done())
        self.output.settle()
        self.assertEqual((await asking)[0], 200)

    @as_task
    async def test_another_path(self) -> None:
        await self.serve(logs_url_path="/in")
        self.assertEqual((await self.post(request("a"), path="/in"))[0], 200)


class PartialTests(ReceiverTestCase):
    """One record that cannot be taken costs none of the others."""

    SAID: ClassVar = {"body": deep()}

    def _json(self, *records: dict[str, Any]) -> bytes:
        return orjson.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": list(records)}]}]})

    @as_task
    async def test_it_is_counted_kept_and_told(self) -> None:
        await self.serve()
        status, _, body = await self.post(self._json(self.SAID, {"severityText": "x"}), JSON)
        partial = orjson.loads(body)["partialSuccess"]
        self.assertEqual((status, partial["rejectedLogRecords"]), (200, "1"))
        self.assertRegex(partial["errorMessage"], r"1 of 2 refused: .*logRecords\[0\]")
        self.assertEqual(len(self.output.events), 1)
        self.assertEqual(self.context.letters.said, [(orjson.dumps(self.SAID), "too_deep")])  # type: ignore[attr-defined]
        self.assertEqual(self.count("refused_log_records", reason="too_deep"), 1)

    @as_task
    async def test_protobuf_tells_it_as_protobuf(self) -> None:
        await self.serve()
        made = ExportLogsServiceRequest()
        records = made.resource_logs.add().scope_logs.add().log_records
        value = records.add().body
        for _ in range(65):
            value = value.array_value.values.add()
        records.add().body.string_value = "taken"
        _, _, body = await self.post(made.SerializeToString())
        said = ExportLogsServiceResponse.FromString(body).partial_success
        self.assertEqual(said.rejected_log_records, 1)
        self.assertRegex(said.error_message, "nested over 64 deep")
        self.assertEqual(self.output.bodies, ["taken"])

    @as_task
    async def test_when_nothing_is_left_it_is_a_bad_request(self) -> None:
        await self.serve()
        status, _, body = await self.post(self._json(self.SAID), JSON)
        self.assertEqual((status, orjson.loads(body)["code"]), (400, 3))


class RefusalTests(ReceiverTestCase):
    @as_task
    async def test_what_cannot_be_read_is_told_with_its_place(self) -> None:
        await self.serve()
        status, headers, body = await self.post(b"\x0a\x05abc")
        said = Status.FromString(body)
        self.assertEqual((status, headers["Content-Type"], said.code), (400, PROTOBUF, 3))
        self.assertIn("at byte 0", said.message)
        status, headers, body = await self.post(b"[", JSON)
        self.assertEqual((status, headers["Content-Type"]), (400, JSON))
        self.assertIn("at character 1", orjson.loads(body)["message"])
        self.assertEqual(self.count("requests_refused", reason="malformed"), 2)

    @as_task
    async def test_other_signals_are_refused_for_good(self) -> None:
        await self.serve()
        for signal in ("traces", "metrics"):
            status, _, body = await self.post(b"", path=f"/v1/{signal}")
            self.assertEqual(status, 404)
            self.assertIn(f"no {signal}", Status.FromString(body).message)
            self.assertEqual(self.count("requests_refused", reason=signal), 1)
        self.assertEqual((await self.post(b"", path="/elsewhere"))[0], 404)

    @as_task
    async def test_another_method_and_another_type(self) -> None:
        await self.serve()
        status, headers, _ = await self.ask("GET", "/v1/logs", b"", {})
        self.assertEqual((status, headers["Allow"]), (405, "POST"))
        self.assertEqual((await self.post(b"hi", "text/plain"))[0], 415)

    @as_task
    async def test_what_is_too_large(self) -> None:
        await self.serve(max_request_body_size=100)
        status, _, body = await self.post(request("x" * 200))
        self.assertEqual((status, Status.FromString(body).code), (413, 8))

    @as_task
    async def test_the_cores_refusals_are_in_the_clients_encoding(self) -> None:
        await self.serve(tokens=[CANARY])
        status, headers, body = await self.post(b"{}", JSON)
        self.assertEqual((status, headers["Content-Type"]), (401, JSON))
        self.assertEqual(orjson.loads(body), {"code": 16, "message": "A valid token is needed."})
        self.assertNotIn(CANARY.encode(), body)
        allowed = {"Authorization": f"Bearer {CANARY}"}
        self.assertEqual((await self.post(b"{}", JSON, **allowed))[0], 200)

    @as_task
    async def test_what_was_not_stored_may_come_again(self) -> None:
        await self.serve()
        self.output.outcome = Outcome.RETRY
        status, headers, body = await self.post(request("a"))
        self.assertEqual((status, headers["Retry-After"]), (503, "5"))
        self.assertEqual(Status.FromString(body).code, 14)
        self.receiver.pause()
        status, headers, _ = await self.post(request("a"))
        self.assertEqual((status, headers["Retry-After"]), (503, "5"))
