"""The receiver over real sockets, called with the library that SDKs use."""

from __future__ import annotations

import asyncio
import builtins
import os
import socket
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest import mock

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # before it is imported: it writes to stderr

import grpc
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from pydantic import ValidationError
from twisted.trial.unittest import SynchronousTestCase

from collector.api import ListenError, Outcome
from collector.testing import RecordingOutput
from collector_otlp import receiver
from collector_otlp.grpc import frames
from collector_otlp.grpc.service import EXPORT
from collector_otlp.options import OtlpConfig
from collector_otlp.receiver import OtlpReceiver
from tests.collector.inputs.clients import ListenerTestCase
from tests.collector.outputs.authority import Authority
from tests.collector.tasks import as_task
from tests.plugins.collector_otlp.grpc.caller import Caller, message
from tests.plugins.collector_otlp.serving import ServingTestCase
from tests.plugins.collector_otlp.test_receiver import request

CANARY = "canary-5d20c4"
AUTHORITY, STRANGER = Authority(), Authority("stranger")


def too_deep(*taken: str) -> bytes:
    """A record that is refused, and others."""
    made = ExportLogsServiceRequest.FromString(request("deep", *taken))
    value = made.resource_logs[0].scope_logs[0].log_records[0].body
    for _ in range(65):
        value = value.array_value.values.add()
    written: bytes = made.SerializeToString()
    return written


class OptionsTests(SynchronousTestCase):
    def test_it_listens_on_this_machine_when_nothing_is_said(self) -> None:
        grpc = OtlpConfig.model_validate({"protocols": {"grpc": None}}).protocols.grpc
        assert grpc
        self.assertEqual((grpc.endpoint, grpc.idle_timeout), ("127.0.0.1:4317", 3600.0))

    def test_a_network_needs_a_guard(self) -> None:
        said = {"protocols": {"grpc": {"endpoint": "0.0.0.0:4317"}}}
        self.assertRaises(ValidationError, OtlpConfig.model_validate, said)


class ServiceTestCase(ServingTestCase):
    protocol = "grpc"

    def setUp(self) -> None:
        super().setUp()
        self.caller = Caller()
        self.folder = Path(self.mktemp())
        self.folder.mkdir()

    def file(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    async def call(self, body: bytes, path: str = EXPORT, **said: Any) -> bytes:
        """The message of the answer. Raises grpc.RpcError."""
        return await asyncio.to_thread(self._call, body, path, **said)

    def _call(
        self,
        body: bytes,
        path: str,
        credentials: grpc.ChannelCredentials | None = None,
        compression: grpc.Compression | None = None,
        **metadata: str,
    ) -> bytes:
        target = f"127.0.0.1:{self.address[1]}"
        options = [("grpc.use_local_subchannel_pool", 1)]
        if credentials is None:
            channel = grpc.insecure_channel(target, options)
        else:
            channel = grpc.secure_channel(target, credentials, options)
        with channel:
            call = channel.unary_unary(path)
            answer: bytes = call(
                body, timeout=10, metadata=list(metadata.items()), compression=compression
            )
        return answer

    async def refusal(self, body: bytes, **said: Any) -> Any:
        """The error that is answered: with `code()`, `details()` and `trailing_metadata()`."""
        with self.assertRaises(grpc.RpcError) as caught:
            await self.call(body, **said)
        return caught.exception

    async def said(self, written: bytes) -> dict[int, dict[str, Any]]:
        """The answers to what a client of our own writes, and then it ends."""
        return self.caller.answers(await asyncio.to_thread(self._said, written))

    def _said(self, written: bytes) -> bytes:
        got = b""
        with socket.create_connection(self.address, 10) as sock:
            sock.sendall(written)
            sock.shutdown(socket.SHUT_WR)
            while data := sock.recv(65536):
                got += data
        return got

    def refused(self, reason: str) -> int:
        return self.count("requests_refused", reason=reason)


class TakenTests(ServiceTestCase):
    @as_task
    async def test_records_are_taken_and_the_answer_waits_for_their_outcome(self) -> None:
        await self.serve()
        self.output.outcome = None
        calling = asyncio.ensure_future(self.call(request("a", "b")))
        await self.until(lambda: self.output.open)
        self.assertFalse(calling.done())
        self.output.settle()
        self.assertEqual(await calling, b"")
        self.assertEqual((self.output.bodies, self.output.acked), (["a", "b"], [True]))
        self.assertEqual(self.count("requests", status="200"), 1)

    @as_task
    async def test_compressed(self) -> None:
        await self.serve()
        long = "x" * 100_000
        for compression in (grpc.Compression.Gzip, grpc.Compression.Deflate):
            await self.call(request(long), compression=compression)
        self.assertEqual(self.output.bodies, [long, long])
        self.assertLess(self.count("received_bytes", transport="tcp"), 10_000)

    @as_task
    async def test_a_large_message(self) -> None:
        await self.serve()
        await self.call(request("x" * 5_000_000))
        self.assertEqual(len(self.output.bodies[0]), 5_000_000)

    @as_task
    async def test_partial_success(self) -> None:
        await self.serve()
        answer = await self.call(too_deep("a"))
        partial = ExportLogsServiceResponse.FromString(answer).partial_success
        self.assertEqual(partial.rejected_log_records, 1)
        self.assertIn("nested over 64 deep", partial.error_message)
        self.assertEqual(self.output.bodies, ["a"])

    @as_task
    async def test_both_protocols_at_once(self) -> None:
        said = {"grpc": {"endpoint": "127.0.0.1:0"}, "http": {"endpoint": "127.0.0.1:0"}}
        config = OtlpConfig.model_validate({"protocols": said})
        receiver = self.receiver = OtlpReceiver(config, self.context)
        receiver.output = self.output
        await receiver.start()
        self.addCleanup(self._stop)
        self.assertEqual(len(receiver.intakes), 2)
        self.address = receiver.intakes[1].address
        await self.call(request("a"))
        receiver.pause()
        error = await self.refusal(request("a"))
        self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)

    @as_task
    async def test_at_the_end_an_answer_under_way_is_given(self) -> None:
        await self.serve()
        self.output.outcome = None
        calling = asyncio.ensure_future(self.call(request("a")))
        await self.until(lambda: self.output.open)
        await self.receiver.quiesce()
        self.output.settle()
        self.assertEqual(await calling, b"")


