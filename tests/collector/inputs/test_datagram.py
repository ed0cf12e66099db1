"""The UDP listener, on real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from typing import Any

from collector.event import Event, Resource
from collector.inputs import datagram, looking, opening
from collector.inputs.datagram import DatagramListener, DatagramOptions, _pause_for
from collector.inputs.datagrams import Datagrams, Peer
from collector.inputs.frames import Frames
from collector.inputs.looking import Next
from collector.tasks import spawn
from tests.collector.inputs.clients import ListenerTestCase
from tests.collector.tasks import as_task


class DatagramTestCase(ListenerTestCase):
    async def listen(self, endpoint: str = "127.0.0.1:0", **options: Any) -> DatagramListener:
        options.setdefault("receive_buffer", 4 << 20)
        said = DatagramOptions(endpoint=endpoint, **options)
        self.listener = DatagramListener(self.context, said, self.flush, {"listener": "r"})
        self.addCleanup(lambda listener: spawn(listener.stop()), self.listener)
        await self.listener.start()
        return self.listener

    def flush(self, frames: Frames) -> None:
        self.got.append(frames)

    def client(self, host: str = "127.0.0.1") -> socket.socket:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        self.addCleanup(sock.close)
        sock.connect((host, self.listener.address[1]))
        return sock


class ReadTests(DatagramTestCase):
    @as_task
    async def test_a_datagram_is_a_frame_without_its_trailer(self) -> None:
        await self.listen()
        client = self.client()
        for data in (b"plain", b"lf\n", b"crlf\r\n", b"nul\0", b"in\nside\n", b"", b"\n"):
            client.send(data)
        found = await self.got_frames(5)
        self.assertEqual(found, [b"plain", b"lf", b"crlf", b"nul", b"in\nside"])

    @as_task
    async def test_each_line_of_it_is_one_where_that_is_said(self) -> None:
        await self.listen(split_lines=True)
        client = self.client()
        for data in (b"one\ntwo\r\n\nthree\n", b"\n\n", b"four"):
            client.send(data)
        found = await self.got_frames(4)
        self.assertEqual(found, [b"one", b"two", b"three", b"four"])
        sources = {id(frames.source(n)) for frames in self.got for n in range(len(frames))}
        self.assertEqual(len(sources), 1)

    @as_task
    async def test_each_has_the_resource_of_its_peer(self) -> None:
        await self.listen("[::]:0")
        clients = [self.client("127.0.0.1"), self.client("127.0.0.1"), self.client("::1")]
        for n in range(9):
            clients[n % 3].send(b"%d" % n)
        await self.got_frames(9)
        for frames in self.got:
            events = [Event(0, line, {}) for line in frames.lines()]
            frames.attach(events)
            for event in events:
                ip, port = clients[int(event.body) % 3].getsockname()[:2]
                said = event.resource.attributes
                self.assertEqual((said["net.peer.ip"], said["net.peer.port"]), (ip, port))
                self.assertEqual((said["net.transport"], said["listener"]), ("udp", "r"))
        resources = {id(frames.resource(n)) for frames in self.got for n in range(len(frames))}
        self.assertEqual(len(resources), 3)

    @as_task
    async def test_shares_say_who_sent_how_many(self) -> None:
        await self.listen()
        one, two = self.client(), self.client()
        for client, data in ((one, b"1"), (one, b""), (two, b"2"), (one, b"3"), (two, b"4")):
            client.send(data)
        await self.got_frames(4)
        counts: Counter[int] = Counter()
        for frames in self.got:
            for share in frames.shares():
                self.assertIs(frames.source(share.first), share.source)
                self.assertEqual(share.framing, "datagram")
                counts[share.source.resource.attributes["net.peer.port"]] += share.frames
        self.assertEqual(counts, {client.getsockname()[1]: 2 for client in (one, two)})
        self.assertEqual(Datagrams([], [], 0).shares(), [])

    @as_task
    async def test_thousands_become_few_batches_and_none_is_lost(self) -> None:
        await self.listen()
        client = self.client()
        for n in range(5000):
            client.send(b"%d" % n)
        found = await self.got_frames(5000)
        self.assertEqual(found, [b"%d" % n for n in range(5000)])
        self.assertLess(len(self.got), 50)
        self.assertEqual(self.count("received_bytes"), sum(map(len, found)))

    @as_task
    async def test_answers_reach_the_peer(self) -> None:
        await self.listen()
        client = self.client()
        client.send(b"x")
        await self.got_frames(1)
        self.got[0].reply(0, b"ok")
        self.assertEqual(await asyncio.to_thread(client.recv, 10), b"ok")

    @as_task
    async def test_an_answer_to_a_peer_that_is_gone_harms_nobody(self) -> None:
        await self.listen()
        client = self.client()
        client.send(b"x")
        await self.got_frames(1)
        client.close()
        self.got[0].reply(0, b"ok")
        self.got[0].reply(0, b"ok")
        self.client().send(b"y")
        self.assertEqual(await self.got_frames(2), [b"x", b"y"])

    @as_task
    async def test_peers_are_remembered_within_a_bound(self) -> None:
        await self.listen()
        self.patch(datagram, "_PEERS", 100)
        peers = [self.listener._peer(("192.0.2.1", n)) for n in range(250)]
        self.assertEqual(peers[-1].resource.attributes["net.peer.port"], 249)
        self.assertLessEqual(len(self.listener._peers), 100)
        self.assertIs(self.listener._peer(("192.0.2.1", 200)), peers[200])

    def test_a_pause_is_shorter_than_a_small_buffer_lasts(self) -> None:
        self.assertEqual(_pause_for(32 << 20), 0.005)
        self.assertLess(_pause_for(212_992), 0.0005)

    @as_task
    async def test_large_ones_end_a_look_before_their_number_does(self) -> None:
        await self.listen()
        self.listener.pause()
        client = self.client()
        for _ in range(40):
            client.send(b"x" * 60_000)
        self.assertIs(self.listener._look(self.listener._sockets[0].recvfrom), Next.AGAIN)
        self.assertEqual(len(self.frames), 18)


class LossTests(DatagramTestCase):
    @as_task
    async def test_the_kernels_losses_are_counted_exactly(self) -> None:
        await self.listen(receive_buffer=16384)
        self.listener.pause()
        client = self.client()
        for n in range(500):
            client.send(b"%d" % n)
        self.listener.resume()
        await asyncio.sleep(0.02)
        self.context.metrics.text()
        lost = self.count("kernel_dropped_datagrams")
        self.assertGreater(lost, 0)
        self.assertEqual(len(self.frames) + lost, 500)
        self.context.metrics.text()
        self.assertEqual(self.count("kernel_dropped_datagrams"), lost)

    @as_task
    async def test_losses_are_counted_at_the_end_too(self) -> None:
        await self.listen(receive_buffer=16384)
        self.listener.pause()
        client = self.client()
        for _ in range(500):
            client.send(b"x")
        await self.listener.stop()
        self.assertGreater(self.count("kernel_dropped_datagrams"), 0)

    @as_task
    async def test_a_buffer_that_was_not_granted_is_one_warning(self) -> None:
        said: list[str] = []
        self.patch(
            self.context.log, "warn", lambda text, **facts: said.append(text.format(**facts))
        )
        self.patch(opening, "datagram_socket", self.poor)
        await self.listen(receive_buffer=1 << 20)
        (line,) = said
        self.assertIn("sysctl -w net.core.rmem_max=1048576", line)
        self.assertEqual(self.gauge("receive_buffer_bytes"), 4096)

    def poor(self, *_: object) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        return sock


class MoreTests(DatagramTestCase):
    @as_task
    async def test_the_socket_of_another_worker_is_read_too(self) -> None:
        await self.listen()
        other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        other.bind(("127.0.0.1", 0))
        other.setblocking(False)
        self.listener._more(other, None)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"there", other.getsockname())
        self.assertEqual(await self.got_frames(1), [b"there"])
        await self.listener.stop()
        self.assertEqual(other.fileno(), -1)

    @as_task
    async def test_one_that_comes_too_late_is_closed(self) -> None:
        await self.listen()
        await self.listener.quiesce()
        other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.listener._more(other, None)
        self.assertEqual(other.fileno(), -1)


class PauseTests(DatagramTestCase):
    @as_task
    async def test_paused_it_reads_nothing(self) -> None:
        await self.listen()
        client = self.client()
        client.send(b"one")
        await self.got_frames(1)
        self.listener.pause()
        client.send(b"two")
        await asyncio.sleep(0.02)
        self.assertEqual(self.frames, [b"one"])
        self.listener.resume()
        self.assertEqual(await self.got_frames(2), [b"one", b"two"])

    @as_task
    async def test_what_the_kernel_holds_is_handed_on_at_the_end(self) -> None:
        await self.listen()
        client = self.client()
        for n in range(3000):
            client.send(b"%d" % n)
        await self.listener.quiesce()
        self.assertEqual(len(self.frames), 3000)

    @as_task
    async def test_a_flood_does_not_hold_up_the_end(self) -> None:
        self.patch(looking, "_LAST", 0.05)
        await self.listen()
        client, turns = self.client(), 0

        def again(_: Frames) -> None:
            client.send(b"more")

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        self.patch(self.listener, "_flush", again)
        client.send(b"first")
        task = asyncio.create_task(others())
        await self.listener.quiesce()
        task.cancel()
        self.assertGreater(turns, 2)

    @as_task
    async def test_a_full_queue_ends_the_looks_at_the_end(self) -> None:
        await self.listen()
        client = self.client()
        for _ in range(3000):
            client.send(b"x")

        def full(frames: Frames) -> None:
            self.got.append(frames)
            self.listener.pause()

        self.patch(self.listener, "_flush", full)
        await self.listener.quiesce()
        self.assertEqual(len(self.got), 1)

    @as_task
    async def test_nothing_resumes_it_after_quiesce(self) -> None:
        await self.listen()
        await self.listener.quiesce()
        self.listener.resume()
        self.client().send(b"x")
        await asyncio.sleep(0.02)
        self.assertEqual(self.frames, [])

    @as_task
    async def test_stops_without_start(self) -> None:
        said = DatagramOptions(endpoint="127.0.0.1:0")
        listener = DatagramListener(self.context, said, self.got.append, {})
        listener.pause()
        listener.resume()
        await listener.quiesce()
        await listener.stop()

    def test_an_answer_after_the_end_is_lost_quietly(self) -> None:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.close()
        Peer(sock, ("127.0.0.1", 9), Resource({})).write(b"x")
