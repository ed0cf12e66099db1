"""Receivers of plugin authors, given bytes without a socket."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from collector import memory_network
from collector.api import (
    Config,
    DatagramOptions,
    Event,
    FrameReceiver,
    Frames,
    HttpServerOptions,
    Listener,
    Receiver,
    StreamOptions,
    Taken,
    TlsServerOptions,
    WebReceiver,
    WebRequest,
)
from collector.memory_network import Restless
from collector.testing import (
    MemoryNetwork,
    ReceiverRig,
    RecordingOutput,
    Undrivable,
    context,
    wall_clock,
)
from tests.collector.tasks import as_task


class Both(FrameReceiver[Config]):
    acknowledged = True

    def listeners(self) -> Sequence[Listener]:
        secured = TlsServerOptions(cert_file=Path("none"), key_file=Path("none"))
        stream = StreamOptions(endpoint="127.0.0.1:6000", tls=secured)
        local = StreamOptions(endpoint="unix:///none/there.sock")
        udp = DatagramOptions(endpoint="127.0.0.1:6001", allowed_sources=("192.0.2.0/24",))
        tcp = self.stream(stream)
        return [self.datagrams(udp), tcp, self.stream(local), self.heartbeats(tcp)]

    def parse(self, frames: Frames) -> list[Event]:
        return [Event(time.time_ns(), line, {}) for line in frames.lines()]

    def settled(self, frames: Frames, outcome: Any) -> None:
        for n in range(len(frames)):
            frames.reply(n, b"+")


class Web(WebReceiver[HttpServerOptions]):
    def take(self, request: WebRequest) -> Taken:
        return Taken([Event(1, request.body.decode(), {"path": request.path})])


class Own(Receiver[Config]):
    def pause(self) -> None: ...
    def resume(self) -> None: ...


class ReceiverRigTests(TestCase):
    async def rig(self, kind: type[Receiver[Any]], config: Config) -> ReceiverRig:
        network = MemoryNetwork()
        receiver = kind(config, context("receiver", reactor=network.reactor, sockets=network))
        self.output = receiver.output = RecordingOutput()
        self.addCleanup(lambda: Deferred.fromCoroutine(receiver.stop()))
        await receiver.start()
        return ReceiverRig(receiver, network)

    @as_task
    async def test_no_socket_is_made(self) -> None:
        with mock.patch.object(socket.socket, "bind", side_effect=AssertionError):
            rig = await self.rig(Both, Config())
            await rig.stream([b"a\n"])
        self.assertEqual(self.output.bodies, ["a"])

    @as_task
    async def test_a_stream_is_cut_as_one_likes_and_answered(self) -> None:
        rig = await self.rig(Both, Config())
        answer = await rig.stream([b"on", b"e\ntw", b"", b"o\nrest"], ("192.0.2.9", 77))
        self.assertEqual(self.output.bodies, ["one", "two", "rest"])
        self.assertEqual(answer, b"++")  # the last one has gone before its answer
        facts = self.output.events[0].resource.attributes
        self.assertEqual((facts["net.peer.ip"], facts["net.host.port"]), ("192.0.2.9", 6000))

    @as_task
    async def test_a_connection_may_stay_open(self) -> None:
        rig = await self.rig(Both, Config())
        await rig.stream([b"half"], ends=False)
        self.assertEqual(self.output.bodies, [])

    @as_task
    async def test_datagrams_come_from_where_one_says_and_access_is_kept(self) -> None:
        rig = await self.rig(Both, Config())
        answers = await rig.datagrams([b"one\0", b"two"], ("192.0.2.8", 5))
        await rig.datagrams([b"not let in"], ("198.51.100.1", 5))
        self.assertEqual((self.output.bodies, answers), (["one", "two"], [b"+", b"+"]))
        self.assertEqual(rig.receiver.context.metrics.get("receiver_datagrams_refused"), 1)

    @as_task
    async def test_a_listener_is_chosen_by_its_port(self) -> None:
        rig = await self.rig(Both, Config())
        await rig.stream([b"over unix\n"], port=0)
        self.assertEqual(self.output.events[0].resource.attributes, {"net.transport": "unix"})
        with self.assertRaisesRegex(Undrivable, "test has no listener for a stream at port 9"):
            await rig.stream([b"x"], port=9)

    @as_task
    async def test_a_request_has_its_status(self) -> None:
        rig = await self.rig(Web, HttpServerOptions(endpoint="127.0.0.1:8000"))
        self.assertEqual(await rig.request(b"hello", "/in"), 204)
        self.assertEqual(self.output.events[0].attributes, {"path": "/in"})
        with self.assertRaisesRegex(Undrivable, "no listener for datagrams"):
            await rig.datagrams([b"x"])

    @as_task
    async def test_other_receivers_are_refused(self) -> None:
        with self.assertRaisesRegex(Undrivable, "test takes no bytes"):
            await self.rig(Own, Config())


class MemoryNetworkTests(TestCase):
    @as_task
    async def test_time_passes_from_call_to_call_and_the_wall_clock_with_it(self) -> None:
        network, seen = MemoryNetwork(), list[tuple[float, int]]()

        def tick() -> None:
            seen.append((network.reactor.seconds(), time.time_ns()))
            network.reactor.callLater(2.0, tick)

        network.reactor.callLater(2.0, tick)
        with wall_clock(5_000_000_000, network.reactor):
            await network.advance(5.0)
            self.assertEqual(time.time(), 10.0)
        self.assertEqual(seen, [(2.0, 7_000_000_000), (4.0, 9_000_000_000)])
        self.assertGreater(time.time(), 10.0)

    @as_task
    async def test_what_never_rests_is_told(self) -> None:
        self.patch(memory_network, "_MOST_CALLS", 100)
        network = MemoryNetwork()

        def again() -> None:
            network.reactor.callLater(0.5, again)

        again()
        with self.assertRaises(Restless):
            await network.advance(1e9)
