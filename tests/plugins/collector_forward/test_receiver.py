"""The receiver on real sockets: events, answers, copies, keys, and what must not be taken."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import socket
import ssl
from collections import Counter
from pathlib import Path
from typing import Any, cast

import msgpack
import pytest
from msgpack import ExtType

from collector.api import ListenError, Outcome
from collector.stand_ins import LetterBox
from collector.testing import context
from collector_forward import receiver as module
from collector_forward.options import ForwardConfig
from collector_forward.receiver import ForwardReceiver
from tests.collector.inputs.test_receiver import ReceiverTestCase
from tests.collector.outputs.authority import Authority
from tests.collector.tasks import as_task
from tests.plugins.collector_forward.vectors import FRAMES, VECTORS, T, packed

KEY = "canary-shared-key"
GROUP = {"attributes": {"service.name": "s"}}
AUTHORITY = Authority()


def config(**more: Any) -> ForwardConfig:
    return ForwardConfig(**{"endpoint": "127.0.0.1:0", **more})


def chunk(name: str, *texts: str) -> bytes:
    return packed(["t", [[T, {"log": text}] for text in texts], {"chunk": name}])


def ack(name: str) -> bytes:
    return packed({"ack": name})


class ForwardTestCase(ReceiverTestCase):
    async def listen(self, **more: Any) -> ForwardReceiver:
        self.receiver = ForwardReceiver(config(**more), self.context)
        self.address = await self.start(self.receiver)
        return self.receiver

    def dial(self) -> socket.socket:
        return self.connect(self.address)

    async def read(self, sock: socket.socket, size: int = 4096) -> bytes:
        sock.settimeout(5)
        return await asyncio.to_thread(sock.recv, size)

    async def closing(self, sock: socket.socket) -> bytes:
        try:
            return await self.read(sock)
        except ConnectionResetError:
            return b""

    async def silent(self, sock: socket.socket) -> None:
        """All that was sent so far has been read, and nothing was said."""
        sock.setblocking(False)
        await asyncio.sleep(0.02)
        with self.assertRaises(BlockingIOError):
            sock.recv(1)

    @property
    def letters(self) -> list[tuple[bytes, str]]:
        return cast("LetterBox", self.context.letters).said


class EventTests(ForwardTestCase):
    @as_task
    async def test_every_dialect_on_one_connection(self) -> None:
        await self.listen(body_keys=["log"])
        sock = self.dial()
        sock.sendall(b"\xc0".join(FRAMES.values()))
        expected = [record for _, _, records in VECTORS.values() for record in records]
        await self.bodies(len(expected))
        self.assertEqual([(e.time, e.body) for e in self.output.events], expected)
        said = self.output.events[0].resource.attributes
        self.assertEqual((said["net.peer.ip"], said["log.source"]), ("127.0.0.1", "fluent_forward"))
        self.assertEqual(self.count("peer_log_records", peer="127.0.0.1"), len(expected))
        size = sum(map(len, FRAMES.values()))
        self.assertEqual(self.count("peer_bytes", peer="127.0.0.1"), size)

    @as_task
    async def test_json(self) -> None:
        await self.listen()
        sock = self.dial()
        sock.sendall(b'["t",1700000000,{"message":"one"}]\n["t",[[0,{"log":"two"}]],{"chunk":"c"}]')
        self.assertEqual(await self.bodies(2), ["one", "two"])
        self.assertEqual(await self.read(sock), b'{"ack":"c"}\n')
        sock.sendall(b'["t",[[1,{"log":"x"}],5]]{"a":1}[1,2][]["t",[1]]["t"]')
        await self.until(lambda: len(self.letters) == 6)
        reasons = Counter(reason for _, reason in self.letters)
        self.assertEqual(reasons, {"bad_entry": 2, "bad_frame": 3, "bad_tag": 1})

    @as_task
    async def test_odd_entries_keep_their_bytes_where_that_is_wanted(self) -> None:
        await self.listen(keep_original=True)
        odd, plain = b"\x92\x01\x81\xa3log\xa2\xff\xfe", packed([1, {"log": "plain"}])
        self.dial().sendall(packed(["t", odd + plain, {}]))
        self.assertEqual(await self.bodies(2), ["\\xff\\xfe", "plain"])
        first, second = (event.attributes for event in self.output.events)
        self.assertEqual(base64.b64decode(first["fluent.original"]), odd)
        self.assertNotIn("fluent.original", second)

    @as_task
    async def test_flags_are_counted(self) -> None:
        await self.listen()
        self.dial().sendall(packed(["t", T * 1000, {}]))
        await self.bodies(1)
        self.assertEqual(self.count("flagged_log_records", flag="scaled_timestamp"), 1)

    @as_task
    async def test_a_connection_that_says_nothing_is_nothing(self) -> None:
        await self.listen()
        self.dial().close()
        await self.until(lambda: self.count("connections_opened"))
        self.dial().sendall(packed(["t", 1, {"log": "x"}]))
        await self.bodies(1)
        self.assertEqual(self.count("connections_refused"), 0)


class AnswerTests(ForwardTestCase):
    @as_task
    async def test_an_answer_means_delivered(self) -> None:
        self.output.outcome = None
        await self.listen()
        sock = self.dial()
        sock.sendall(chunk("c1", "a"))
        await self.bodies(1)
        await self.silent(sock)
        self.output.settle()
        self.assertEqual(await self.read(sock), ack("c1"))
        self.assertEqual(self.output.acked, [True])

    @as_task
    async def test_a_chunk_is_answered_to_the_byte(self) -> None:
        await self.listen()
        sock = self.dial()
        sock.sendall(FRAMES["forward, metadata and options"])
        self.assertEqual(await self.read(sock), bytes.fromhex("81a361636ba46344453d"))
        for name in (b"\xd9\x02c\n", b"\xc4\x01c", b"\xa2\xff\xfe"):
            sock.sendall(b"\x93\xa1t\x90\x81\xa5chunk" + name)
            self.assertEqual(await self.read(sock), b"\x81\xa3ack" + name)

    @as_task
    async def test_nothing_is_said_to_who_did_not_ask(self) -> None:
        await self.listen()
        sock = self.dial()
        sock.sendall(packed(["t", 1, {"log": "a"}, {"size": 1}]))
        await self.bodies(1)
        await self.silent(sock)

    @as_task
    async def test_a_failure_is_said_and_the_connection_ended(self) -> None:
        self.output.outcome = Outcome.RETRY
        await self.listen()
        sock = self.dial()
        sock.sendall(chunk("c1", "a"))
        self.assertEqual(await self.read(sock), b"\x80")
        self.assertEqual(await self.read(sock), b"")
        self.output.outcome = Outcome.DELIVERED
        again = self.dial()
        again.sendall(chunk("c1", "a"))
        self.assertEqual(await self.read(again), ack("c1"))

    @as_task
    async def test_a_chunk_sent_again_for_want_of_an_answer_is_taken_once(self) -> None:
        self.output.outcome = None
        await self.listen()
        first = self.dial()
        first.sendall(chunk("c1", "a"))
        await self.bodies(1)
        first.close()
        second = self.dial()
        second.sendall(chunk("c1", "a"))
        await self.until(lambda: self.count("repeated_chunks"))
        await self.silent(second)
        self.output.settle()
        self.assertEqual(await self.read(second), ack("c1"))
        third = self.dial()
        third.sendall(chunk("c1", "a"))
        self.assertEqual(await self.read(third), ack("c1"))
        self.assertEqual((self.output.bodies, self.count("repeated_chunks")), (["a"], 2))

    @as_task
    async def test_equal_chunks_of_a_sender_that_has_its_answers_are_all_kept(self) -> None:
        await self.listen()
        sock = self.dial()
        for _ in range(3):
            sock.sendall(chunk("same", "a"))
            self.assertEqual(await self.read(sock), ack("same"))
        self.assertEqual(self.output.bodies, ["a"] * 3)

    @as_task
    async def test_another_content_under_the_same_name_is_kept(self) -> None:
        await self.listen()
        for text in ("a", "b"):
            sock = self.dial()
            sock.sendall(chunk("c1", text))
            self.assertEqual(await self.read(sock), ack("c1"))
        self.assertEqual(self.output.bodies, ["a", "b"])

    @as_task
    async def test_record_ids_stay_the_same_in_another_process(self) -> None:
        await self.listen()
        self.dial().sendall(chunk("c1", "a", "b"))
        await self.bodies(2)
        self.context = context("receiver", "other")
        await self.listen()
        self.dial().sendall(chunk("c1", "a", "b"))
        await self.bodies(4)
        ids = [event.attributes["log.record.uid"] for event in self.output.events]
        self.assertEqual(ids[:2], ids[2:])
        self.assertEqual(len(set(ids)), 2)

    @as_task
    async def test_who_never_reads_answers_can_go_on(self) -> None:
        await self.listen()
        sock = self.dial()
        name = "n" * 60_000
        for n in range(60):
            await asyncio.to_thread(sock.sendall, chunk(f"{n}{name}", str(n)))
        await self.bodies(60)
        self.assertEqual(self.count("connections_refused"), 0)

    @as_task
    async def test_an_old_connection_ends_after_an_answer(self) -> None:
        await self.listen(max_connection_age="1ms")
        sock = self.dial()
        await asyncio.sleep(0.01)
        sock.sendall(chunk("c1", "a"))
        self.assertEqual(await self.read(sock), ack("c1"))
        self.assertEqual(await self.read(sock), b"")


class PoisonTests(ForwardTestCase):
    """Sent again it would be the same: it is kept, answered, and what follows is taken."""

    @as_task
    async def test_what_cannot_be_read_is_set_aside_and_answered(self) -> None:
        await self.listen(max_decompressed_size=1024, max_entries=3)
        bomb = gzip.compress(bytes(100_000))
        poison = {
            "bomb": ["t", bomb, {"chunk": "c"}],
            "bad_compression": ["t", gzip.compress(b"x" * 99)[:-9], {"chunk": "c"}],
            "unsupported_signal": ["t", b"\x80", {"chunk": "c", "fluent_signal": 1}],
            "bad_tag": [None, [], {"chunk": "c"}],
            "too_many_entries": ["t", [[1, {}]] * 4, {"chunk": "c"}],
            "truncated": ["t", b"\x92\x01", {"chunk": "c"}],
        }
        sock = self.dial()
        for reason, frame in poison.items():
            raw = packed(frame)
            sock.sendall(raw)
            self.assertEqual(await self.read(sock), ack("c"), reason)
            self.assertEqual(self.letters[-1], (raw, reason))
        sock.sendall(chunk("d", "good"))
        self.assertEqual(await self.bodies(1), ["good"])

    @as_task
    async def test_good_entries_are_kept_and_bad_ones_set_aside(self) -> None:
        await self.listen()
        sock = self.dial()
        sock.sendall(packed(["t", [[1, {"log": "a"}], 5, [1, {"log": "b"}], 6], {"chunk": "c"}]))
        self.assertEqual(await self.bodies(2), ["a", "b"])
        self.assertEqual(await self.read(sock), ack("c"))
        self.assertEqual(self.letters, [(b"\x05", "bad_entry"), (b"\x06", "bad_entry")])
        self.assertEqual(self.count("bad_entries"), 2)

    @as_task
    async def test_other_protocols_are_told_and_closed(self) -> None:
        await self.listen()
        for data in (b"\x16\x03\x01\x02", b"GET / HTTP/1.0\r\n\r\n", b"<13>x\n", b"\x01" * 99):
            sock = self.dial()
            sock.sendall(data)
            self.assertEqual(await self.closing(sock), b"")
        self.assertEqual(self.count("connections_refused", reason="wrong_protocol"), 4)

    @as_task
    async def test_a_frame_that_is_too_long_is_set_aside_and_answered(self) -> None:
        await self.listen(max_frame_size=2000)
        sock = self.dial()
        long = packed(["t", 1, {"log": "x" * 3000}, {"chunk": "c"}])
        longer = packed(["t", b"x" * 3_000_000, {"chunk": "d"}])
        await asyncio.to_thread(sock.sendall, long + longer + chunk("e", "good"))
        self.assertEqual(await self.answers(sock, 3), ack("c") + ack("d") + ack("e"))
        self.assertEqual(self.output.bodies, ["good"])
        self.assertEqual(self.letters, [(long, "too_large"), (longer[:65536], "too_large")])
        said = [letter.text for letter in cast("LetterBox", self.context.letters).letters]
        self.assertIn(f"a frame of {len(longer)} bytes", said[1])
        self.assertEqual(self.count("dead_lettered_log_records", reason="too_large"), 2)

    async def answers(self, sock: socket.socket, count: int) -> bytes:
        found = b""
        while found.count(b"ack") < count:
            found += await self.read(sock)
        return found


class LargeTests(ForwardTestCase):
    """Frames of several portions."""

    RECORDS = 12_000

    def large(self, name: str, payload: bytes | None = None) -> bytes:
        entries = b"".join(packed([T, {"log": f"{name}{n}"}]) for n in range(self.RECORDS))
        return packed(["t", payload or entries, {"chunk": name}])

    @as_task
    async def test_it_is_answered_when_all_of_it_is_safe(self) -> None:
        self.output.outcome = None
        await self.listen()
        sock = self.dial()
        await asyncio.to_thread(sock.sendall, self.large("c") + chunk("d", "behind"))
        expected = [f"c{n}" for n in range(self.RECORDS)]
        self.assertEqual(await self.bodies(self.RECORDS + 1), [*expected, "behind"])
        self.assertGreater(len(self.output.batches), 3)
        ids = {event.attributes["log.record.uid"] for event in self.output.events}
        self.assertEqual(len(ids), self.RECORDS + 1)
        self.output.open.pop().callback(Outcome.DELIVERED)
        self.output.open.pop(0).callback(Outcome.DELIVERED)
        await self.silent(sock)
        self.output.settle()
        sock.setblocking(True)
        self.assertEqual(await self.read(sock, 7), ack("c")[:7])
        self.assertEqual(self.count("peer_log_records", peer="127.0.0.1"), self.RECORDS + 1)

    @as_task
    async def test_the_worst_part_decides(self) -> None:
        self.output.outcome = None
        await self.listen()
        sock = self.dial()
        await asyncio.to_thread(sock.sendall, self.large("c"))
        await self.bodies(self.RECORDS)
        self.output.open.pop(1).callback(Outcome.RETRY)
        self.output.settle()
        self.assertEqual(await self.read(sock), b"\x80")

    @as_task
    async def test_another_client_has_its_turn_in_between(self) -> None:
        await self.listen()
        big, small = self.dial(), self.dial()
        small.sendall(packed(["t", T, {"log": "small"}]))
        await self.bodies(1)
        turns = cast("Any", self.receiver)._turns
        turns.pause()
        await asyncio.to_thread(big.sendall, self.large("c"))
        await self.until(lambda: turns._works)
        small.sendall(packed(["t", T, {"log": "small"}]))
        turns.resume()
        await self.bodies(self.RECORDS + 2)
        self.assertLess(self.output.bodies[1:].index("small"), self.RECORDS)

    @as_task
    async def test_a_bad_one_is_set_aside_whole(self) -> None:
        await self.listen()
        sock = self.dial()
        payload = packed([T, {"log": "x" * 300}]) * 9000
        for bad in (payload + b"\x92", gzip.compress(payload, 0)[:-9]):
            frame = self.large("c", bad)
            await asyncio.to_thread(sock.sendall, frame)
            self.assertEqual(await self.read(sock), ack("c"))
            self.assertEqual(self.letters[-1][0], frame)
        self.assertEqual(self.output.events, [])

    @as_task
    async def test_what_is_at_hand_at_the_end_is_handed_on(self) -> None:
        await self.listen()
        sock = self.dial()
        await asyncio.to_thread(sock.sendall, self.large("c"))
        await self.receiver.quiesce()
        self.assertEqual(len(self.output.events), self.RECORDS)

    @as_task
    async def test_a_group_goes_over_portions(self) -> None:
        await self.listen()
        start = [[ExtType(0, b"\xff" * 4 + bytes(4)), {"schema": "otlp"}], {"resource": GROUP}]
        log = [[T, {"otlp": {}}], {"log": "x" * 200}]
        frame = packed(["t", [start, *[log] * 6000], {}])
        self.dial().sendall(frame)
        await self.bodies(6000)
        said = {event.resource.attributes.get("service.name") for event in self.output.events}
        self.assertEqual(said, {"s"})
        ids = self.count("peer_log_records", peer="127.0.0.1")
        self.assertEqual(ids, 6000)


class PartTests(ForwardTestCase):
    """Docker's long lines."""

    def part(self, text: str, place: int, last: str = "false", **option: Any) -> bytes:
        said = {"partial_message": "true", "partial_id": "i", "partial_ordinal": str(place)}
        return packed(["t", T, {"log": text, **said, "partial_last": last}, option])

    @as_task
    async def test_a_line_is_joined_over_connections(self) -> None:
        await self.listen()
        self.dial().sendall(self.part("two", 2, "true"))
        await self.until(lambda: self.count("peer_bytes"))
        self.dial().sendall(self.part("one", 1))
        self.assertEqual(await self.bodies(1), ["onetwo"])

    @as_task
    async def test_an_unfinished_line_is_handed_on_after_a_time(self) -> None:
        await self.listen(partial_message_timeout="20ms")
        self.dial().sendall(self.part("one", 1))
        self.assertEqual(await self.bodies(1), ["one"])
        self.assertEqual(self.count("flagged_log_records", flag="incomplete_message"), 1)

    @as_task
    async def test_an_unfinished_line_is_handed_on_at_the_end(self) -> None:
        await self.listen()
        self.dial().sendall(self.part("one", 1))
        await self.until(lambda: self.count("peer_bytes"))
        await self.receiver.quiesce()
        self.assertEqual(self.output.bodies, ["one"])

    @as_task
    async def test_what_is_answered_does_not_wait(self) -> None:
        await self.listen()
        sock = self.dial()
        sock.sendall(self.part("one", 1, chunk="c"))
        self.assertEqual(await self.read(sock), ack("c"))
        self.assertEqual(self.output.bodies, ["one"])
        parts = [
            msgpack.unpackb(self.part(text, n + 1, last))[1:3]
            for n, (text, last) in enumerate((("one", "false"), ("two", "true")))
        ]
        sock.sendall(packed(["t", parts, {"chunk": "d"}]))
        self.assertEqual(await self.read(sock), ack("d"))
        self.assertEqual(self.output.bodies, ["one", "onetwo"])

    @as_task
    async def test_parts_stay_parts_where_that_is_wanted(self) -> None:
        await self.listen(join_partial_messages=False)
        self.dial().sendall(self.part("one", 1))
        self.assertEqual(await self.bodies(1), ["one"])
        self.assertEqual(self.output.events[0].attributes["partial_id"], "i")


