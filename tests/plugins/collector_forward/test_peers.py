"""Numbers by the sender's address, however many senders there are."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from collector.testing import context
from collector_forward import peers as module
from collector_forward.peers import Peers
from tests.collector.tasks import as_task
from tests.plugins.collector_forward.test_receiver import (
    KEY,
    SecurityTestCase,
    ack,
    chunk,
)
from tests.plugins.collector_forward.vectors import packed


class BoundTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.context = context("receiver", "r")
        self.now = 10.0
        self.peers = Peers(self.context, lambda: self.now)
        self.patch(module, "_MOST", 3)

    def count(self, name: str, **labels: str) -> int:
        return self.context.metrics.get(f"receiver_peer_{name}", **labels)

    def look(self, *peers: str) -> None:
        for ip in peers:
            self.peers.tally(ip, "unknown").records += 2
        self.peers.count()

    def test_those_that_come_late_are_one_and_nothing_is_lost(self) -> None:
        self.look("a", "b", "c")
        self.look(*"bcdefg")
        found = [self.count("log_records", peer=peer) for peer in ("a", "b", "d", "other")]
        self.assertEqual(found, [2, 4, 0, 8])
        self.assertEqual(self.count("log_records"), 18)
        self.assertEqual(len(self.context.metrics.gauges), 4)

    def test_those_that_are_refused_take_no_place_of_senders(self) -> None:
        for n in range(10):
            self.peers.refused(f"x{n}", "shared_key mismatch")
        self.look("a", "b", "c")
        self.assertEqual(self.count("log_records", peer="c"), 2)
        self.assertEqual(self.count("refusals", peer="other", reason="shared_key mismatch"), 7)

    def test_each_is_seen_when_it_was_heard_last(self) -> None:
        self.look("a", "b")
        self.now = 20.0
        self.look("b")
        seen = {dict(g.labels)["peer"]: g.read() for g in self.context.metrics.gauges}
        self.assertEqual(seen, {"a": 10.0, "b": 20.0})


class ReceiverTests(SecurityTestCase):
    def numbers(self, *names: str, **labels: Any) -> list[int]:
        return [self.count(f"peer_{name}", peer="127.0.0.1", **labels) for name in names]

    @as_task
    async def test_all_that_a_sender_did_is_counted(self) -> None:
        await self.listen()
        bad = packed(["t", [[1, {"log": "a"}], 5], {"chunk": "c", "fluent_signal": 0}])
        for _ in range(2):
            sock = self.dial()
            sock.sendall(bad)
            self.assertEqual(await self.read(sock), ack("c"))
        names = ("frames", "log_records", "bytes", "repeated_chunks", "bad_entries")
        self.assertEqual(self.numbers(*names), [2, 1, 2 * len(bad), 1, 1])
        self.assertEqual(self.numbers("frames", client="fluent-bit"), [2])
        self.assertGreater(self.gauge("peer_last_seen_timestamp_seconds"), 1.7e9)

    @as_task
    async def test_what_is_no_frame_is_of_an_unknown_client(self) -> None:
        await self.listen()
        sock = self.dial()
        sock.sendall(packed([None, 1, {"chunk": "c"}]))
        self.assertEqual(await self.read(sock), ack("c"))
        self.assertEqual(self.numbers("frames", client="unknown"), [1])
        self.dial().sendall(b'["t",1700000000,{"message":"one"}]')
        await self.bodies(1)
        self.assertEqual(self.numbers("frames", client="json"), [1])

    @as_task
    async def test_handshakes_that_fail_are_counted_by_reason(self) -> None:
        await self.listen(security={"shared_key": KEY})
        self.assertFalse((await self.pong(self.dial(), "wrong"))[1])
        sock = self.dial()
        await self.read(sock)
        sock.sendall(chunk("c", "no"))
        await self.read(sock)
        for reason in ("shared_key mismatch", "no PING"):
            self.assertEqual(self.numbers("refusals", reason=reason), [1])
