"""Poll objects: epoll, and what stands in for it elsewhere."""

from __future__ import annotations

import selectors
import socket

from twisted.trial.unittest import SynchronousTestCase

from collector.inputs import polling
from collector.inputs.polling import READ, WRITE, Poll, SelectorPoll, new_poll


class PollTests(SynchronousTestCase):
    def make(self) -> Poll:
        return new_poll()[0]

    def setUp(self) -> None:
        self.poll = self.make()
        self.ours, self.theirs = socket.socketpair()
        for closable in (self.poll, self.ours, self.theirs):
            self.addCleanup(closable.close)

    def test_tells_what_has_something(self) -> None:
        fd = self.ours.fileno()
        self.poll.register(fd, READ)
        self.assertEqual(self.poll.poll(0, 10), [])
        self.theirs.send(b"x")
        self.assertEqual(self.poll.poll(0, 10), [(fd, READ)])
        self.poll.modify(fd, READ | WRITE)
        self.assertEqual(self.poll.poll(0, 10), [(fd, READ | WRITE)])
        self.poll.unregister(fd)
        self.assertEqual(self.poll.poll(0, 10), [])

    def test_tells_no_more_than_asked_for(self) -> None:
        for sock in (self.ours, self.theirs):
            self.poll.register(sock.fileno(), WRITE)
        self.assertEqual(len(self.poll.poll(0, 1)), 1)
        self.assertEqual(len(self.poll.poll(0, 2)), 2)


class SelectorPollTests(PollTests):
    def make(self) -> Poll:
        return SelectorPoll(selectors.DefaultSelector())

    def test_stands_in_where_there_is_no_epoll(self) -> None:
        self.patch(polling, "select", object())
        poll, fileno = new_poll()
        self.addCleanup(poll.close)
        self.assertEqual((type(poll), fileno), (SelectorPoll, None))
