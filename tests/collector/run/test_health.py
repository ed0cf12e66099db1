"""Said, read, and how long it has been so."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from collector.faults import QUIET, Faults
from collector.outputs.backoff import State as Sending
from collector.run.health import Health, Reading, outlet_reading
from collector.run.redactor import Redactor


class FakeOutlet:
    state = Sending.OPEN
    reason = ""
    since = 0.0
    is_alarming = False


class HealthTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.health = Health(self.clock, Redactor(["CANARY"]).shown)

    def test_what_was_said_holds_until_something_else_is_said(self) -> None:
        self.health.set("syslog", "receiver", "starting")
        self.clock.advance(5)
        self.health.set("syslog", "receiver", "running")
        self.clock.advance(2)
        (syslog,) = self.health.snapshot()
        self.assertEqual((syslog.id, syslog.kind, syslog.state), ("syslog", "receiver", "running"))
        self.assertEqual(syslog.seconds, 2)

    def test_one_id_in_two_kinds_is_two_components(self) -> None:
        self.health.set("file", "receiver", "running")
        self.health.set("file", "exporter", "failed", "no disk")
        self.assertEqual([each.healthy for each in self.health.snapshot()], [True, False])

    def test_outlet_is_read_when_asked(self) -> None:
        outlet = FakeOutlet()
        self.health.watch("dynatrace", "exporter", lambda: outlet_reading(outlet))
        self.assertEqual(self.health.snapshot()[0].state, "running")
        outlet.state, outlet.reason = Sending.BACKOFF, "HTTP 503"
        (seen,) = self.health.snapshot()
        self.assertEqual((seen.state, seen.reason, seen.healthy), ("retrying", "HTTP 503", True))
        self.clock.advance(30)
        self.assertEqual(self.health.snapshot()[0].seconds, 30)
        outlet.state, outlet.since = Sending.HELD, 30.0
        (seen,) = self.health.snapshot()
        self.assertEqual((seen.state, seen.seconds, seen.healthy), ("held", 0, False))

    def test_reader_may_know_since_when(self) -> None:
        self.clock.advance(100)
        self.health.watch("x", "exporter", lambda: Reading("held", "", 40.0))
        self.assertEqual(self.health.snapshot()[0].seconds, 60)

    def test_what_was_raised_counts_for_a_while_and_not_before_what_needs_an_operator(self) -> None:
        faults, readings = Faults(), [Reading("running")]
        self.health.watch("x", "receiver", lambda: readings[0], faults)
        self.assertEqual(self.health.snapshot()[0].state, "running")
        self.clock.advance(10)
        failure = Failure(ValueError("CANARY is no number"))  # type: ignore[no-untyped-call]
        faults.note(failure, self.clock.seconds())
        self.clock.advance(3)
        (seen,) = self.health.snapshot()
        self.assertEqual((seen.state, seen.seconds, seen.healthy), ("failing", 3, False))
        self.assertEqual(seen.reason, "its code raised ValueError: *** is no number")
        readings[0] = Reading("held", "HTTP 401")
        self.assertEqual(self.health.snapshot()[0].reason, "HTTP 401")
        readings[0] = Reading("running")
        self.clock.advance(QUIET)
        self.assertEqual(self.health.snapshot()[0].state, "running")

    def test_reasons_are_safe_to_show(self) -> None:
        self.health.set("x", "exporter", "held", "token CANARY is wrong\x1b[0m\n")
        self.assertEqual(self.health.snapshot()[0].reason, r"token *** is wrong\x1b[0m\n")
