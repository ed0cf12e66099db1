"""The sockets of all workers, and how a worker is given its own."""

from __future__ import annotations

import contextlib  # trial takes a module's `suppress` for its own
import socket
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.trial.unittest import SynchronousTestCase

from collector.inputs.room import Room
from collector.inputs.sockets import ListenError, buffer_of
from collector.listening import Asked
from collector.run.adopted import AdoptedSockets
from collector.run.listeners import Claims, Listeners
from collector.run.passing import Handed, pass_on, passed, passing_pair

TCP = Asked("tcp", "127.0.0.1:0", "r")
UDP = Asked("udp", "127.0.0.1:0", "r", receive_buffer=8192)


class ListenersTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.listeners = Listeners()
        self.addCleanup(self.listeners.close)

    def given(self, asked: Asked, slot: int = 0, workers: int = 1) -> list[socket.socket]:
        return self.listeners.given(asked, Claims(slot, workers))

    def refused(self, asked: Asked, claims: Claims) -> str:
        with self.assertRaises(ListenError) as caught:
            self.listeners.given(asked, claims)
        return str(caught.exception)


class TcpTests(ListenersTests):
    def test_each_worker_has_a_socket_of_its_own_on_one_port(self) -> None:
        one, two = self.given(TCP, 0, 2), self.given(TCP, 1, 2)
        self.assertEqual((len(one), len(two)), (1, 1))
        self.assertNotEqual(one[0].fileno(), two[0].fileno())
        self.assertEqual(one[0].getsockname(), two[0].getsockname())

    def test_the_next_configuration_has_the_same(self) -> None:
        self.assertIs(self.given(TCP)[0], self.given(TCP)[0])

    def test_fewer_workers_serve_all_that_there_are(self) -> None:
        before = [self.given(TCP, slot, 3)[0] for slot in range(3)]
        after = [*self.given(TCP, 0, 2), *self.given(TCP, 1, 2)]
        self.assertEqual(set(after), set(before))

    def test_one_endpoint_is_for_one_component(self) -> None:
        (free,) = self.given(TCP)
        taken = TCP._replace(endpoint=f"127.0.0.1:{free.getsockname()[1]}")
        self.assertIn("another process has this port", self.refused(taken, Claims(0, 1)))
        self.listeners.close()
        claims = Claims(0, 1)
        self.listeners.given(taken, claims)
        why = self.refused(taken, claims)
        self.assertIn("another listener of this configuration does", why)

    def test_any_port_is_another_for_each_that_asks(self) -> None:
        claims = Claims(0, 1)
        (one,), (two,) = self.listeners.given(TCP, claims), self.listeners.given(TCP, claims)
        self.assertNotEqual(one.getsockname(), two.getsockname())

    def test_what_the_kernel_does_not_divide_is_shared(self) -> None:
        """As with another user's sockets, once privileges are dropped."""
        with socket.create_server(("127.0.0.1", 0)) as other:
            (sock,) = self.given(TCP)
            alone = f"127.0.0.1:{other.getsockname()[1]}"
            (bound,) = self.listeners._bound.values()
            bound.sockets = [other.dup()]
            sock.close()
            self.assertEqual(len(self.given(TCP._replace(endpoint=TCP.endpoint), 1, 2)), 1)
            self.assertEqual(bound.sockets[1].getsockname(), other.getsockname(), alone)

    def test_what_is_not_asked_for_any_more_is_closed(self) -> None:
        kept, dropped = self.given(TCP)[0], self.given(UDP)[0]
        claims = Claims(0, 1)
        self.listeners.given(TCP, claims)
        self.listeners.keep(claims)
        self.assertGreaterEqual(kept.fileno(), 0)
        self.assertEqual(dropped.fileno(), -1)

    def test_a_slots_own_sockets_can_be_handed_on(self) -> None:
        self.given(UDP)
        (own,) = self.given(TCP, 1, 2)
        self.assertEqual(list(self.listeners.of_slot(1, 2)), [(TCP, own)])


