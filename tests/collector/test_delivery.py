"""Deliveries: every one fires once, with the worst of its parts, or at its deadline."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.delivery import Deadlines, Delivery, Outcome

DELIVERED, RETRY, REJECTED = Outcome


class DeliveryTests(SynchronousTestCase):
    def test_waits_for_every_part(self) -> None:
        delivery = Delivery(2)
        delivery.settle(DELIVERED)
        self.assertFalse(delivery.settled)
        delivery.settle(DELIVERED)
        self.assertEqual(self.successResultOf(delivery.outcome), DELIVERED)

    @given(st.lists(st.sampled_from(Outcome), min_size=1))
    def test_the_worst_outcome_wins(self, outcomes: list[Outcome]) -> None:
        delivery = Delivery(len(outcomes))
        for outcome in outcomes:
            delivery.settle(outcome)
        self.assertEqual(self.successResultOf(delivery.outcome), max(outcomes))

    def test_a_split_adds_parts(self) -> None:
        delivery = Delivery()
        delivery.split(2)
        for _ in range(2):
            delivery.settle(DELIVERED)
        self.assertNoResult(delivery.outcome)
        delivery.settle(REJECTED)
        self.assertEqual(self.successResultOf(delivery.outcome), REJECTED)

    def test_an_expired_one_is_to_be_repeated(self) -> None:
        delivery = Delivery(2)
        delivery.settle(DELIVERED)
        delivery.expire()
        self.assertEqual(self.successResultOf(delivery.outcome), RETRY)

    def test_an_expired_one_that_was_refused_stays_refused(self) -> None:
        delivery = Delivery(2)
        delivery.settle(REJECTED)
        delivery.expire()
        self.assertEqual(self.successResultOf(delivery.outcome), REJECTED)

    def test_what_comes_after_the_deadline_changes_nothing(self) -> None:
        delivery = Delivery()
        delivery.expire()
        delivery.settle(DELIVERED)
        delivery.expire()
        self.assertEqual(self.successResultOf(delivery.outcome), RETRY)

    def test_a_part_settled_twice_is_a_bug_that_shows(self) -> None:
        delivery = Delivery()
        delivery.settle(DELIVERED)
        self.assertRaises(AssertionError, delivery.settle, DELIVERED)
        self.assertRaises(AssertionError, delivery.split)


class DeadlinesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.deadlines = Deadlines(self.clock, 30)

    def watched(self) -> Delivery:
        delivery = Delivery()
        self.deadlines.watch(delivery)
        return delivery

    def test_expires_exactly_at_the_deadline(self) -> None:
        delivery = self.watched()
        self.clock.advance(29.999)
        self.assertFalse(delivery.settled)
        self.clock.advance(0.001)
        self.assertEqual(self.successResultOf(delivery.outcome), RETRY)

    def test_each_has_its_own_time(self) -> None:
        first = self.watched()
        self.clock.advance(10)
        second = self.watched()
        self.clock.advance(20)
        self.assertEqual((first.settled, second.settled), (True, False))
        self.clock.advance(10)
        self.assertTrue(second.settled)

    def test_one_timer_serves_all_and_ends_with_them(self) -> None:
        for _ in range(100):
            self.watched()
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.clock.advance(30)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_the_settled_are_forgotten(self) -> None:
        for _ in range(100):
            self.watched().settle(DELIVERED)
        self.assertLessEqual(len(self.deadlines._waiting), 1)

    def test_a_sender_that_repeats_at_once_gets_a_new_deadline(self) -> None:
        again: list[Delivery] = []
        self.watched().outcome.addCallback(lambda _: again.append(self.watched()))
        later = self.watched()
        self.clock.advance(30)
        self.assertTrue(later.settled)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.clock.advance(30)
        self.assertTrue(again[0].settled)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_stop_expires_all_and_leaves_no_timer(self) -> None:
        delivery = self.watched()
        again: list[Delivery] = []
        delivery.outcome.addCallback(lambda _: again.append(self.watched()))
        self.deadlines.stop()
        self.assertTrue(delivery.settled)
        self.assertEqual(self.successResultOf(again[0].outcome), RETRY)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertTrue(self.watched().settled)

    @given(st.lists(st.tuples(st.floats(0, 40), st.booleans()), max_size=30))
    def test_none_is_open_for_longer(self, steps: list[tuple[float, bool]]) -> None:
        clock = Clock()
        deadlines = Deadlines(clock, 30)
        born: list[tuple[float, Delivery]] = []
        for wait, settle in steps:
            born.append((clock.seconds(), Delivery()))
            deadlines.watch(born[-1][1])
            if settle:
                born[len(born) // 2][1].expire()
            clock.advance(wait)
            for since, delivery in born:
                if clock.seconds() - since >= 30:
                    self.assertTrue(delivery.settled)
        clock.pump([30, 30])
        self.assertEqual(clock.getDelayedCalls(), [])
