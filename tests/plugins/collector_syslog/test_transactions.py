"""A RELP session: which answers are written, in which order, and when the connection ends."""

from __future__ import annotations

from typing import cast

from twisted.trial.unittest import SynchronousTestCase

from collector.api import Outcome, Resource
from collector_syslog.transactions import Session, Window

OPEN = b"1 open 31 relp_version=0\ncommands=syslog\n\n"
CLOSING = b"0 serverclose 0\n"
DELIVERED, RETRY, REJECTED = Outcome.DELIVERED, Outcome.RETRY, Outcome.REJECTED


class Listening:
    """A peer that reads everything."""

    ip = "192.0.2.1"
    resource = Resource({})
    unsent = 0

    def __init__(self) -> None:
        self.said = b""
        self.ended = False

    def write(self, data: bytes) -> None:
        self.said += data

    def pause(self) -> None:
        pass

    def resume(self) -> None:
        pass

    def end(self) -> None:
        self.ended = True

    def hang_up(self) -> None:
        raise AssertionError("it would have no answers")


def message(number: int, text: bytes = b"<13>hello") -> bytes:
    return b"%d syslog %d %b\n" % (number, len(text), text)


def ok(*numbers: int) -> bytes:
    return b"".join(b"%d rsp 6 200 OK\n" % number for number in numbers)


class SessionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.peer = Listening()
        self.session = Session(480)
        self.session.begin(self.peer)

    def feed(self, data: bytes) -> Window:
        return cast("Window", self.session.feed(data))

    def open(self) -> None:
        self.feed(OPEN)
        self.assertTrue(self.peer.said.startswith(b"1 rsp "), self.peer.said)
        self.assertIn(b" 200 OK\nrelp_version=0\n", self.peer.said)
        self.peer.said = b""

    def test_a_message_is_answered_when_it_is_safe(self) -> None:
        self.open()
        window = self.feed(message(2) + message(3, b"two\n"))
        self.assertEqual(window, [b"<13>hello", b"two"])
        self.assertEqual(self.peer.said, b"")
        window.settle(DELIVERED)
        self.assertEqual(self.peer.said, ok(2, 3))

    def test_answers_keep_the_order_of_the_messages(self) -> None:
        self.open()
        first, second = self.feed(message(2)), self.feed(message(3))
        second.settle(DELIVERED)
        self.assertEqual(self.peer.said, b"")
        first.settle(DELIVERED)
        self.assertEqual(self.peer.said, ok(2, 3))

    def test_a_message_that_is_not_safe_has_no_answer_and_ends_the_connection(self) -> None:
        self.open()
        first, second, third = (self.feed(message(n)) for n in (2, 3, 4))
        for window, outcome in ((third, DELIVERED), (first, DELIVERED), (second, RETRY)):
            window.settle(outcome)
        self.assertEqual(self.peer.said, ok(2) + CLOSING)
        self.assertTrue(self.peer.ended)

    def test_what_will_never_be_taken_is_refused(self) -> None:
        self.open()
        self.feed(message(2)).settle(REJECTED)
        self.assertEqual(self.peer.said, b"2 rsp 21 500 never to be taken\n")
        self.assertFalse(self.peer.ended)

    def test_an_empty_message_is_answered_in_its_turn(self) -> None:
        self.open()
        window = self.feed(message(2))
        self.assertEqual(self.feed(message(3, b"") + message(4, b"\n")), [])
        self.assertEqual(self.peer.said, b"")
        window.settle(DELIVERED)
        self.assertEqual(self.peer.said, ok(2, 3, 4))

    def test_close_is_answered_behind_the_last_message(self) -> None:
        self.open()
        window = self.feed(message(2) + b"3 close 0\n" + message(4))
        self.assertEqual(window, [b"<13>hello"])
        window.settle(DELIVERED)
        self.assertEqual(self.peer.said, ok(2) + b"3 rsp 0\n" + CLOSING)
        self.assertTrue(self.peer.ended)

    def test_an_unknown_command_costs_only_itself(self) -> None:
        self.open()
        self.feed(b"2 starttls 0\n" + message(3)).settle(DELIVERED)
        self.assertEqual(self.peer.said, b"2 rsp 19 500 unknown command\n" + ok(3))

    def test_a_message_before_open_is_refused(self) -> None:
        self.assertEqual(self.feed(message(1)), [])
        self.assertEqual(self.peer.said, b"1 rsp 22 500 no session is open\n" + CLOSING)
        self.assertTrue(self.peer.ended)

    def test_offers_that_cannot_be_met_end_the_connection(self) -> None:
        self.feed(b"1 open 17 commands=eventlog\n")
        self.assertIn(b"500 relp_version is not offered", self.peer.said)
        self.assertTrue(self.peer.ended)

    def test_at_the_end_of_the_process_the_last_answers_are_written(self) -> None:
        self.open()
        window = self.feed(message(2))
        self.session.finish()
        self.assertFalse(self.peer.ended)
        window.settle(DELIVERED)
        self.assertEqual(self.peer.said, ok(2) + CLOSING)
        self.assertTrue(self.peer.ended)

    def test_for_another_process_it_ends_behind_the_last_answer(self) -> None:
        self.open()
        window = self.feed(message(2))
        self.session.part()
        self.assertFalse(self.peer.ended)
        self.assertEqual(self.feed(message(3)), [])
        self.peer.said = b""
        window.settle(DELIVERED)
        self.assertEqual((self.peer.said, self.peer.ended), (ok(2) + CLOSING, True))

    def test_a_quiet_session_is_told_at_once(self) -> None:
        self.open()
        self.session.finish()
        self.assertEqual((self.peer.said, self.peer.ended), (CLOSING, True))

    def test_an_outcome_after_the_end_is_nobodys(self) -> None:
        self.open()
        window = self.feed(message(2))
        self.session.closed()
        window.settle(DELIVERED)
        self.assertEqual(self.peer.said, b"")

    def test_before_a_handshake_is_done_there_is_nobody_to_tell(self) -> None:
        self.assertEqual(Session(480).finish(), [])
