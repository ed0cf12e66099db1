"""What systemd is told."""

from __future__ import annotations

import socket
from pathlib import Path
from unittest import mock

from twisted.trial.unittest import SynchronousTestCase

from collector.run.notify import notify, reloading


class NotifyTests(SynchronousTestCase):
    def listen(self, address: str) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(sock.close)
        sock.bind(address)
        sock.setblocking(False)
        return sock

    def test_states_are_lines_of_one_datagram(self) -> None:
        Path("there").touch()
        path = Path("notify.sock").absolute()
        sock = self.listen("notify.sock")
        with mock.patch.dict("os.environ", NOTIFY_SOCKET=f"/proc/self/cwd/{path.name}"):
            notify("READY=1", "STATUS=workers: 2")
        self.assertEqual(sock.recv(100), b"READY=1\nSTATUS=workers: 2")

    def test_the_socket_may_have_no_file(self) -> None:
        sock = self.listen("\0collector-notify-test")
        with mock.patch.dict("os.environ", NOTIFY_SOCKET="@collector-notify-test"):
            notify(*reloading())
        self.assertRegex(sock.recv(100), rb"^RELOADING=1\nMONOTONIC_USEC=\d+$")

    def test_nobody_need_listen(self) -> None:
        for place in ("", "relative", "/nowhere/at/all", "@nobody-is-here"):
            with mock.patch.dict("os.environ", NOTIFY_SOCKET=place):
                notify("READY=1")