class OtherTests(ListenersTests):
    def test_a_udp_port_has_one_socket_for_all(self) -> None:
        self.assertIs(self.given(UDP, 0, 2)[0], self.given(UDP, 1, 2)[0])

    def test_by_source_each_worker_has_one_and_each_source_goes_to_one(self) -> None:
        asked = UDP._replace(by_source=True, receive_buffer=1 << 20)
        socks = [self.given(asked, slot, 2)[0] for slot in range(2)]
        self.assertNotEqual(socks[0].fileno(), socks[1].fileno())
        with contextlib.ExitStack() as stack:  # all at once, or a port may come twice
            senders = [
                stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                for _ in range(20)
            ]
            for sender in senders * 5:
                sender.sendto(b"x", socks[0].getsockname())
        counts = [self.read(sock) for sock in socks]
        self.assertEqual(sum(map(len, counts)), 20)
        self.assertEqual({n for count in counts for n in count.values()}, {5})
        self.assertEqual(len(self.given(asked, 0, 1)), 2)

    def read(self, sock: socket.socket) -> Counter[Any]:
        """By source, how many datagrams there are."""
        found: Counter[Any] = Counter()
        with contextlib.suppress(BlockingIOError):
            while True:
                found[sock.recvfrom(10)[1]] += 1
        return found

    def test_a_buffer_grows_and_never_shrinks(self) -> None:
        """Root's may be larger than what is granted once privileges are dropped."""
        sizes = []
        for size in (8192, 16384, 8192):
            (sock,) = self.given(UDP._replace(receive_buffer=size))
            sizes.append(buffer_of(sock))
        self.assertEqual(sizes, [8192, 16384, 16384])

    def test_datagrams_that_the_kernel_drops_are_counted_once(self) -> None:
        (sock,) = self.given(UDP)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(200):
                sender.sendto(b"x" * 500, sock.getsockname())
        ((component, dropped),) = self.listeners.dropped()
        self.assertEqual(component, "r")
        self.assertGreater(dropped, 0)
        self.assertEqual(list(self.listeners.dropped()), [("r", 0)])

    def test_a_unix_socket_has_one_for_all_and_its_file_goes_at_the_end(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "s"
            asked = Asked("unix", str(path), "r", 0o600)
            self.assertIs(self.given(asked, 0, 2)[0], self.given(asked, 1, 2)[0])
            self.assertTrue(path.is_socket())
            self.listeners.close()
            self.assertFalse(path.exists())


class PassingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.ours, theirs = passing_pair()
        self.addCleanup(self.ours.close)
        self.sockets = AdoptedSockets(theirs, reactor, Room())
        self.addCleanup(theirs.close)

    def test_a_worker_is_given_a_socket_that_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            pass_on(self.ours, "", [server])
            (sock,) = self.sockets.open(TCP, lambda *_: None)
        self.addCleanup(sock.close)
        came = passed(self.ours)
        assert came is not None
        self.assertEqual(Asked(*came[0]), TCP)
        self.assertFalse(sock.getblocking())
        socket.create_connection(sock.getsockname()).close()

    def test_what_cannot_be_had_is_an_error_here_too(self) -> None:
        pass_on(self.ours, "another process has this port")
        with self.assertRaisesRegex(ListenError, "another process has this port"):
            self.sockets.open(TCP, lambda *_: None)

    def test_a_supervisor_that_is_gone_is_an_error(self) -> None:
        self.ours.close()
        with self.assertRaises(ListenError):
            self.sockets.open(TCP, lambda *_: None)

    def test_more_sockets_come_to_who_has_asked(self) -> None:
        got: list[socket.socket] = []
        with socket.create_server(("127.0.0.1", 0)) as server:
            pass_on(self.ours, "", [server])
            self.sockets.open(TCP, lambda sock, _: got.append(sock))[0].close()
            pass_on(self.ours, Handed("tcp", TCP.endpoint, None), [server])
            pass_on(self.ours, Handed("tcp", "127.0.0.1:1", None), [server])
        self.sockets.doRead()
        self.sockets.doRead()
        self.assertEqual(len(got), 1)
        got[0].close()
