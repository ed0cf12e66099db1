"""The gate: one failure closes it for all senders, one probe opens it."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.outputs.backoff import HURRIED, MAX_RETRY_AFTER, Gate, State
from collector.outputs.options import RetryOptions


class GateTestCase(SynchronousTestCase):
    """Jitter is at its most, so that every wait is known."""

    def setUp(self) -> None:
        self.patch(random, "uniform", lambda _, most: most)
        self.clock = Clock()
        self.opened = 0
        self.gate = self.make()

    def make(self, **options: float) -> Gate:
        def note() -> None:
            self.opened += 1

        self.opened = 0
        return Gate(self.clock, RetryOptions(**options), note)

    def wait(self) -> float:
        """Seconds until the gate is half open."""
        (timer,) = self.clock.getDelayedCalls()
        seconds: float = timer.getTime() - self.clock.seconds()
        return seconds


class BackoffTests(GateTestCase):
    def test_an_open_gate_admits_everybody(self) -> None:
        self.assertEqual([self.gate.admits() for _ in range(3)], [True] * 3)

    def test_a_failure_closes_it_for_everybody(self) -> None:
        self.gate.failed("503")
        self.assertFalse(self.gate.admits())
        self.assertEqual((self.gate.state, self.gate.reason), (State.BACKOFF, "503"))

    def test_one_probe_goes_when_the_time_is_up(self) -> None:
        self.gate.failed("503")
        self.clock.advance(1)
        self.assertEqual(self.opened, 1)
        self.assertEqual([self.gate.admits() for _ in range(3)], [True, False, False])

    def test_a_probe_that_succeeds_opens_it(self) -> None:
        self.gate.failed("503")
        self.clock.advance(1)
        self.gate.admits()
        self.gate.succeeded()
        self.assertEqual((self.gate.state, self.gate.reason, self.opened), (State.OPEN, "", 2))
        self.assertEqual([self.gate.admits() for _ in range(3)], [True] * 3)

    def test_the_wait_doubles_up_to_its_ceiling_and_starts_anew_after_success(self) -> None:
        waits = []
        for _ in range(8):
            self.gate.failed("503")
            waits.append(self.wait())
            self.clock.advance(waits[-1])
            self.gate.admits()
        self.assertEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60])
        self.gate.succeeded()
        self.gate.failed("503")
        self.assertEqual(self.wait(), 1)

    def test_jitter_is_full(self) -> None:
        asked: list[tuple[float, float]] = []

        def uniform(least: float, most: float) -> float:
            asked.append((least, most))
            return 0.25

        self.patch(random, "uniform", uniform)
        self.gate.failed("503")
        self.assertEqual((asked, self.wait()), ([(0, 1)], 0.25))

    def test_failures_of_one_moment_count_as_one(self) -> None:
        for _ in range(10):
            self.gate.failed("503")
        self.assertEqual(self.wait(), 1)
        self.clock.advance(1)
        self.gate.admits()
        self.gate.failed("503")
        self.assertEqual(self.wait(), 2)

    def test_a_thousand_failures_do_not_overflow(self) -> None:
        for _ in range(1100):
            self.gate.failed("503")
            self.clock.advance(self.wait())
            self.gate.admits()
        self.gate.failed("503")
        self.assertEqual(self.wait(), 60)


class RetryAfterTests(GateTestCase):
    def test_what_the_destination_asks_for_is_the_least(self) -> None:
        self.gate.failed("429", 30)
        self.assertEqual(self.wait(), 30)
        self.gate = self.make()
        self.gate.stop()

    def test_a_shorter_one_does_not_shorten_the_backoff(self) -> None:
        self.gate.failed("429", 0.1)
        self.assertEqual(self.wait(), 1)

    def test_it_is_bounded(self) -> None:
        self.gate.failed("429", 1e9)
        self.assertEqual(self.wait(), MAX_RETRY_AFTER)

    def test_the_longest_of_several_counts(self) -> None:
        self.gate.failed("429", 10)
        self.gate.failed("429", 40)
        self.gate.failed("429", 20)
        self.assertEqual(self.wait(), 40)

    def test_a_request_that_was_on_its_way_does_not_shorten_it(self) -> None:
        self.gate.failed("429", 30)
        self.gate.succeeded()
        self.assertFalse(self.gate.admits())
        self.assertEqual((self.wait(), self.gate.state), (30, State.BACKOFF))


class HoldTests(GateTestCase):
    def test_probes_are_slow_and_become_slower(self) -> None:
        waits = []
        for _ in range(6):
            self.gate.held("401")
            waits.append(self.wait())
            self.clock.advance(waits[-1])
            self.gate.admits()
        self.assertEqual(waits, [60, 120, 240, 480, 900, 900])

    def test_it_recovers(self) -> None:
        self.gate.held("401")
        self.assertEqual((self.gate.state, self.gate.reason), (State.HELD, "401"))
        self.clock.advance(60)
        self.assertTrue(self.gate.admits())
        self.gate.succeeded()
        self.assertEqual(self.gate.state, State.OPEN)
        self.gate.held("401")
        self.assertEqual(self.wait(), 60)

    def test_several_at_once_count_as_one(self) -> None:
        self.gate.held("401")
        self.gate.held("401")
        self.gate.failed("503")
        self.assertEqual((self.wait(), self.gate.state), (60, State.HELD))

    def test_a_hold_is_stronger_than_a_backoff(self) -> None:
        self.gate.failed("503")
        self.gate.held("401")
        self.assertEqual((self.wait(), self.gate.state), (60, State.HELD))

    def test_since_says_when_the_state_began(self) -> None:
        self.clock.advance(5)
        self.gate.held("401")
        self.clock.advance(60)
        self.gate.held("402")
        self.assertEqual((self.gate.since, self.gate.reason), (5, "402"))


class HurryTests(GateTestCase):
    def test_probes_at_once_and_then_often(self) -> None:
        self.gate.held("401")
        self.gate.hurry()
        self.assertEqual(self.opened, 1)
        self.assertTrue(self.gate.admits())
        self.gate.failed("503", 500)
        self.assertEqual(self.wait(), HURRIED)

    def test_an_open_gate_stays_open(self) -> None:
        self.gate.hurry()
        self.assertEqual((self.opened, self.gate.admits()), (0, True))

    def test_stop_leaves_no_timer(self) -> None:
        self.gate.failed("503")
        self.gate.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class AnyOrderTests(GateTestCase):
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["admits", "succeeded", "failed", "after", "held", "wait"]),
                st.floats(0, 100),
            )
        )
    )
    def test_a_closed_gate_always_opens_again(self, steps: list[tuple[str, float]]) -> None:
        """Whatever comes in whatever order, there is a timer or somebody may go."""
        gate = self.make()
        out = 0
        for step, seconds in steps:
            if step == "admits":
                out += gate.admits()
            elif step == "wait":
                self.clock.advance(seconds)
            elif out:
                out -= 1
                self.report(gate, step, seconds)
            waiting = bool(self.clock.getDelayedCalls())
            self.assertTrue(waiting or out or gate.admits())
            out += not (waiting or out)
        gate.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def report(self, gate: Gate, step: str, seconds: float) -> None:
        if step == "after":
            gate.failed("429", seconds)
        elif step == "succeeded":
            gate.succeeded()
        else:
            call: Any = getattr(gate, step)
            call("no")
