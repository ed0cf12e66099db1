"""How fast a source may be: by the numbers, and over real sockets."""

from __future__ import annotations

import time
from typing import Any
from unittest import mock

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.inputs import rates
from collector.inputs.autoframing import AutoFraming
from collector.inputs.frames import Frames
from collector.inputs.rates import Rates
from collector.inputs.stream import StreamListener
from collector.inputs.stream_options import StreamOptions
from collector.tasks import spawn
from tests.collector.inputs.clients import ListenerTestCase
from tests.collector.inputs.test_datagram import DatagramTestCase
from tests.collector.tasks import as_task


class RatesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.rates = Rates(10, 100, self.clock.seconds)

    def test_a_burst_is_free_and_then_the_rate_holds(self) -> None:
        self.assertEqual(self.rates.wait_after("a", 100), 0)
        self.assertEqual(self.rates.wait_after("a", 5), 0.5)
        self.clock.advance(0.5)
        self.assertAlmostEqual(self.rates.wait_after("a", 1), 0.1)
        self.assertEqual(self.rates.wait_after("b", 100), 0)

    def test_over_a_long_time_as_many_get_through_as_the_rate_says(self) -> None:
        taken = 0
        for _ in range(1000):
            taken += self.rates.room_for("a", 7)
            self.clock.advance(0.1)
        self.assertIn(taken, range(1098, 1102))

    def test_what_there_is_no_room_for_is_not_held_against_a_source(self) -> None:
        self.assertEqual(self.rates.room_for("a", 100_000), 100)
        self.assertEqual(self.rates.room_for("a", 1), 0)
        self.clock.advance(1)
        self.assertEqual(self.rates.room_for("a", 100_000), 10)

    def test_without_a_burst_it_is_ten_seconds_worth(self) -> None:
        self.assertEqual(Rates(7, 0, self.clock.seconds).room_for("a", 1000), 70)

    def test_the_peers_of_a_unix_socket_have_none(self) -> None:
        for endpoint, limited in (("127.0.0.1:514", True), ("unix:///run/log", False)):
            options = StreamOptions(endpoint=endpoint, max_rate_per_source=7)
            self.assertEqual(bool(Rates.of(options, self.clock.seconds)), limited)

    def test_of_each_source_the_first_are_taken(self) -> None:
        items = ["a1", "b1", *["a1", "a2"] * 60, "b2"]
        taken, over = self.rates.within(items, lambda item: item[0])
        self.assertEqual(taken, [True] * 101 + [False] * 21 + [True])
        self.assertEqual(over, {"a": 21})
        self.assertEqual(self.rates.within(["c"] * 100, str), ([True] * 100, {}))

    def test_sources_are_bounded_and_who_is_ahead_is_remembered(self) -> None:
        with mock.patch.object(rates, "_MOST", 10):
            self.rates.room_for("old", 1)
            self.clock.advance(1)
            self.rates.room_for("fast", 100)
            for n in range(50):
                self.rates.room_for(f"{n}", 1)
            self.assertEqual(self.rates.room_for("fast", 1), 0)
            self.assertLessEqual(len(self.rates._even), 10)


class StreamTests(ListenerTestCase):
    async def listen(self, **options: Any) -> StreamListener:
        said = StreamOptions(endpoint="127.0.0.1:0", **options)
        listener = StreamListener(self.context, said, AutoFraming, self.flush, {})
        self.addCleanup(lambda: spawn(listener.stop()))
        await listener.start()
        return listener

    def flush(self, frames: Frames) -> None:
        self.got.append(frames)

    @as_task
    async def test_a_connection_that_is_too_fast_waits_and_loses_nothing(self) -> None:
        listener = await self.listen(max_rate_per_source=250, max_burst_per_source=10)
        sock = self.connect(listener.address)
        sock.sendall(b"<34>x\n" * 100)
        await self.got_frames(100)
        began = time.monotonic()
        sock.sendall(b"<34>y\n" * 10)
        self.assertEqual((await self.got_frames(110))[100:], [b"<34>y"] * 10)
        self.assertGreater(time.monotonic() - began, 0.1)  # 0.36, less what the machine took
        self.assertEqual(self.count("throttled_reads"), 2)

    @as_task
    async def test_others_are_read_meanwhile_and_the_end_is_not_held_up(self) -> None:
        with mock.patch.object(rates, "source", side_effect=lambda ip: f"{ip} {len(self.got)}"):
            listener = await self.listen(max_rate_per_source=1, max_burst_per_source=1)
            fast, other = self.connect(listener.address), self.connect(listener.address)
            fast.sendall(b"<34>x\n" * 100)
            await self.got_frames(100)
            other.sendall(b"<34>y\n")
            self.assertEqual((await self.got_frames(101))[-1], b"<34>y")
        fast.sendall(b"<34>last\n")
        await listener.quiesce()
        self.assertEqual(self.frames[-1], b"<34>last")

    @as_task
    async def test_a_connection_may_close_while_it_waits(self) -> None:
        listener = await self.listen(max_rate_per_source=1, max_burst_per_source=1)
        self.connect(listener.address).sendall(b"<34>x\n" * 10)
        await self.got_frames(10)
        await listener.stop()

    @as_task
    async def test_without_a_rate_nobody_is_asked(self) -> None:
        listener = await self.listen()
        with mock.patch.object(rates.Throttle, "read") as read:
            self.connect(listener.address).sendall(b"<34>x\n")
            await self.got_frames(1)
        read.assert_not_called()


class DatagramTests(DatagramTestCase):
    @as_task
    async def test_what_is_too_much_is_lost_and_counted(self) -> None:
        await self.listen(max_rate_per_source=1, max_burst_per_source=20)
        client = self.client()
        for n in range(100):
            client.send(b"%d" % n)
        await self.until(lambda: self.count("datagrams_refused", reason="rate_limited") >= 79)
        found = await self.got_frames(20)
        self.assertEqual(found[:20], [b"%d" % n for n in range(20)])
        refused = self.count("datagrams_refused", reason="rate_limited")
        self.assertEqual(len(found) + refused, 100)

    @as_task
    async def test_without_a_rate_all_are_taken(self) -> None:
        await self.listen()
        client = self.client()
        for n in range(100):
            client.send(b"%d" % n)
        await self.got_frames(100)