class ReliefTests(ForwardTestCase):
    """Full queues, and senders that must not be blocked for long."""

    @pytest.mark.untraced
    @as_task
    async def test_who_asks_for_no_answer_is_blocked_for_so_long_and_no_longer(self) -> None:
        await self.listen(max_backpressure="20ms")
        docker, acked = self.dial(), self.dial()
        await self.until(lambda: self.count("connections_opened") == 2)
        self.receiver.pause()
        line = packed(["t", T, {"log": "x" * 500}, {}])
        await asyncio.to_thread(docker.sendall, line * 30_000)  # more than buffers hold
        acked.sendall(chunk("c", "a", "b"))
        await self.until(lambda: self.dropped() == 30_000)
        await self.silent(acked)
        self.assertEqual(self.output.events, [])
        self.receiver.resume()
        acked.setblocking(True)
        self.assertEqual(await self.read(acked), ack("c"))
        docker.sendall(line)
        self.assertEqual(await self.bodies(3), ["a", "b", "x" * 500])
        self.assertEqual(self.dropped(), 30_000)

    def dropped(self) -> float:
        return self.count("dropped_log_records", reason="max_backpressure")

    @as_task
    async def test_a_short_pause_drops_nothing(self) -> None:
        await self.listen(max_backpressure="10s")
        sock = self.dial()
        self.receiver.pause()
        sock.sendall(packed(["t", T, {"log": "x"}]))
        self.receiver.resume()
        self.assertEqual(await self.bodies(1), ["x"])
        self.assertEqual(self.dropped(), 0)


