"""Heartbeats over UDP, on real sockets: who is answered, from where, and who is not."""

from __future__ import annotations

import asyncio
import socket

from twisted.trial.unittest import SynchronousTestCase

from collector.inputs import heartbeat
from collector.inputs.heartbeat import HeartbeatListener, Rate, refusal
from collector.inputs.sockets import ListenError
from collector.tasks import spawn
from tests.collector.inputs.clients import ListenerTestCase
from tests.collector.tasks import as_task
from tests.system.network import IPV6


class HeartbeatTestCase(ListenerTestCase):
    async def listen(self, host: str = "127.0.0.1") -> HeartbeatListener:
        # Its address is the other listener's, which is none here.
        listener = HeartbeatListener(self.context, lambda: (host, 0))
        self.addCleanup(lambda: spawn(listener.stop()))
        await listener.start()
        assert listener._socket is not None
        listener.address = (host, listener._socket.getsockname()[1])
        return listener

    def client(self, host: str, port: int, source: tuple[str, int] | None = None) -> socket.socket:
        """Connected: the kernel gives it nothing but what comes from there."""
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(sock.close)
        sock.settimeout(5)
        if source:
            sock.bind(source)
        sock.connect((host, port))
        return sock

    async def answer(self, sock: socket.socket, data: bytes = b"\0") -> bytes:
        sock.send(data)
        return await asyncio.to_thread(sock.recv, 16)

    def outcomes(self, outcome: str) -> int:
        return self.count("heartbeats", outcome=outcome)


class AnswerTests(HeartbeatTestCase):
    @as_task
    async def test_fluentds_and_fluencys_are_answered(self) -> None:
        listener = await self.listen()
        sock = self.client(*listener.address)
        for data in (b"\0", b""):
            self.assertEqual(await self.answer(sock, data), b"\0")
        self.assertEqual(self.outcomes("answered"), 2)

    @as_task
    async def test_the_answer_comes_from_the_address_that_was_asked(self) -> None:
        for host, addresses in {
            "0.0.0.0": ("127.0.0.1", "127.0.0.2", "127.3.2.1"),
            "::": ("127.0.0.2", "::1") if IPV6 else ("127.0.0.2",),
        }.items():
            listener = await self.listen(host)
            for address in addresses:
                sock = self.client(address, listener.address[1])
                self.assertEqual(await self.answer(sock), b"\0", address)

    @as_task
    async def test_a_paused_receiver_is_not_dead_and_an_ending_one_is(self) -> None:
        listener = await self.listen()
        sock = self.client(*listener.address)
        listener.pause()
        self.assertEqual(await self.answer(sock), b"\0")
        await listener.quiesce()
        listener.resume()
        sock.send(b"\0")
        await asyncio.sleep(0.01)
        self.assertEqual(self.outcomes("answered"), 1)

    @as_task
    async def test_a_client_that_has_gone_costs_nobody_an_answer(self) -> None:
        listener = await self.listen()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
            gone.sendto(b"\0", listener.address)
        self.assertEqual(await self.answer(self.client(*listener.address)), b"\0")

    @as_task
    async def test_a_port_that_is_taken_is_told(self) -> None:
        listener = await self.listen()
        second = HeartbeatListener(self.context, lambda: listener.address)
        with self.assertRaises(ListenError) as caught:
            await second.start()
        await second.stop()
        self.assertRegex(str(caught.exception), r"^heartbeats: .* \(UDP\): another process")


class LoopTests(HeartbeatTestCase):
    @as_task
    async def test_two_that_were_set_to_answer_each_other_stop(self) -> None:
        one, two = await self.listen(), await self.listen()
        one._rate, two._rate = Rate(lambda: 7.0), Rate(lambda: 7.0)
        assert one._socket is not None
        one._socket.sendto(b"\0", two.address)  # as a forged datagram would have it
        await self.until(lambda: self.outcomes("too_many"))
        before = self.outcomes("answered")
        self.assertLessEqual(before, 10)
        sock = self.client(*one.address)
        self.assertEqual(await self.answer(sock), b"\0")
        self.assertEqual(self.outcomes("answered"), before + 1)

    @as_task
    async def test_one_of_the_same_port_elsewhere_is_not_answered_at_all(self) -> None:
        host, port = (await self.listen()).address
        self.client(host, port, ("127.0.0.2", port)).send(b"\0")
        await self.until(lambda: self.outcomes("from_a_server"))
        self.assertEqual(self.outcomes("answered"), 0)

    @as_task
    async def test_what_is_longer_is_no_heartbeat(self) -> None:
        listener = await self.listen()
        sock = self.client(*listener.address)
        for data in (b"\0\0", b"x" * 60_000):
            sock.send(data)
        await self.until(lambda: self.outcomes("not_a_heartbeat") == 2)
        self.assertEqual(self.outcomes("answered"), 0)

    @as_task
    async def test_a_flood_leaves_others_their_turn(self) -> None:
        self.patch(heartbeat, "_MOST_A_LOOK", 3)
        listener = await self.listen()
        socks = [self.client(*listener.address) for _ in range(8)]
        for sock in socks:
            sock.send(b"\0")
        await self.until(lambda: self.outcomes("answered") == 8)


class RuleTests(SynchronousTestCase):
    def test_the_ports_of_servers_are_refused(self) -> None:
        for port in (0, 7, 53, 1023, 24224):
            self.assertEqual(refusal(b"\0", port, 24224), "from_a_server")
        self.assertEqual(refusal(b"", 1024, 24224), "")

    def test_each_has_five_a_second_and_all_a_thousand(self) -> None:
        now = 1.0
        rate = Rate(lambda: now)
        self.assertEqual([rate.spend(("a", 1)) for _ in range(6)], [True] * 5 + [False])
        self.assertTrue(rate.spend(("a", 2)))  # another client behind the same NAT
        self.assertEqual(sum(rate.spend(("b", port)) for port in range(2000)), 994)
        now = 2.0
        self.assertTrue(rate.spend(("a", 1)))
