"""Answers in order, and chunks that come again."""

from __future__ import annotations

from collections.abc import Hashable

from twisted.trial.unittest import SynchronousTestCase

from collector.api import Outcome
from collector_forward.answers import Answer, InDoubt, Queue


class Sender:
    """One connection."""

    def __init__(self, in_doubt: InDoubt) -> None:
        self.in_doubt = in_doubt
        self.written: list[bytes] = []
        self.listens = True
        self.queue = Queue(in_doubt, self._write)

    def _write(self, data: bytes) -> bool:
        if self.listens:
            self.written.append(data)
        return self.listens

    def answered(self) -> None:
        self.queue.write()

    def sends(self, key: Hashable) -> tuple[Answer, bool]:
        self.queue.confirmed()
        answer = Answer(str(key).encode(), key, self)
        self.queue.add(answer)
        return answer, self.in_doubt.is_copy(answer)


class AnswersTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.now = 0.0
        self.in_doubt = InDoubt(lambda: self.now)
        self.sender = Sender(self.in_doubt)


class OrderTests(AnswersTestCase):
    def test_answers_go_in_the_order_of_the_frames_one_write_each(self) -> None:
        answers = [self.sender.sends(key)[0] for key in "abc"]
        answers[2].settle(Outcome.DELIVERED)
        answers[1].settle(Outcome.DELIVERED)
        self.assertEqual(self.sender.written, [])
        answers[0].settle(Outcome.DELIVERED)
        self.assertEqual(self.sender.written, [b"a", b"b", b"c"])

    def test_a_failure_ends_the_answers(self) -> None:
        first, second = (self.sender.sends(key)[0] for key in "ab")
        second.settle(Outcome.DELIVERED)
        first.settle(Outcome.RETRY)
        self.assertTrue(self.sender.queue.failed)
        self.assertEqual(self.sender.written, [])

    def test_only_the_first_outcome_counts(self) -> None:
        answer, _ = self.sender.sends("a")
        answer.settle(Outcome.DELIVERED)
        answer.settle(Outcome.RETRY)
        self.assertEqual(self.sender.written, [b"a"])
        self.assertFalse(self.sender.queue.failed)


class DoubtTests(AnswersTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.again = Sender(self.in_doubt)

    def test_a_chunk_that_comes_again_without_its_answer_known_is_a_copy(self) -> None:
        self.sender.sends("a")[0].settle(Outcome.DELIVERED)
        _, copy = self.again.sends("a")
        self.assertTrue(copy)
        self.assertEqual(self.again.written, [b"a"])

    def test_the_same_content_after_its_answer_was_read_is_no_copy(self) -> None:
        self.sender.sends("a")[0].settle(Outcome.DELIVERED)
        self.assertEqual([self.sender.sends("a")[1] for _ in range(1)], [False])
        self.assertFalse(self.sender.sends("b")[1])

    def test_a_copy_of_what_is_under_way_waits_for_it(self) -> None:
        first, _ = self.sender.sends("a")
        _, copy = self.again.sends("a")
        self.assertTrue(copy)
        self.assertEqual(self.again.written, [])
        first.settle(Outcome.DELIVERED)
        self.assertEqual(self.again.written, [b"a"])

    def test_a_copy_of_what_failed_fails_too_and_the_next_is_taken(self) -> None:
        first, _ = self.sender.sends("a")
        self.again.sends("a")
        first.settle(Outcome.RETRY)
        self.assertTrue(self.again.queue.failed)
        self.assertFalse(Sender(self.in_doubt).sends("a")[1])

    def test_an_answer_that_could_not_be_written_leaves_doubt(self) -> None:
        self.sender.listens = False
        self.sender.sends("a")[0].settle(Outcome.DELIVERED)
        self.sender.queue.confirmed()
        self.assertTrue(self.again.sends("a")[1])

    def test_doubt_ends_after_a_quarter_of_an_hour(self) -> None:
        self.sender.sends("a")[0].settle(Outcome.DELIVERED)
        self.now = 899
        self.assertTrue(self.again.sends("a")[1])
        self.now = 901
        self.assertFalse(Sender(self.in_doubt).sends("a")[1])
