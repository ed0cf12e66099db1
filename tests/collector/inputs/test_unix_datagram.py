"""Datagrams over a file: who sent them, what slows senders down, and whose the file is."""

from __future__ import annotations

import contextlib  # not its suppress by name: trial would take that for its own
import os
import socket
import stat
import tempfile
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from collector.inputs import datagram
from collector.inputs.sockets import ListenError
from collector.inputs.unix_datagram import UnixDatagramListener, UnixDatagramOptions
from collector.tasks import spawn
from tests.collector.inputs.clients import ListenerTestCase
from tests.collector.tasks import as_task


class UnixDatagramTestCase(ListenerTestCase):
    def setUp(self) -> None:
        super().setUp()
        temporary = tempfile.TemporaryDirectory()  # not mktemp: its path is too long at times
        self.addCleanup(temporary.cleanup)
        self.path = Path(temporary.name) / "log"

    async def listen(self, **options: Any) -> UnixDatagramListener:
        said = UnixDatagramOptions(endpoint=f"unix://{self.path}", **options)
        self.listener = UnixDatagramListener(self.context, said, self.got.append, {"log": "r"})
        self.addCleanup(lambda listener: spawn(listener.stop()), self.listener)
        await self.listener.start()
        return self.listener

    def client(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(sock.close)
        sock.connect(str(self.path))
        sock.setblocking(False)
        return sock

    def fill(self, sock: socket.socket) -> int:
        """Send until there is no room; how many."""
        number = 0
        with contextlib.suppress(BlockingIOError):
            while sock.send(b"%d" % number):
                number += 1
        return number


class ReadTests(UnixDatagramTestCase):
    @as_task
    async def test_each_is_a_frame_of_the_process_that_sent_it(self) -> None:
        await self.listen()
        client = self.client()
        for data in (b"plain", b"nul\0", b"in\nside\n", b"", b"\n"):
            client.send(data)
        self.assertEqual(await self.got_frames(3), [b"plain", b"nul", b"in\nside"])
        expected = {"net.transport": "unix", "log": "r", "process.pid": os.getpid()}
        expected |= {"process.user.id": str(os.getuid())}
        self.assertEqual(self.got[0].resource(0).attributes, expected)
        self.assertEqual(self.count("received_bytes", transport="unix datagram"), 15)

    @as_task
    async def test_where_the_kernel_does_not_say_who_it_is_read_all_the_same(self) -> None:
        (sock,) = (await self.listen())._sockets
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
        self.client().send(b"one")
        self.assertEqual(await self.got_frames(1), [b"one"])
        self.assertEqual(self.got[0].resource(0).attributes, {"net.transport": "unix", "log": "r"})

    @as_task
    async def test_a_longer_one_is_cut_and_flagged(self) -> None:
        self.patch(datagram, "_LARGEST", 10)
        await self.listen()
        self.client().send(b"0123456789abc")
        (frame,) = await self.got_frames(1)
        self.assertEqual((frame, frame.flags), (b"0123456789", ("truncated",)))  # type: ignore[attr-defined]

    @as_task
    async def test_nobody_can_be_answered(self) -> None:
        await self.listen()
        self.client().send(b"one")
        await self.got_frames(1)
        self.got[0].source(0).write(b"thanks")


class PauseTests(UnixDatagramTestCase):
    @as_task
    async def test_senders_wait_for_a_paused_listener_and_nothing_is_lost(self) -> None:
        await self.listen()
        self.listener.pause()
        client = self.client()
        number = self.fill(client)
        self.assertEqual(self.frames, [])
        self.listener.resume()
        await self.got_frames(number)
        self.assertGreater(self.fill(client), 0)

    @as_task
    async def test_what_waits_at_the_end_is_handed_on_and_the_file_is_gone(self) -> None:
        await self.listen()
        self.listener.pause()
        self.listener.resume()
        client = self.client()
        number = self.fill(client)
        await self.listener.quiesce()
        self.assertEqual(len(self.frames), number)
        self.assertRaises(BrokenPipeError, client.send, b"late")
        self.assertFalse(self.path.exists())
        await self.listener.stop()


class FileTests(UnixDatagramTestCase):
    @as_task
    async def test_its_mode_is_as_configured(self) -> None:
        await self.listen(socket_mode="0666")
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o666)

    @as_task
    async def test_one_that_lives_is_left_alone_and_a_dead_one_is_replaced(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.bind(str(self.path))
            with self.assertRaisesRegex(ListenError, "another process listens there"):
                await self.listen()
        await self.listen()
        self.client().send(b"one")
        self.assertEqual(await self.got_frames(1), [b"one"])

    def test_an_endpoint_is_a_path(self) -> None:
        for endpoint in ("127.0.0.1:514", "unix://log", "unix://@log", 7):
            with self.assertRaises(ValidationError):
                UnixDatagramOptions.model_validate({"endpoint": endpoint})