class RefusalTests(ServiceTestCase):
    @as_task
    async def test_what_cannot_be_read_is_told_with_its_place(self) -> None:
        await self.serve()
        error = await self.refusal(b"\x0a\x05abc")
        self.assertEqual(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("at byte 0", error.details())
        self.assertEqual(self.refused("malformed"), 1)
        error = await self.refusal(too_deep())
        self.assertEqual(error.code(), grpc.StatusCode.INVALID_ARGUMENT)

    @as_task
    async def test_other_services(self) -> None:
        await self.serve()
        for signal in ("trace", "metrics"):
            service = f"/opentelemetry.proto.collector.{signal}.v1.Service/Export"
            error = await self.refusal(b"", path=service)
            self.assertEqual(error.code(), grpc.StatusCode.UNIMPLEMENTED)
            self.assertIn(f"takes logs, and no {signal}", error.details())
        error = await self.refusal(b"", path="/a.B/C")
        self.assertEqual(error.code(), grpc.StatusCode.UNIMPLEMENTED)
        self.assertEqual((self.refused("traces"), self.refused("path")), (1, 1))

    @as_task
    async def test_a_token_is_needed_and_learned_by_nobody(self) -> None:
        await self.serve(tokens=[CANARY])
        await self.call(request("a"), authorization=f"Bearer {CANARY}")
        for said in ({}, {"authorization": "Bearer wrong"}):
            error = await self.refusal(request("b"), **said)
            self.assertEqual(error.code(), grpc.StatusCode.UNAUTHENTICATED)
            self.assertNotIn(CANARY, str(error) + repr(self.receiver.config))
        self.assertEqual((self.output.bodies, self.refused("token")), (["a"], 2))
        self.assertEqual(self.hidden, [CANARY])

    @as_task
    async def test_addresses_from_elsewhere(self) -> None:
        await self.serve(allowed_sources=["10.0.0.0/8"])
        error = await self.refusal(request("a"))
        self.assertEqual(error.code(), grpc.StatusCode.PERMISSION_DENIED)

    @as_task
    async def test_messages_over_the_size(self) -> None:
        await self.serve(max_request_body_size=1000, max_decompressed_size=2000)
        await self.call(request("x" * 900))
        for body in (request("x" * 1000), request("x" * 100_000)):
            error = await self.refusal(body)
            self.assertEqual(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        error = await self.refusal(request("x" * 3000), compression=grpc.Compression.Gzip)
        self.assertEqual(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertNotIn("grpc-status-details-bin", dict(error.trailing_metadata()))
        self.assertEqual(self.refused("too_large"), 3)

    @as_task
    async def test_when_to_come_again_is_said(self) -> None:
        await self.serve()
        self.output.outcome = Outcome.RETRY
        for reason in ("not_stored", "full"):
            error = await self.refusal(request("a"))
            self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)
            status = Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
            info = RetryInfo()
            self.assertEqual((status.code, status.message), (14, error.details()))
            self.assertTrue(status.details[0].Unpack(info))
            self.assertEqual((info.retry_delay.seconds, self.refused(reason)), (5, 1))
            self.receiver.pause()

    @as_task
    async def test_what_nobody_takes(self) -> None:
        await self.serve()
        self.output.outcome = Outcome.REJECTED
        error = await self.refusal(request("a"))
        self.assertEqual(error.code(), grpc.StatusCode.INVALID_ARGUMENT)

    @as_task
    async def test_an_unknown_encoding(self) -> None:
        await self.serve()
        number = self.caller.number()
        call = self.caller.headers(number, grpc_encoding="snappy")
        call += self.caller.data(number, message(b"x", compressed=True))
        said = (await self.said(self.caller.hello() + call))[number]
        self.assertEqual(said["grpc-status"], "12")
        self.assertEqual(said["grpc-accept-encoding"], "identity,gzip,deflate,zstd")
        self.assertEqual(self.refused("encoding"), 1)

    @as_task
    async def test_a_path_that_is_no_text_costs_nobody_else(self) -> None:
        """One ends the whole server of grpc.aio 1.85."""
        await self.serve()
        number = self.caller.number()
        block = self.caller.block() + b"\x04\x02\xff\xfe"
        call = frames.frame(frames.HEADERS, frames.END_HEADERS, number, block)
        said = await self.said(self.caller.hello() + call + self.caller.data(number, message()))
        self.assertEqual(said[number]["grpc-status"], "12")
        await self.call(request("a"))

    @as_task
    async def test_a_source_with_too_many_connections(self) -> None:
        await self.serve(max_connections_per_source=1)
        with closing(socket.create_connection(self.address)):
            await self.until(lambda: self.gauge("connections") == 1)
            said = await self.said(self.caller.hello())
        self.assertEqual((said[0]["why"], self.refused("connections")), ("too many connections", 1))


class TlsTests(ServiceTestCase):
    def credentials(self, own: bytes | None = None) -> grpc.ChannelCredentials:
        return grpc.ssl_channel_credentials(AUTHORITY.pem, own, own)

    async def secure(self, **more: str) -> None:
        cert = self.file("server.pem", AUTHORITY.issue())
        await self.serve(tls={"cert_file": cert, **more})

    @as_task
    async def test_under_tls(self) -> None:
        await self.secure()
        await self.call(request("a"), credentials=self.credentials())
        self.assertEqual(self.output.bodies, ["a"])

    @as_task
    async def test_a_certificate_of_the_client(self) -> None:
        await self.secure(client_ca_file=self.file("ca.pem", AUTHORITY.pem))
        await self.call(request("a"), credentials=self.credentials(AUTHORITY.issue()))
        for own in (None, STRANGER.issue()):
            error = await self.refusal(request("b"), credentials=self.credentials(own))
            self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(self.output.bodies, ["a"])

    @as_task
    async def test_tls_to_the_plain_port_and_plain_to_that_of_tls(self) -> None:
        await self.serve()
        error = await self.refusal(request("a"), credentials=self.credentials())
        self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertGreaterEqual(self.count("connections_refused", reason="wrong_protocol"), 1)
        await self.receiver.stop()
        await self.secure()
        error = await self.refusal(request("a"))
        self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)


class ExtraTests(ListenerTestCase):
    """hpack, which only this protocol needs."""

    def setUp(self) -> None:
        super().setUp()
        ours = [name for name in sys.modules if name.startswith("collector_otlp.grpc.")]
        self.enterContext(mock.patch.dict(sys.modules))
        for name in ours:
            del sys.modules[name]

    def receiver(self, protocol: str) -> OtlpReceiver:
        said = {"protocols": {protocol: {"endpoint": "127.0.0.1:0"}}}
        receiver = OtlpReceiver(OtlpConfig.model_validate(said), self.context)
        receiver.output = RecordingOutput()
        return receiver

    @as_task
    async def test_where_it_is_missing_what_to_install_is_said(self) -> None:
        real = builtins.__import__

        def without(name: str, *rest: Any) -> Any:
            if name == "hpack":
                raise ModuleNotFoundError("no", name=name)
            return real(name, *rest)

        with mock.patch.object(builtins, "__import__", without):
            receiver = self.receiver("grpc")
            with self.assertRaises(ListenError) as caught:
                await receiver.start()
        self.assertIn("pip install 'twisted-log-collector[grpc]'", str(caught.exception))
        self.assertIn("package hpack", str(caught.exception))

    def test_validate_warns_where_it_is_missing(self) -> None:
        grpc, http = self.receiver("grpc").config, self.receiver("http").config
        self.assertEqual(list(OtlpReceiver.config_warnings(grpc)), [])
        with mock.patch.object(receiver, "find_spec", return_value=None):
            (said,) = OtlpReceiver.config_warnings(grpc)
            self.assertEqual(list(OtlpReceiver.config_warnings(http)), [])
        self.assertIn("pip install 'twisted-log-collector[grpc]'", said)

    @as_task
    async def test_it_is_not_imported_for_http(self) -> None:
        receiver = self.receiver("http")
        await receiver.start()
        await receiver.stop()
        self.assertNotIn("collector_otlp.grpc.session", sys.modules)
