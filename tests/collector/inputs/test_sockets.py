"""Listening sockets, and what is said when there is none."""

from __future__ import annotations

import errno
import socket
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from collector.inputs import sockets
from collector.inputs.sockets import (
    ListenError,
    buffer_of,
    datagram_socket,
    grow_buffer,
    peer_address,
    stream_socket,
)


class SocketTestCase(SynchronousTestCase):
    def stream(self, endpoint: str = "127.0.0.1:0") -> socket.socket:
        sock = stream_socket(endpoint)
        self.addCleanup(sock.close)
        return sock

    def datagram(self, endpoint: str = "127.0.0.1:0", buffer: int = 65536) -> socket.socket:
        sock = datagram_socket(endpoint, buffer)
        self.granted = buffer_of(sock)
        self.addCleanup(sock.close)
        return sock


class ListenTests(SocketTestCase):
    def test_sockets_do_not_block(self) -> None:
        self.assertRaises(BlockingIOError, self.stream().accept)
        self.assertRaises(BlockingIOError, self.datagram().recv, 1)

    def test_two_colons_listen_on_both_families(self) -> None:
        listening = self.stream("[::]:0")
        port = listening.getsockname()[1]
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, port)).close()
            sock, address = listening.accept()
            sock.close()
            self.assertEqual(peer_address(address)[0], host)

    def test_two_colons_are_all_of_ipv4_where_there_is_no_ipv6(self) -> None:
        self.without_ipv6()
        self.assertEqual(self.stream("[::]:0").getsockname()[0], "0.0.0.0")
        self.assertEqual(self.datagram("[::]:0").getsockname()[0], "0.0.0.0")

    def test_one_address_of_ipv6_is_not_all_of_ipv4(self) -> None:
        self.without_ipv6()
        self.assertRaises(ListenError, self.stream, "[::1]:0")

    def without_ipv6(self) -> None:
        class Kernel(socket.socket):
            def __init__(self, family: int, kind: int) -> None:
                if family == socket.AF_INET6:
                    raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
                super().__init__(family, kind)

        self.patch(socket, "socket", Kernel)

    def test_a_buffer_is_granted_as_it_was_asked_for(self) -> None:
        self.datagram(buffer=8192)
        self.assertEqual(self.granted, 8192)

    def test_a_buffer_larger_than_an_int_is_no_error(self) -> None:
        sock = self.datagram()
        grow_buffer(sock, 1 << 40)
        self.assertGreater(buffer_of(sock), 0)

    def test_without_the_privilege_the_kernel_gives_what_it_will(self) -> None:
        self.patch(sockets, "_SO_RCVBUFFORCE", 9999)
        self.datagram(buffer=8192)
        self.assertEqual(self.granted, 8192)


class ErrorTests(SocketTestCase):
    def refused(self, call: Any, *args: Any) -> str:
        return str(self.assertRaises(ListenError, call, *args))

    def test_a_port_in_use(self) -> None:
        port = self.stream().getsockname()[1]
        said = self.refused(self.stream, f"127.0.0.1:{port}")
        self.assertIn(f"cannot listen on 127.0.0.1:{port} (TCP): another process has", said)
        self.assertIn("ss -lnp", said)
        port = self.datagram().getsockname()[1]
        self.assertIn("(UDP)", self.refused(self.datagram, f"127.0.0.1:{port}"))

    def test_an_address_of_another_machine(self) -> None:
        said = self.refused(self.stream, "192.0.2.1:0")
        self.assertIn("this machine does not have that address", said)

    def test_a_name_nobody_knows(self) -> None:
        def unknown(*_: Any, **__: Any) -> None:
            raise socket.gaierror(-2, "Name or service not known")

        self.patch(socket, "getaddrinfo", unknown)
        self.assertIn("no such address (Name", self.refused(self.stream, "nowhere.invalid:1"))

    def test_a_privileged_port(self) -> None:
        def denied(*_: Any, **__: Any) -> None:
            raise PermissionError(errno.EACCES, "Permission denied")

        self.patch(sockets, "_bind", denied)
        self.assertIn(
            "need root or CAP_NET_BIND_SERVICE", self.refused(self.stream, "127.0.0.1:514")
        )
        said = self.refused(self.stream, "127.0.0.1:5514")
        self.assertEqual(said, "cannot listen on 127.0.0.1:5514 (TCP): Permission denied")


class PeerTests(SynchronousTestCase):
    def test_ipv4_is_ipv4_whatever_the_socket(self) -> None:
        for address, wanted in {
            ("192.0.2.1", 5): ("192.0.2.1", 5),
            ("::ffff:192.0.2.1", 5, 0, 0): ("192.0.2.1", 5),
            ("2001:db8::1", 5, 0, 0): ("2001:db8::1", 5),
            ("fe80::1%eth0", 5, 0, 2): ("fe80::1", 5),
        }.items():
            self.assertEqual(peer_address(address), wanted)
