"""The example `framed_json`: a framing of its own, and answers."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from pathlib import Path
from typing import Any

from twisted.trial.unittest import TestCase

from collector.api import FLAGS_KEY, Outcome, StreamOptions, TlsServerOptions
from collector.testing import (
    MemoryNetwork,
    ReceiverContract,
    ReceiverRig,
    RecordingOutput,
    context,
)
from examples.framed_json import JsonReceiver
from tests.collector.outputs.authority import Authority
from tests.collector.tasks import as_task


def framed(*frames: bytes) -> bytes:
    return b"".join(len(frame).to_bytes(4) + frame for frame in frames)


class JsonContractTests(ReceiverContract, TestCase):
    plugin = JsonReceiver
    config = {"endpoint": "127.0.0.1:0"}

    def sample(self, text: str) -> bytes:
        return framed(json.dumps({"body": text}).encode())


class JsonTests(TestCase):
    async def rig(self, outcome: Outcome, **options: Any) -> ReceiverRig:
        network, self.output = MemoryNetwork(), RecordingOutput(outcome)
        given = context("receiver", reactor=network.reactor, sockets=network)
        receiver = JsonReceiver(StreamOptions(endpoint="127.0.0.1:7000", **options), given)
        receiver.output = self.output
        await receiver.start()
        return ReceiverRig(receiver, network)

    @as_task
    async def test_each_frame_is_answered_by_its_outcome(self) -> None:
        data = framed(b'{"body": "one"}', b'{"body": "two", "attributes": {"n": 2}}', b"no json")
        for outcome, answer in ((Outcome.DELIVERED, b"+++"), (Outcome.RETRY, b"---")):
            rig = await self.rig(outcome)
            self.assertEqual(await rig.stream([data[:9], data[9:]]), answer)
            await rig.receiver.stop()
            self.assertEqual(self.output.bodies, ["one", "two", "no json"])
            self.assertEqual(self.output.events[1].attributes, {"n": 2})
            self.assertEqual(self.output.events[2].attributes, {FLAGS_KEY: ["parse_error"]})

    @as_task
    async def test_the_limits_of_the_configuration_hold(self) -> None:
        rig = await self.rig(Outcome.DELIVERED, max_frame_size=480)
        await rig.stream([framed(b"x" * 5000)])
        await rig.receiver.stop()
        (event,) = self.output.events
        self.assertEqual(len(event.body), 480)
        self.assertIn("truncated", event.attributes[FLAGS_KEY])


class OverTlsTests(TestCase):
    def setUp(self) -> None:
        self.authority, self.certificate = Authority(), Path(self.mktemp())
        self.certificate.write_bytes(self.authority.issue())

    @as_task
    async def test_tls_comes_with_the_options(self) -> None:
        tls = TlsServerOptions(cert_file=self.certificate)
        options = StreamOptions(endpoint="127.0.0.1:0", tls=tls)
        receiver = JsonReceiver(options, context("receiver"))
        receiver.output = RecordingOutput()
        await receiver.start()
        trust = ssl.create_default_context(cadata=self.authority.pem.decode())

        def exchange() -> bytes:
            plain = socket.create_connection(receiver.listening[0].address)
            with trust.wrap_socket(plain, server_hostname="127.0.0.1") as sock:
                sock.sendall(framed(b'{"body": "one"}'))
                return sock.recv(10)

        self.assertEqual(await asyncio.to_thread(exchange), b"+")
        await receiver.stop()
