"""Messages in parts: whole again in any order, bounded, and never lost."""

from __future__ import annotations

from typing import Any
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.api import FLAGS_KEY, Event, Frames, Outcome, Resource
from collector.testing import RecordingOutput, context
from collector_syslog import parts
from collector_syslog.parts import Parts
from collector_syslog.receiver import SyslogReceiver
from collector_syslog.transactions import Session
from tests.plugins.collector_syslog.test_reader import Peer, config
from tests.plugins.collector_syslog.test_transactions import OPEN, message

PEER = Resource({"net.peer.ip": "192.0.2.1"})


def part(index: int, count: int, id: str = "7", text: str = "") -> Event:
    said = {"syslog.part.id": id, "syslog.part.count": count, "syslog.part.index": index}
    return Event(1, text or f"{index},", said, resource=PEER)


def line(text: str, pid: str = "1") -> Event:
    said = {"syslog.hostname": "esx", "syslog.appname": "Hostd", "syslog.proc_id": pid}
    return Event(1, text, said, resource=PEER)


class PartsTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.parts = Parts(self.clock.seconds, 2.0, set(), lambda _: None)

    def joined(self, *events: Event) -> list[str]:
        return [event.body for event in self.parts.joined(events)]


class NumberedTests(PartsTestCase):
    @given(st.permutations(range(6)))
    def test_the_order_does_not_matter(self, order: list[int]) -> None:
        self.setUp()
        (event,) = self.parts.joined([part(index, 6) for index in order])
        self.assertEqual(event.body, "0,1,2,3,4,5,")
        self.assertEqual(event.attributes, {"syslog.part.id": "7", "syslog.part.count": 6})
        self.assertEqual((len(self.parts), self.parts.given_up), (0, 0))

    def test_parts_of_other_messages_and_hosts_are_others(self) -> None:
        other = part(1, 2)
        other.attributes["syslog.hostname"] = "other"
        self.assertEqual(self.joined(part(0, 2), part(1, 2, "8"), part(1, 3), other), [])
        self.assertEqual(self.joined(part(1, 2)), ["0,1,"])

    def test_what_is_overdue_goes_on_flagged(self) -> None:
        self.joined(part(1, 3), part(0, 3))
        self.clock.advance(1.9)
        self.assertEqual(self.parts.overdue(), [])
        self.clock.advance(0.1)
        (event,) = self.parts.overdue()
        self.assertEqual(
            (event.body, event.attributes[FLAGS_KEY]), ("0,1,", ["incomplete_message"])
        )
        self.assertEqual(self.parts.given_up, 1)

    def test_what_comes_twice_or_cannot_be_goes_on_flagged(self) -> None:
        self.assertEqual(
            self.joined(part(0, 2), part(0, 2), part(5, 2), part(0, 0)), ["0,", "5,", "0,"]
        )
        self.assertEqual(self.parts.given_up, 3)

    def test_nothing_grows_and_nothing_is_lost(self) -> None:
        with mock.patch.multiple(parts, _MOST=10, _LONGEST=100, _ALL=150):
            sent = [part(n % 3, 9, str(n), "x" * (1 + n % 120)) for n in range(1000)]
            found = self.joined(*sent)
            self.assertLessEqual(len(self.parts), 10)
        found += [event.body for event in self.parts.all()]
        self.assertEqual(sorted(found), sorted("x" * (1 + n % 120) for n in range(1000)))


class LineTests(PartsTestCase):
    def test_further_lines_belong_to_the_one_before(self) -> None:
        self.joined(line("--> lost"))
        found = self.joined(
            line("one"), line("--> two"), line("-->"), line("-->  four"), line("five")
        )
        self.assertEqual(found, ["lost", "one\ntwo\n\n four"])
        self.clock.advance(2)
        self.assertEqual([event.body for event in self.parts.overdue()], ["five"])
        self.assertEqual(self.parts.given_up, 1)

    def test_programs_that_never_do_so_do_not_wait(self) -> None:
        self.assertFalse(self.parts.concerns([line("one")]))
        self.assertEqual(self.joined(line("one"), line("two")), ["one", "two"])

    def test_threads_are_told_apart(self) -> None:
        self.joined(line("--> x"))
        self.joined(line("one", "1"), line("two", "2"), line("--> more", "1"))
        self.assertEqual([event.body for event in self.parts.all()], ["one\nmore", "two"])


