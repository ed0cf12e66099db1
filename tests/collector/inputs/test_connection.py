"""Connections: answers that the peer does not take at once wait for it."""

from __future__ import annotations

import socket

from twisted.trial.unittest import SynchronousTestCase

from collector.inputs.connection import MAX_UNSENT, Connection
from collector.inputs.framing import Lines
from collector.inputs.polling import READ, WRITE, new_poll

ANSWER = bytes(range(256)) * 4000  # more than a socket pair holds


class ConnectionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.poll = new_poll()[0]
        ours, self.theirs = socket.socketpair()
        for sock in (ours, self.theirs):
            sock.setblocking(False)
        self.fd = ours.fileno()
        self.connection = Connection(ours, self.poll, Lines(), "192.0.2.1", {}, self)
        for closable in (self.poll, self.theirs, self.connection):  # last in, first closed
            self.addCleanup(closable.close)

    def stalled(self, connection: Connection) -> None:
        connection.close()

    def ended(self, connection: Connection) -> None:
        self.fail("nobody has ended it")

    def established(self, connection: Connection) -> None:
        self.fail("there is no TLS")

    def failed(self, connection: Connection, why: str, shown: str = "") -> None:
        self.fail("there is no TLS")

    def events(self) -> int:
        return sum(events for _, events in self.poll.poll(0, 1))

    def read(self) -> bytes:
        try:
            return self.theirs.recv(1 << 20)
        except BlockingIOError:
            return b""

    def test_a_short_answer_goes_at_once(self) -> None:
        self.connection.write(b"ok")
        self.assertEqual((self.read(), len(self.connection._unsent), self.events()), (b"ok", 0, 0))

    def test_a_long_one_goes_as_the_peer_reads(self) -> None:
        self.connection.write(ANSWER)
        self.assertGreater(len(self.connection._unsent), 0)
        self.connection.write(b"the next")
        got = b""
        while (piece := self.read()) or len(self.connection._unsent):
            got += piece
            if self.events() & WRITE:
                self.connection.written()
        self.assertEqual(got, ANSWER + b"the next")
        self.assertEqual(self.events(), 0)

    def test_a_peer_that_lets_too_much_pile_up_is_closed(self) -> None:
        while self.connection.fd >= 0:
            self.assertLessEqual(len(self.connection._unsent), MAX_UNSENT)
            self.connection.write(ANSWER)
        self.assertEqual(self.poll.poll(0, 1), [])

    def test_an_answer_to_a_peer_that_is_gone_is_lost(self) -> None:
        self.connection.write(ANSWER)
        self.theirs.close()
        self.connection.written()
        self.assertEqual(len(self.connection._unsent), 0)
        self.assertTrue(self.events() & READ)

    def test_closed_it_takes_no_answer(self) -> None:
        self.connection.close()
        self.connection.close()
        self.connection.write(b"late")
        self.assertEqual((len(self.connection._unsent), self.read()), (0, b""))
