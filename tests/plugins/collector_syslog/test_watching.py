"""What the receiver tells of its senders: the table of sources, gaps, and clocks."""

from __future__ import annotations

import socket
import time
from typing import Any
from unittest import mock

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Frames
from collector.testing import context
from collector_syslog import seen
from collector_syslog.receiver import SyslogReceiver
from tests.collector.inputs.test_receiver import ReceiverTestCase
from tests.collector.tasks import as_task
from tests.plugins.collector_syslog.test_reader import NOW, Peer, config

IETF = '<34>1 2026-10-11T23:59:5{}Z host app 1 - [meta sequenceId="{}"] text'
SECONDS = 10**9


class WatchingTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.context = context("receiver", "syslog", self.clock)
        self.make()

    def make(self, **options: Any) -> None:
        self.receiver = SyslogReceiver(config(**options), self.context)

    def read(self, *lines: str, ip: str = "192.0.2.1", now: int = NOW) -> None:
        with mock.patch("time.time_ns", return_value=now):
            self.receiver.parse(Frames([(Peer(ip), [line.encode() for line in lines])]))

    def rows(self) -> list[Any]:
        return list(self.context.metrics.tables[-1].read())

    def missing(self, ip: str) -> int:
        return self.context.metrics.get("receiver_missing_sequence_numbers", source=ip)


class TableTests(WatchingTestCase):
    def test_a_source_has_a_row_with_what_is_known_of_it(self) -> None:
        self.read(IETF.format(8, 1), "no pri", IETF.format(9, 2))
        self.read(IETF.format(9, 3), now=NOW + SECONDS // 2)
        self.assertEqual(
            self.rows(),
            [
                {
                    "source": "192.0.2.1",
                    "transport": "",
                    "first_seen": "2026-10-12T00:00:00Z",
                    "last_seen": "2026-10-12T00:00:00Z",
                    "hostname": "host",
                    "format": "rfc5424",
                    "framing": "",
                    "events": 4,
                    "flagged": 1,
                    "flagged_ratio": 0.25,
                    "missing": 0,
                    "clock_skew_seconds": -2.0,
                }
            ],
        )

    def test_the_format_is_guessed(self) -> None:
        for line, name in (
            ("<34>Oct 11 22:14:15 host app: text", "rfc3164"),
            ("<189>1: rtr: Oct 11 22:14:15: %SYS-5-CONFIG_I: text", "mnemonic"),
            ("<6>CEF:0|v|p|1|x|n|3|", "cef"),
            ('{"a": 1}', "json"),
            ("<13>app: text", "no_timestamp"),
            ("text", "text"),
        ):
            self.read(line, ip=name)
            self.assertEqual(self.rows()[0]["format"], name)

    def test_the_last_seen_comes_first_and_the_longest_silent_goes(self) -> None:
        with mock.patch.object(seen, "MOST", 2):
            for ip in ("192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.3"):
                self.read("<13>app: text", ip=ip)
        self.assertEqual([row["source"] for row in self.rows()], ["192.0.2.3", "192.0.2.1"])

    def test_the_table_is_about_the_same_with_other_names_of_attributes(self) -> None:
        self.make(attributes="otel")
        self.read(*[IETF.format(9, n) for n in (1, 3, *range(4, 80))])
        (row,) = self.rows()
        self.assertEqual((row["format"], row["hostname"], row["missing"]), ("rfc5424", "host", 1))

    def test_many_events_of_a_source_cost_as_much_as_one(self) -> None:
        lines = [IETF.format(9, n).replace("sequenceId", "x") for n in range(1000)]
        with mock.patch.object(seen, "form", wraps=seen.form) as form:
            self.read(*lines)
        self.assertEqual(form.call_count, 1)


class SkewTests(WatchingTestCase):
    def skews(self) -> dict[str, float]:
        (group,) = self.context.metrics.groups
        return dict(group.read())

    def test_a_clock_that_is_wrong_is_a_gauge_by_source(self) -> None:
        now = time.time_ns()
        later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now // SECONDS + 3600))
        self.read(f"<34>1 {later} host app - - - text", now=now)
        self.assertLessEqual(3599, self.skews()["192.0.2.1"])

    def test_what_has_no_time_and_who_is_silent_have_none(self) -> None:
        self.read("<13>app: text", now=time.time_ns())
        self.read(IETF.format(9, 1), ip="192.0.2.2", now=time.time_ns() - 7200 * SECONDS)
        self.assertEqual(self.skews(), {})


class GapTests(WatchingTestCase):
    def test_rfc_5424s_numbers_are_followed(self) -> None:
        for n in (1, 2, 4, *range(5, 80)):
            self.read(IETF.format(9, n))
        self.assertEqual(self.missing("192.0.2.1"), 1)
        self.assertEqual(self.rows()[0]["missing"], 1)

    def test_ciscos_are_and_of_two_the_one_of_what_is_sent(self) -> None:
        for n in (1, 2, 5, *range(6, 90)):
            self.read(f"<189>{n}: rtr1: {n * 2:06d}: *Mar  1 18:48:50.483: %SYS-5-CONFIG_I: text")
            self.read(f"<189>{n * 3}: Oct 11 18:48:50: %SYS-5-CONFIG_I: text", ip="192.0.2.2")
        self.assertEqual(self.missing("192.0.2.1"), 2)
        self.assertGreater(self.missing("192.0.2.2"), 100)

    def test_they_are_told_when_somebody_asks(self) -> None:
        self.read(IETF.format(9, 1), IETF.format(9, 3))
        self.context.metrics.text()
        self.assertEqual(self.missing("192.0.2.1"), 0)
        self.clock.advance(6)
        self.context.metrics.text()
        self.assertEqual(self.missing("192.0.2.1"), 1)

    def test_what_is_no_number_is_none(self) -> None:
        self.read(
            '<34>1 - h a - - [meta sequenceId="x"] t', '<34>1 - h a - - [meta sequenceId=""] t'
        )
        self.read('<34>1 - h a - - [meta sequenceId="1" sequenceId="9"] t')
        self.read(f'<34>1 - h a - - [meta sequenceId="{"9" * 5000}"] t')
        self.context.metrics.text()
        self.assertEqual(self.missing("192.0.2.1"), 0)

    def test_an_event_without_a_number_is_not_looked_at(self) -> None:
        with mock.patch("collector_syslog.watching.Sequences.take") as take:
            self.read("<34>Oct 11 22:14:15 host app: text", '<34>1 - h a - - [x y="1"] t')
        take.assert_not_called()


class ListeningTests(ReceiverTestCase):
    async def row_of(self, data: bytes, *, kind: str) -> Any:
        receiver = SyslogReceiver(config(tcp={"endpoint": "127.0.0.1:0"}), self.context)
        await self.start(receiver)
        address = {each.transport: each.address for each in receiver.listening}[kind]
        sock = socket.socket(type=socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
        self.addCleanup(sock.close)
        sock.connect(address)
        sock.send(data)
        await self.bodies(len(self.output.bodies) + 1)
        (row,) = self.context.metrics.tables[-1].read()
        return row["source"], row["transport"], row["framing"]

    @as_task
    async def test_transport_and_framing_are_those_of_the_sender(self) -> None:
        for data, kind, framing in (
            (b"<34>one\n", "tcp", "lf"),
            (b"<34>two\0", "tcp", "nul"),
            (b"7 <34>two", "tcp", "octet_counting"),
            (b"<34>three", "udp", "datagram"),
        ):
            row = await self.row_of(data, kind=kind)
            self.assertEqual(row, ("127.0.0.1", kind, framing))
