"""Sockets that were opened before we were started."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from collector.listening import Asked
from collector.run.activation import Inherited

FIRST = 900


class InheritedTests(SynchronousTestCase):
    def inherit(self, *sockets: socket.socket, pid: int | None = None) -> Inherited:
        for n, sock in enumerate(sockets):
            os.dup2(sock.fileno(), FIRST + n)
            sock.close()
        self.environment = {
            "LISTEN_PID": str(pid or os.getpid()),
            "LISTEN_FDS": str(len(sockets)),
            "LISTEN_FDNAMES": "a:b",
            "HOME": "/",
        }
        found = Inherited(self.environment, FIRST)
        self.addCleanup(found.close)
        return found

    def tcp(self, host: str = "127.0.0.1") -> tuple[socket.socket, int]:
        sock = socket.create_server((host, 0))
        return sock, sock.getsockname()[1]

    def took(self, inherited: Inherited, asked: Asked) -> bool:
        sock = inherited.take(asked)
        if sock is not None:
            self.assertFalse(sock.getblocking())
            sock.close()
        return sock is not None

    def test_the_one_of_the_same_address_is_given(self) -> None:
        sock, port = self.tcp()
        inherited = self.inherit(sock)
        self.assertFalse(self.took(inherited, Asked("udp", f"127.0.0.1:{port}")))
        self.assertFalse(self.took(inherited, Asked("tcp", f"[::]:{port}")))
        self.assertFalse(self.took(inherited, Asked("tcp", "127.0.0.1:0")))
        self.assertEqual(inherited.left(), [f"127.0.0.1:{port}"])
        self.assertTrue(self.took(inherited, Asked("tcp", f"localhost:{port}")))
        self.assertTrue(self.took(inherited, Asked("tcp", f"127.0.0.1:{port}")))
        self.assertEqual(inherited.left(), [])

    def test_all_addresses_are_the_same_however_they_are_written(self) -> None:
        sock, port = self.tcp("0.0.0.0")
        inherited = self.inherit(sock)
        for endpoint in (f"[::]:{port}", f":{port}", f"0.0.0.0:{port}"):
            self.assertTrue(self.took(inherited, Asked("tcp", endpoint)), endpoint)

    def test_datagrams_and_unix_sockets(self) -> None:
        path = str(Path(self.mktemp()).absolute())[-100:].replace("/", "_")
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        port = udp.getsockname()[1]
        unix = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        unix.bind(path)
        inherited = self.inherit(udp, unix)
        self.assertTrue(self.took(inherited, Asked("udp", f"127.0.0.1:{port}")))
        self.assertFalse(self.took(inherited, Asked("unix", path)))
        self.assertEqual(inherited.left(), [f"unix://{path}"])
        self.assertTrue(self.took(inherited, Asked("unix_datagram", path)))

    def test_those_of_another_process_are_not_ours(self) -> None:
        sock, port = self.tcp()
        inherited = self.inherit(sock, pid=os.getpid() + 1)
        self.assertFalse(self.took(inherited, Asked("tcp", f"127.0.0.1:{port}")))
        os.close(FIRST)

    def test_our_own_children_hear_nothing_of_it(self) -> None:
        self.inherit()
        self.assertEqual(self.environment, {"HOME": "/"})
        self.assertEqual(Inherited({"LISTEN_PID": "x", "LISTEN_FDS": "many"}).left(), [])
