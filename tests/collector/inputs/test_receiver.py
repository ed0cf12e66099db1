"""Receivers made of listeners: parsing, flags, answers, and authors' mistakes."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from collector.component import Config
from collector.delivery import Outcome
from collector.event import FLAGS_KEY, ORIGINAL_SIZE_KEY, Event
from collector.fields import Endpoint, Size
from collector.inputs.frames import Frames
from collector.inputs.receiver import DatagramReceiver, FrameReceiver, StreamReceiver
from collector.inputs.sockets import ListenError
from collector.tasks import spawn
from collector.testing import RecordingOutput, context
from tests.collector.inputs.clients import ListenerTestCase
from tests.collector.tasks import as_task


class LinesConfig(Config):
    endpoint: Endpoint = "127.0.0.1:0"
    max_frame_size: Size = 65536


class DatagramConfig(Config):
    endpoint: Endpoint = "127.0.0.1:0"
    receive_buffer: Size = 65536


class LinesReceiver(StreamReceiver[LinesConfig]):
    def parse(self, frames: Frames) -> list[Event]:
        return [Event(1, line, {}) for line in frames.lines()]

    def resource(self) -> dict[str, Any]:
        return {"listener": self.context.id}


class RepliesReceiver(LinesReceiver):
    acknowledged = True

    def settled(self, frames: Frames, outcome: Outcome) -> None:
        for n in range(len(frames)):
            frames.reply(n, f"{outcome.name}\n".encode())


class RawReceiver(DatagramReceiver[DatagramConfig]):
    def parse(self, frames: Frames) -> list[Event]:
        return [Event(1, line, {}) for line in frames.lines()]


class ReceiverTestCase(ListenerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.output = RecordingOutput()

    async def start(self, receiver: FrameReceiver[Any]) -> Any:
        receiver.output = self.output
        self.addCleanup(lambda: spawn(receiver.stop()))
        await receiver.start()
        return receiver.listening[0].address

    async def bodies(self, count: int) -> list[Any]:
        await self.until(lambda: len(self.output.events) >= count)
        return self.output.bodies


class StreamReceiverTests(ReceiverTestCase):
    @as_task
    async def test_lines_become_events_with_the_resource(self) -> None:
        address = await self.start(LinesReceiver(LinesConfig(), self.context))
        self.connect(address).sendall(b"one\ntwo\n")
        self.assertEqual(await self.bodies(2), ["one", "two"])
        said = self.output.events[0].resource.attributes
        self.assertEqual((said["listener"], said["net.peer.ip"]), ("r", "127.0.0.1"))
        self.assertEqual((self.output.acked, self.output.batches[0].size), ([False], 8))

    @as_task
    async def test_a_long_line_is_cut_at_the_configured_size(self) -> None:
        address = await self.start(LinesReceiver(LinesConfig(max_frame_size=480), self.context))
        self.connect(address).sendall(b"x" * 500 + b"\nshort\n")
        self.assertEqual(await self.bodies(2), ["x" * 480, "short"])
        said = {FLAGS_KEY: ["truncated"], ORIGINAL_SIZE_KEY: 500}
        self.assertEqual(self.output.events[0].attributes, said)
        self.assertEqual(self.count("flagged_log_records", flag="truncated"), 1)

    @as_task
    async def test_a_parser_that_raises_costs_no_message(self) -> None:
        receiver = LinesReceiver(LinesConfig(), self.context)
        self.patch(receiver, "parse", lambda _: 1 / 0)
        address = await self.start(receiver)
        sock = self.connect(address)
        sock.sendall(b"one\n\xff\n")
        self.assertEqual(await self.bodies(2), ["one", "\\xff"])
        flags = [event.attributes[FLAGS_KEY] for event in self.output.events]
        self.assertEqual(flags, [["parser_failed"], ["parser_failed", "invalid_utf8"]])
        self.assertIn("net.peer.ip", self.output.events[0].resource.attributes)
        sock.sendall(b"two\n")
        await self.bodies(3)
        self.assertEqual(self.count("parser_failures"), len(self.flushLoggedErrors()))

    @as_task
    async def test_no_events_are_no_batch(self) -> None:
        receiver = LinesReceiver(LinesConfig(), self.context)
        self.patch(receiver, "parse", lambda _: [])
        address = await self.start(receiver)
        self.connect(address).sendall(b"one\n")
        await self.until(lambda: self.count("received_bytes"))
        self.assertEqual(self.output.batches, [])

    @as_task
    async def test_the_outcome_is_answered(self) -> None:
        self.output.outcome = None
        address = await self.start(RepliesReceiver(LinesConfig(), self.context))
        sock = self.connect(address)
        sock.sendall(b"one\n")
        await self.bodies(1)
        self.assertEqual(self.output.acked, [True])
        self.output.settle(Outcome.RETRY)
        self.assertEqual(await asyncio.to_thread(sock.recv, 10), b"RETRY\n")

    @as_task
    async def test_paused_and_resumed_with_all_its_listeners(self) -> None:
        receiver = LinesReceiver(LinesConfig(), self.context)
        address = await self.start(receiver)
        receiver.pause()
        self.connect(address).sendall(b"one\n")
        await asyncio.sleep(0.02)
        self.assertEqual(self.output.batches, [])
        receiver.resume()
        self.assertEqual(await self.bodies(1), ["one"])

    @as_task
    async def test_a_port_in_use_fails_the_start(self) -> None:
        host, port = await self.start(LinesReceiver(LinesConfig(), self.context))
        taken = LinesReceiver(LinesConfig(endpoint=f"{host}:{port}"), context("receiver", "two"))
        with self.assertRaises(ListenError):
            await taken.start()
        await taken.stop()


class DatagramReceiverTests(ReceiverTestCase):
    @as_task
    async def test_datagrams_become_events(self) -> None:
        address = await self.start(RawReceiver(DatagramConfig(), self.context))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"one\n", address)
            client.sendto(b"\xff", address)
        self.assertEqual(await self.bodies(2), ["one", "\\xff"])
        self.assertEqual(self.output.events[1].attributes, {FLAGS_KEY: ["invalid_utf8"]})
        self.assertEqual(self.output.events[0].resource.attributes["net.transport"], "udp")
