"""A connection goes on in another process, in the middle of a frame too."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.inputs.autoframing import AutoFraming
from collector.inputs.framing import Lines
from collector.inputs.opening import Kernel
from collector.inputs.room import Room
from collector.inputs.stream import StreamListener
from collector.listening import Asked, More
from tests.collector.inputs.test_proxy_header import version_1
from tests.collector.inputs.test_stream import StreamTestCase
from tests.collector.tasks import as_task

_PIECES = st.sampled_from(
    [b"<13>one line\n", b"17 <13>counted frame", b"text\r\n", b"\n", b"<1", b"9 ", b"x" * 40, b"\0"]
)


class StateTests(SynchronousTestCase):
    @given(st.lists(_PIECES, max_size=8).map(b"".join), st.integers(0, 200))
    def test_a_framing_that_is_restored_goes_on_as_the_first_would(
        self, data: bytes, at: int
    ) -> None:
        for make in (AutoFraming, Lines):
            alone, first, second = make(30), make(30), make(30)
            expected = [*self.frames(alone, data[:at]), *self.frames(alone, data[at:])]
            found = self.frames(first, data[:at])
            second.restore(first.state())
            found += self.frames(second, data[at:])
            self.assertEqual(found + second.finish(), expected + alone.finish())

    def frames(self, framing: Any, data: bytes) -> list[bytes]:
        cut = framing.feed(data)
        return cut.splitlines() if isinstance(cut, bytes) else list(cut)

    def test_the_state_of_another_framing_is_refused(self) -> None:
        with self.assertRaises(ValueError):
            AutoFraming().restore(Lines().state())


class Successor(Kernel):
    """`Sockets` of two listeners in turn: what one hands on comes to the next."""

    are_shared = True

    def __init__(self) -> None:
        self.room = Room()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.setblocking(False)
        self.given: list[tuple[socket.socket, bytes]] = []
        self.more: More = lambda *_: None

    def open(self, _: Asked, more: More) -> Sequence[socket.socket]:
        self.more = more
        return [self.server.dup()]

    def hand_on(self, _: Asked, sock: socket.socket, state: bytes) -> bool:
        self.given.append((sock.dup(), state))
        return True

    def close(self, _: Asked) -> None:
        """Nothing to do."""


class HandoverTests(StreamTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.sockets = Successor()
        self.addCleanup(self.close_all)

    def close_all(self) -> None:
        for sock in (self.sockets.server, *(sock for sock, _ in self.sockets.given)):
            sock.close()

    async def listen_next(self, framing: Any) -> StreamListener:
        self.context = dataclasses.replace(self.context, sockets=self.sockets)
        return await self.listen(framing)

    @as_task
    async def test_a_frame_that_was_begun_in_one_ends_in_the_next(self) -> None:
        first = await self.listen_next(AutoFraming)
        sock = self.dial()
        sock.sendall(b"<13>whole\n<13>be")
        self.assertEqual(await self.got_frames(1), [b"<13>whole"])
        await first.quiesce()
        await first.stop()
        await self.listen_next(AutoFraming)
        self.sockets.more(*self.sockets.given.pop())
        sock.sendall(b"gun\n")
        self.assertEqual(await self.got_frames(2), [b"<13>whole", b"<13>begun"])

    @as_task
    async def test_another_framing_closes_it(self) -> None:
        first = await self.listen_next(Lines)
        sock = self.dial()
        sock.sendall(b"be")
        await self.until(lambda: self.gauge("connections") == 1)
        await first.quiesce()
        await first.stop()
        await self.listen_next(AutoFraming)
        self.sockets.more(*self.sockets.given.pop())
        self.assertEqual(await asyncio.to_thread(sock.recv, 1), b"")
        self.assertEqual(self.count("connections_refused", reason="another_framing"), 1)

    @as_task
    async def test_one_that_cannot_go_is_told_and_heard_to_its_end(self) -> None:
        self.context = dataclasses.replace(self.context, sockets=self.sockets)
        first = await self.listen(AutoFraming, trusted_proxies=["127.0.0.0/8"])
        sock, late = self.dial(), self.dial()
        sock.sendall(version_1("192.0.2.1", 4321) + b"<13>whole\n<13>be")
        self.assertEqual(await self.got_frames(1), [b"<13>whole"])
        await self.until(lambda: len(self.listener._connections.entrance) == 1)
        leaving = asyncio.ensure_future(first.leave())
        self.assertEqual(await asyncio.to_thread(sock.recv, 1), b"")
        self.assertEqual(self.gauge("old_connections"), 1)
        sock.sendall(b"gun\n")
        late.sendall(version_1("192.0.2.1", 4322) + b"<13>late\n")
        self.assertEqual(await asyncio.to_thread(late.recv, 1), b"")
        found = await self.got_frames(3)
        self.assertEqual(sorted(found), [b"<13>begun", b"<13>late", b"<13>whole"])
        sock.close()
        late.close()
        await leaving
        await first.quiesce()
        self.assertEqual((self.gauge("old_connections"), self.count("connections_cut")), (0, 0))

    @as_task
    async def test_one_that_does_not_end_is_cut_and_counted(self) -> None:
        self.context = dataclasses.replace(self.context, sockets=self.sockets)
        first = await self.listen(AutoFraming, trusted_proxies=["127.0.0.0/8"])
        said = self.warnings()
        sock = self.dial()
        sock.sendall(version_1("192.0.2.1", 4321) + b"<13>whole\n<13>rest")
        await self.got_frames(1)
        leaving = asyncio.ensure_future(first.leave())
        await asyncio.to_thread(sock.recv, 1)
        first.pause()
        sock.sendall(b" of it\n")
        first.resume()
        self.assertEqual(await self.got_frames(2), [b"<13>whole", b"<13>rest of it"])
        leaving.cancel()
        await first.quiesce()
        self.assertEqual(self.count("connections_cut"), 1)
        self.assertIn("r: 1 connections have not ended after a reload, and are cut", said[0])

    @as_task
    async def test_one_that_a_proxy_speaks_for_is_closed(self) -> None:
        self.context = dataclasses.replace(self.context, sockets=self.sockets)
        first = await self.listen(AutoFraming, trusted_proxies=["127.0.0.0/8"])
        sock = self.dial()
        sock.sendall(version_1("192.0.2.1", 4321) + b"<13>whole\n")
        self.assertEqual(await self.got_frames(1), [b"<13>whole"])
        await first.quiesce()
        await first.stop()
        self.assertEqual(self.sockets.given, [])
        self.assertEqual(await asyncio.to_thread(sock.recv, 1), b"")