class SecurityTestCase(ForwardTestCase):
    def shake(self, helo: bytes, key: str, user: str = "", password: str = "") -> bytes:
        said = msgpack.unpackb(helo)[1]
        nonce, auth, name, salt = said["nonce"], said["auth"], b"client", b"salt"
        self.proof = lambda server: hashlib.sha512(salt + server + nonce + key.encode()).hexdigest()
        digest = hashlib.sha512(salt + name + nonce + key.encode()).hexdigest()
        secret = hashlib.sha512(auth + user.encode() + password.encode()) if auth else None
        return packed(["PING", name, salt, digest, user, secret.hexdigest() if secret else ""])

    async def pong(self, sock: socket.socket, *said: str) -> list[Any]:
        sock.sendall(self.shake(await self.read(sock), *said))
        return cast("list[Any]", msgpack.unpackb(await self.read(sock)))


class SecurityTests(SecurityTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.cert = Path(self.mktemp())
        self.cert.write_bytes(AUTHORITY.issue())

    @as_task
    async def test_a_client_with_the_key_is_let_in(self) -> None:
        users = [{"username": "alice", "password": "wonder"}]
        security = {"shared_key": ["old", KEY], "users": users}
        await self.listen(security=security, hostname="server")
        sock = self.dial()
        ping = self.shake(await self.read(sock), KEY, "alice", "wonder")
        for byte in ping[:-1]:
            sock.sendall(bytes([byte]))
        sock.sendall(ping[-1:] + chunk("c", "right behind"))
        pong = packed(["PONG", True, "", "server", self.proof(b"server")])
        answer = await self.read(sock)
        if answer == pong:
            answer += await self.read(sock)
        self.assertEqual(answer, pong + ack("c"))
        said = self.output.events[0].resource.attributes
        self.assertEqual(said["fluent.client.hostname"], "client")
        self.assertEqual(said["fluent.client.user"], "alice")

    @as_task
    async def test_others_are_told_why_and_nothing_of_theirs_is_read(self) -> None:
        users = [{"username": "alice", "password": "wonder"}]
        await self.listen(security={"shared_key": KEY, "users": users})
        for said, reason in (
            (("wrong", "alice", "wonder"), "shared_key mismatch"),
            ((KEY, "alice", "wrong"), "username/password mismatch"),
            ((KEY, "bob", "wonder"), "username/password mismatch"),
        ):
            sock = self.dial()
            self.assertEqual(await self.pong(sock, *said), ["PONG", False, reason, "", ""])
            sock.sendall(chunk("c", "no"))
            self.assertEqual(await self.read(sock), b"")
            self.assertEqual(self.count("connections_refused", reason=reason) > 0, True)
        self.assertEqual((self.output.events, self.letters), ([], []))

    @as_task
    async def test_a_client_without_a_key_is_told_so(self) -> None:
        await self.listen(security={"shared_key": KEY})
        sock = self.dial()
        helo = await self.read(sock)
        self.assertNotIn(KEY.encode(), helo)
        sock.sendall(chunk("c", "no") * 10)
        self.assertFalse(msgpack.unpackb(await self.read(sock))[1])
        self.assertEqual(await self.read(sock), b"")
        reason = "no PING"
        self.assertEqual(self.count("connections_refused", reason=reason), 1)

    @as_task
    async def test_more_than_a_ping_is_not_waited_for(self) -> None:
        await self.listen(security={"shared_key": KEY})
        sock = self.dial()
        await self.read(sock)
        sock.sendall(b"\x96\xa4PING\xda\xff\xff" + b"x" * 20_000)
        self.assertFalse(msgpack.unpackb(await self.read(sock))[1])

    @as_task
    async def test_a_handshake_has_a_deadline(self) -> None:
        await self.listen(security={"shared_key": KEY}, handshake_timeout="200ms")
        silent, slow = self.dial(), self.dial()
        slow.sendall(b"\x96\xa4PI")
        await self.read(silent)
        await self.read(slow)
        self.assertEqual(await self.read(silent), b"")
        self.assertFalse(msgpack.unpackb(await self.read(slow))[1])
        self.assertEqual(self.count("connections_refused"), 1)

    @as_task
    async def test_keys_and_answers_under_tls(self) -> None:
        trust = ssl.create_default_context(cadata=AUTHORITY.pem.decode())
        await self.listen(security={"shared_key": KEY}, tls={"cert_file": self.cert})
        name = "127.0.0.1"
        sock = await asyncio.to_thread(trust.wrap_socket, self.dial(), server_hostname=name)
        self.addCleanup(sock.close)
        self.assertTrue((await self.pong(sock, KEY))[1])
        sock.sendall(chunk("c", "x" * 100_000))
        self.assertEqual(await self.read(sock), ack("c"))
        self.assertEqual(self.output.bodies, ["x" * 100_000])

    @as_task
    async def test_each_network_has_its_key(self) -> None:
        clients = [
            {"network": "10.0.0.0/8", "shared_key": "other"},
            {"network": "127.0.0.0/8", "shared_key": KEY},
        ]
        await self.listen(clients=clients)
        self.assertTrue((await self.pong(self.dial(), KEY))[1])
        self.assertFalse((await self.pong(self.dial(), "other"))[1])

    @as_task
    async def test_who_is_of_no_network_is_denied(self) -> None:
        await self.listen(clients=[{"network": "10.0.0.0/8", "shared_key": KEY}])
        self.assertEqual((await self.pong(self.dial(), KEY))[2], "anonymous source host denied")

    def test_secrets_are_hidden(self) -> None:
        hidden: list[str] = []
        users = [{"username": "alice", "password": "canary-password"}]
        said = config(security={"shared_key": KEY, "users": users})
        ForwardReceiver(said, context("receiver", hide=hidden.append))
        self.assertEqual(hidden, [KEY, "canary-password"])
        self.assertNotIn("canary", repr(said))


class StartTests(ForwardTestCase):
    @as_task
    async def test_does_not_start_on_slow_messagepack(self) -> None:
        self.patch(module, "compiled", lambda: False)
        with self.assertRaises(ListenError) as caught:
            await ForwardReceiver(config(), self.context).start()
        self.assertIn("C extension", str(caught.exception))

    def test_warns_who_lets_everybody_in(self) -> None:
        for endpoint, security, times in (
            ("0.0.0.0:24224", None, 1),
            ("127.0.0.1:24224", None, 0),
            ("unix:///run/forward.sock", None, 0),
            ("0.0.0.0:24224", {"shared_key": "k"}, 0),
        ):
            said = ForwardConfig(endpoint=endpoint, security=security)  # type: ignore[arg-type]
            self.assertEqual(len(list(ForwardReceiver.config_warnings(said))), times)

    def test_what_is_no_network_is_told(self) -> None:
        with self.assertRaises(ValueError) as caught:
            config(clients=[{"network": "10.0.0.1/8", "shared_key": KEY}])
        self.assertIn("expected an address or a network", str(caught.exception))