class ReceiverTests(SynchronousTestCase):
    ISE = "<181>Oct 11 22:14:15 ise CISE_Passed 000{} 2 {} {}"

    def setUp(self) -> None:
        self.clock = Clock()
        self.context = context("receiver", "syslog", self.clock)
        options = config(join_parts=True, keep_raw=True)
        self.receiver = SyslogReceiver(options, self.context)
        self.receiver.output = self.output = RecordingOutput()

    def take(self, *lines: str) -> None:
        self.receiver._received(Frames([(Peer("192.0.2.1"), [line.encode() for line in lines])]))

    def test_parts_of_several_reads_are_one_event(self) -> None:
        first, second = self.ISE.format(7, 0, "a=1,"), self.ISE.format(7, 1, "b=2")
        self.take(first, "<13>app: other")
        self.take(second)
        self.assertEqual(self.output.bodies, ["other", "a=1,b=2"])
        event = self.output.events[1]
        self.assertEqual(event.attributes["log.record.original"], f"{first}\n{second}")
        self.assertEqual(event.resource.attributes["net.peer.ip"], "192.0.2.1")
        self.clock.advance(5)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_what_a_frame_is_flagged_for_stays_with_its_event(self) -> None:
        self.take(self.ISE.format(7, 0, "a"))
        frames = [b"<13>no text: \xe4", self.ISE.format(7, 1, "b").encode()]
        self.receiver._received(Frames([(Peer("192.0.2.1"), frames)]))
        flags = [event.attributes.get(FLAGS_KEY) for event in self.output.events]
        self.assertEqual(flags, [["invalid_utf8"], None])
        self.assertEqual(self.context.metrics.get("receiver_flagged_log_records"), 1)

    def test_what_the_whole_body_says_is_said(self) -> None:
        options = config(join_parts=True, parse_body="key_value")
        self.receiver = SyslogReceiver(options, self.context)
        self.receiver.output = self.output
        self.take(self.ISE.format(7, 0, "a=1 b=2"), self.ISE.format(7, 1, "34 c=5"))
        said = self.output.events[0].attributes
        self.assertEqual([said[f"key_value.{key}"] for key in "abc"], ["1", "234", "5"])

    def test_what_stays_unfinished_is_handed_on_in_time(self) -> None:
        self.take(self.ISE.format(7, 1, "b"))
        self.clock.pump([1.0] * 3)
        self.assertEqual(self.output.bodies, ["b"])
        self.assertEqual(self.context.metrics.get("receiver_flagged_log_records"), 1)

    def test_a_stop_hands_it_on(self) -> None:
        self.take(self.ISE.format(7, 1, "b"))
        with self.assertRaises(StopIteration):  # it waits for nothing
            self.receiver.quiesce().send(None)
        self.assertEqual(self.output.bodies, ["b"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_what_is_answered_does_not_wait(self) -> None:
        session = Session(65536)
        session.begin(mock.Mock())
        sent = [self.ISE.format(7, 0, "a"), self.ISE.format(7, 1, "b"), self.ISE.format(8, 0, "c")]
        data = OPEN + b"".join(message(n, text.encode()) for n, text in enumerate(sent, 2))
        cut: Any = session.feed(data)
        self.receiver._received(Frames([(Peer("192.0.2.1"), cut)]), acknowledged=True)
        self.assertEqual(self.output.bodies, ["ab", "c"])
        self.assertEqual(self.output.acked, [True])
        self.assertIs(cut.outcome, Outcome.DELIVERED)

    def test_otel_names_and_joining_cannot_be_had_together(self) -> None:
        with self.assertRaisesRegex(ValueError, "leave one of them out"):
            config(join_parts=True, attributes="otel")
