"""The pace of an exporter: halved by what is too much, won back step by step."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.outputs.options import BatchOptions
from collector.outputs.pace import SLOW, Pace


class PaceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.pace = Pace(BatchOptions(max_events=1000, max_bytes=1 << 20), 8)

    def numbers(self) -> tuple[int, int, int]:
        return self.pace.max_events, self.pace.max_bytes, self.pace.concurrency

    def test_begins_with_what_is_allowed_and_stays_below_it(self) -> None:
        self.assertEqual(self.numbers(), (1000, 1 << 20, 8))
        for _ in range(100):
            self.pace.taken(1000, 1 << 20, 0.1)
        self.assertEqual(self.numbers(), (1000, 1 << 20, 8))

    def test_after_a_413_requests_are_half_of_what_was_refused(self) -> None:
        self.pace.too_large(1000, 1 << 20)
        self.assertEqual(self.numbers(), (500, 1 << 19, 8))
        self.pace.too_large(1000, 1 << 20)  # another one that was on its way already
        self.assertEqual(self.numbers(), (500, 1 << 19, 8))
        self.pace.too_large(500, 1 << 19)
        self.assertEqual(self.numbers(), (250, 1 << 18, 8))

    def test_a_small_one_that_is_refused_counts_by_its_larger_share(self) -> None:
        self.pace.too_large(10, 1 << 19)
        self.assertEqual(self.numbers(), (250, 1 << 18, 8))

    def test_sizes_are_won_back_a_step_a_request(self) -> None:
        self.pace.too_large(1000, 1 << 20)
        self.pace.taken(500, 1 << 19, 0.1)
        self.assertEqual(self.pace.max_events, 531)
        for _ in range(15):
            self.pace.taken(500, 1 << 19, 0.1)
        self.assertEqual(self.pace.max_events, 1000)

    def test_a_refusal_halves_the_number_at_once_and_successes_add_to_it(self) -> None:
        self.pace.pushed_back()
        self.pace.pushed_back()
        self.assertEqual(self.pace.concurrency, 2)
        for _ in range(3):
            self.pace.taken(1, 1, 0.1)
        self.assertEqual(self.pace.concurrency, 3)
        for _ in range(10):
            self.pace.pushed_back()
        self.assertEqual(self.pace.concurrency, 1)

    def test_a_slow_answer_is_too_much_of_both(self) -> None:
        self.pace.taken(1000, 1 << 20, SLOW + 1)
        self.assertEqual(self.numbers(), (500, 1 << 19, 4))

    @given(st.lists(st.tuples(st.sampled_from("tlp"), st.integers(1, 10**9), st.floats(0, 100))))
    def test_something_can_always_be_sent(self, steps: list[tuple[str, int, float]]) -> None:
        pace = Pace(BatchOptions(max_events=3, max_bytes=10), 1)
        for step, size, seconds in steps:
            if step == "t":
                pace.taken(size, size, seconds)
            elif step == "l":
                pace.too_large(size, size)
            else:
                pace.pushed_back()
            self.assertTrue(1 <= pace.max_events <= 3 and 1 <= pace.max_bytes <= 10)
            self.assertEqual(pace.concurrency, 1)
