"""What listeners may take together: the connections of a flood, and frames that never end."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Sequence
from typing import Any

from collector.inputs.autoframing import AutoFraming
from collector.inputs.opening import Kernel
from collector.inputs.room import Room
from collector.inputs.stream import StreamListener
from collector.listening import Asked, More
from tests.collector.inputs.test_stream import StreamTestCase
from tests.collector.tasks import as_task


class Roomy(Kernel):
    """Sockets of listeners with a room in common."""

    are_shared = True

    def __init__(self, room: Room) -> None:
        self.room = room

    def open(self, _: Asked, more: More) -> Sequence[socket.socket]:
        server = socket.create_server(("127.0.0.1", 0))
        server.setblocking(False)
        return [server]

    def hand_on(self, *_: object) -> bool:
        return False

    def close(self, _: Asked) -> None:
        """Nothing to do."""


class RoomTests(StreamTestCase):
    async def listen_in(self, room: Room, **options: Any) -> StreamListener:
        self.context = dataclasses.replace(self.context, sockets=Roomy(room))
        return await self.listen(AutoFraming, **options)

    def open(self) -> int:
        return sum(len(listener._connections) for listener in self.listeners)

    @as_task
    async def test_one_listener_leaves_room_for_another_and_all_for_the_rest(self) -> None:
        room = Room(files=16)
        self.assertEqual((room.most_of_one, room.most), (12, 14))
        first, second = await self.listen_in(room), await self.listen_in(room)
        self.listeners = [first, second]
        self.assertIn("may have 12 connections here, and not 10000", room.shortage)
        many = [self.connect(first.address) for _ in range(20)]
        await self.until(lambda: self.count("connections_refused", reason="max_connections") == 8)
        few = [self.connect(second.address) for _ in range(3)]
        await self.until(lambda: self.count("connections_refused", reason="max_open_files") == 1)
        self.assertEqual(self.open(), 14)
        few[0].sendall(b"<13>heard\n")
        self.assertEqual(await self.got_frames(1), [b"<13>heard"])
        for sock in many:
            sock.close()
        await self.until(lambda: self.open() == 2)
        self.assertFalse(room.is_full)

    @as_task
    async def test_frames_that_do_not_end_are_given_up_the_largest_first(self) -> None:
        room = Room(memory=100_000)
        self.assertEqual(room.shortage, "")
        self.listeners = [await self.listen_in(room), await self.listen_in(room)]
        said = self.warnings()
        good = self.connect(self.listeners[0].address)
        good.sendall(b"<13>whole\n<13>be")
        await self.got_frames(1)
        slow = [self.connect(each.address) for each in self.listeners for _ in range(3)]
        for size, sock in zip((25_000, 5_000, 9_000, 30_000, 15_000, 20_000), slow, strict=True):
            sock.sendall(b"<13>" + b"x" * size)
        given_up = 2  # 104,000: without 30,000 and 25,000 there is less than half
        await self.until(
            lambda: self.count("connections_refused", reason="unfinished_frames") == given_up
        )
        self.assertEqual(self.open(), 5)
        good.sendall(b"gun\n")
        slow[1].sendall(b"\n")
        self.assertIn(b"<13>begun", await self.got_frames(3))
        self.assertIn("no room to wait for the end of a frame that 127.0.0.1 has begun", said[0])
