"""Which sequence numbers are missing, and which only come late."""

from __future__ import annotations

from unittest import mock

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector_syslog import sequences
from collector_syslog.sequences import PATIENCE, WINDOW, Sequence, Sequences

NUMBERS = range(100, 400)


def missing(numbers: list[int]) -> int:
    sequence = Sequence(numbers[0])
    return sum(map(sequence.take, numbers[1:])) + sequence.settle()


class SequenceTests(SynchronousTestCase):
    @given(st.sets(st.sampled_from(NUMBERS[1:-1])), st.randoms())
    def test_all_that_do_not_come_are_missing_in_whatever_order_the_others_do(
        self, lost: set[int], order: object
    ) -> None:
        came = [number for number in NUMBERS if number not in lost]
        shuffled = sorted(came[1:], key=lambda n: n + order.random() * 30)  # type: ignore[attr-defined]
        self.assertEqual(missing([came[0], *shuffled]), len(lost))

    def test_a_number_is_waited_for_until_64_later_ones_have_come(self) -> None:
        sequence = Sequence(1)
        self.assertEqual(sum(map(sequence.take, range(3, 2 + WINDOW))), 0)
        self.assertEqual(sequence.take(2 + WINDOW), 1)
        self.assertEqual(sequence.take(2), 0)

    def test_what_comes_twice_is_neither_missing_nor_a_restart(self) -> None:
        self.assertEqual(missing([5, 6, 6, 7, 6, 8]), 0)

    def test_a_long_loss_is_counted(self) -> None:
        self.assertEqual(missing([1, 5001, 5002]), 4999)

    def test_a_restart_is_no_loss(self) -> None:
        for numbers in (
            [900_000, 900_001, 1, 2, 3],
            [7, 8, 1, 2, 3],
            [2147483647, 1, 2],
            [5, 10**9],
        ):
            self.assertEqual(missing(numbers), 0, numbers)

    def test_what_was_missing_before_a_restart_is(self) -> None:
        self.assertEqual(missing([100, 102, 1, 2]), 1)


class SequencesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.known = Sequences()

    def take(self, ip: str, name: str, number: int, now: float = 0.0) -> None:
        self.known.take(ip, self.known.of((ip, name, True), number, now), number)

    def test_senders_of_one_address_are_told_apart(self) -> None:
        for number in range(1, 100):
            for sender in ("a", "b"):
                self.take("192.0.2.1", sender, number * (1 if sender == "a" else 2))
        self.assertEqual(self.known.missing, {"192.0.2.1": 98 - WINDOW // 2})

    def test_the_silent_are_not_waited_for(self) -> None:
        for number in (1, 3):
            self.take("192.0.2.1", "a", number, 10.0)
        self.known.settle(10.0 + PATIENCE)
        self.assertFalse(self.known.missing)
        self.known.settle(10.1 + PATIENCE)
        self.assertEqual(self.known.missing, {"192.0.2.1": 1})

    def test_after_a_silence_a_late_number_is_not_waited_for(self) -> None:
        for number, now in ((1, 0.0), (3, 0.0), (4, 60.0)):
            self.take("192.0.2.1", "a", number, now)
        self.assertEqual(self.known.missing, {"192.0.2.1": 1})

    def test_senders_are_bounded_and_what_they_miss_is_not_forgotten(self) -> None:
        with mock.patch.object(sequences, "_MOST", 2):
            for ip in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
                for number in (1, 3):
                    self.take(ip, "a", number)
        self.assertEqual(self.known.missing, {"192.0.2.1": 1})
