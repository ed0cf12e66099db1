"""UNIX sockets of stream listeners: who may connect, and whose the file is."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import tempfile
from pathlib import Path
from typing import Any

from collector.inputs import socket_file
from collector.inputs.autoframing import AutoFraming
from collector.inputs.socket_file import remove_dead
from collector.inputs.sockets import ListenError
from collector.inputs.stream import StreamListener
from tests.collector.inputs.test_stream import StreamTestCase
from tests.collector.tasks import as_task


class UnixTestCase(StreamTestCase):
    def setUp(self) -> None:
        super().setUp()
        temporary = tempfile.TemporaryDirectory()  # not mktemp: its path is too long at times
        self.addCleanup(temporary.cleanup)
        self.path = Path(temporary.name) / "in.sock"

    def dial(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        self.addCleanup(sock.close)
        sock.connect(str(self.path))
        return sock

    async def listen_there(self, **options: Any) -> StreamListener:
        return await self.listen(endpoint=f"unix://{self.path}", **options)

    async def refused(self) -> str:
        with self.assertRaises(ListenError) as caught:
            await self.listen_there()
        return str(caught.exception)

    @property
    def mode(self) -> int:
        return stat.S_IMODE(self.path.stat().st_mode)


class ReadTests(UnixTestCase):
    @as_task
    async def test_lines_come_from_this_machine(self) -> None:
        listener = await self.listen_there()
        self.dial().sendall(b"one\ntwo\n")
        self.assertEqual(await self.got_frames(2), [b"one", b"two"])
        self.assertEqual(
            self.got[0].resource(0).attributes, {"net.transport": "unix", "listener": "r"}
        )
        self.assertEqual((listener.transport, listener.address), ("unix", (str(self.path), 0)))
        self.assertEqual(self.count("received_bytes", transport="unix"), 8)

    @as_task
    async def test_another_protocol_is_told_by_the_path(self) -> None:
        await self.listen(AutoFraming, endpoint=f"unix://{self.path}")
        said = self.warnings()
        sock = self.dial()
        sock.sendall(b"\x16\x03\x01\x00")
        self.assertEqual(await asyncio.to_thread(sock.recv, 1), b"")
        (line,) = said
        self.assertIn(f"unix speaks TLS to the plain UNIX socket {self.path}", line)

    @as_task
    async def test_connections_of_this_machine_are_not_counted_against_it(self) -> None:
        await self.listen_there(max_connections_per_source=1)
        for sock in [self.dial() for _ in range(3)]:
            sock.sendall(b"x\n")
        await self.got_frames(3)


class FileTests(UnixTestCase):
    @as_task
    async def test_the_mode_is_as_configured_whatever_the_umask(self) -> None:
        for options, mode in (({}, 0o660), ({"socket_mode": "0606"}, 0o606)):
            before = os.umask(0o077)
            try:
                listener = await self.listen_there(**options)
            finally:
                self.assertEqual(os.umask(before), 0o077)
            self.assertEqual(self.mode, mode)
            await listener.stop()

    @as_task
    async def test_the_file_of_a_killed_process_is_replaced(self) -> None:
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(self.path))
            dead.listen()
        await self.listen_there()
        self.dial().sendall(b"x\n")
        await self.got_frames(1)

    @as_task
    async def test_one_that_lives_is_an_error(self) -> None:
        first = await self.listen_there()
        why = await self.refused()
        self.assertIn(f"cannot listen on unix://{self.path}: another process listens there", why)
        self.listener = first
        self.dial().sendall(b"x\n")
        await self.got_frames(1)

    def test_one_that_is_too_busy_to_accept_lives(self) -> None:
        with socket.socket(socket.AF_UNIX) as busy, socket.socket(socket.AF_UNIX) as waiting:
            busy.bind(str(self.path))
            busy.listen(0)
            waiting.connect(str(self.path))
            self.assertFalse(remove_dead(self.path))

    @as_task
    async def test_what_is_no_socket_is_left_alone(self) -> None:
        self.path.write_text("precious")
        self.assertIn("is not a socket: move it away", await self.refused())
        self.assertEqual(self.path.read_text(), "precious")

    @as_task
    async def test_a_directory_that_is_missing_is_named(self) -> None:
        self.path = self.path.parent / "none" / "in.sock"
        self.assertIn(f"there is no directory {self.path.parent}", await self.refused())

    @as_task
    async def test_a_directory_that_others_own_is_named(self) -> None:
        def forbidden(*_: object) -> socket.socket:
            raise PermissionError

        self.patch(socket_file, "socket_at", forbidden)
        self.assertIn(f"this user may not write to {self.path.parent}", await self.refused())

    @as_task
    async def test_a_long_path_works(self) -> None:
        self.path = self.path.parent / ("d" * 150) / "in.sock"
        self.path.parent.mkdir()
        listener = await self.listen_there()
        self.assertEqual(self.mode, 0o660)
        await listener.stop()
        self.assertFalse(self.path.exists())

    @as_task
    async def test_nobody_comes_in_after_quiesce_and_the_file_is_gone(self) -> None:
        listener = await self.listen_there()
        sock = self.dial()
        sock.sendall(b"x\n")
        await self.got_frames(1)
        await listener.quiesce()
        self.assertFalse(self.path.exists())
        self.got[0].reply(0, b"ok")
        self.assertEqual(await asyncio.to_thread(sock.recv, 9), b"ok")

    @as_task
    async def test_the_file_of_a_successor_is_not_removed(self) -> None:
        listener = await self.listen_there()
        self.path.unlink()
        with socket.socket(socket.AF_UNIX) as successor:
            successor.bind(str(self.path))
            await listener.stop()
            self.assertTrue(self.path.is_socket())

    @as_task
    async def test_a_file_that_is_gone_already_is_no_trouble(self) -> None:
        listener = await self.listen_there()
        self.path.unlink()
        await listener.stop()
