"""What is refused is found, shortened, restamped or buried; and at what price."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from collector.delivery import Outcome
from collector.letter import Letter
from collector.outputs import history
from collector.outputs.attempt import MAX_ALONE, MAX_EXTRA, Attempts
from collector.outputs.backoff import Gate, State
from collector.outputs.item import Item
from collector.outputs.options import BatchOptions, RetryOptions
from collector.outputs.pace import Pace
from collector.outputs.rows import Rows
from collector.outputs.trouble import Trouble
from collector.request import Hold, Poison, Receipt, Request, Retry, TooLarge
from collector.testing import LetterBox, ScriptedExporter, context
from tests.collector.tasks import as_task


class Choosy(ScriptedExporter):
    """Refuses rows in `poison`, rows longer than `longest`; rows are stale that say `old`."""

    poison: frozenset[str] = frozenset()
    longest = 1000
    stale = 0
    takes_old = True

    async def send(self, request: Request) -> Receipt | None:
        rows = [row.decode() for row in Rows(self).of(request)]
        if self.poison & set(rows):
            self.tries.append(request.body)
            raise Poison("400")
        if max(map(len, rows)) > self.longest:
            self.tries.append(request.body)
            raise TooLarge("413")
        return await super().send(request)

    def stale_before(self) -> int:
        return self.stale

    def restamped(self, row: bytes) -> bytes | None:
        if not row.startswith(b"old"):
            return row
        return row.replace(b"old", b"new") if self.takes_old else None

    def shortened(self, row: bytes) -> bytes | None:
        return row[:10] if len(row) > 10 else None


class AttemptsTestCase(TestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.letters = LetterBox()
        self.context = context("exporter", "dt", self.clock, letters=self.letters)
        self.make()

    def make(self, script: Iterable[Any] = ()) -> None:
        self.exporter = Choosy(self.context, script)
        self.rows = Rows(self.exporter, "fast")
        self.pace = Pace(BatchOptions(), 4)
        self.gate = Gate(self.clock, RetryOptions(), lambda: None)
        self.addCleanup(self.gate.stop)
        trouble = Trouble(self.exporter, self.gate, lambda: 0)
        self.attempts = Attempts(self.exporter, self.rows, self.pace, self.gate, trouble)

    def item(self, *rows: str, oldest_ns: int = 0) -> Item:
        request = self.rows.compressed(self.exporter.pack([row.encode() for row in rows]))
        request.oldest_ns = oldest_ns
        return Item(request)

    def count(self, name: str, **labels: str) -> int:
        return self.context.metrics.get(f"exporter_{name}", **labels)


class PoisonTests(AttemptsTestCase):
    @as_task
    async def test_one_of_ten_thousand_costs_no_more_than_it_must(self) -> None:
        rows = [str(n) for n in range(10_000)]
        for poison in (0, 9_999, 4_999, 5_000, *random.Random(5).sample(range(10_000), 8)):
            self.make()
            self.exporter.poison = frozenset([str(poison)])
            self.letters.letters.clear()
            self.assertTrue(await self.attempts.sent(self.item(*rows)))
            self.assertEqual(self.letters.said, [(str(poison).encode(), "poison")])
            self.assertEqual(len(self.exporter.rows), 9_999)
            self.assertLessEqual(len(self.exporter.tries) - 1, 2 * math.log2(10_000) + 1)

    @as_task
    async def test_any_place_among_few(self) -> None:
        for number in range(2, 20):
            rows = [str(n) for n in range(number)]
            for poison in rows:
                self.make()
                self.exporter.poison = frozenset([poison])
                self.letters.letters.clear()
                self.assertTrue(await self.attempts.sent(self.item(*rows)))
                self.assertEqual(self.letters.said, [(poison.encode(), "poison")])
                self.assertEqual(self.exporter.rows, [row for row in rows if row != poison])
                self.assertLessEqual(len(self.exporter.tries) - 1, 2 * math.log2(number) + 1)

    @as_task
    async def test_several_are_found_with_one_budget(self) -> None:
        rows = [str(n) for n in range(256)]
        self.exporter.poison = frozenset({"1", "100", "200"})
        self.assertTrue(await self.attempts.sent(self.item(*rows)))
        self.assertEqual({row for row, _ in self.letters.said}, {b"1", b"100", b"200"})
        self.assertLessEqual(len(self.exporter.tries) - 1, MAX_EXTRA)

    @as_task
    async def test_a_budget_that_is_spent_holds_and_lets_others_go_first(self) -> None:
        rows = [str(n) for n in range(1000)]
        self.exporter.poison = frozenset(rows[::9])
        item = self.item(*rows)
        self.assertFalse(await self.attempts.sent(item))
        self.assertEqual((self.gate.state, item.is_last), (State.HELD, True))
        self.assertEqual(len(self.exporter.tries) - 1, MAX_EXTRA)
        ended = len(self.exporter.rows) + len(self.letters.said)
        self.assertEqual(item.events + ended, 1000)

    @as_task
    async def test_one_that_refuses_everything_is_not_believed_for_long(self) -> None:
        self.exporter.poison = frozenset(map(str, range(100)))
        left = 0
        for n in range(100):
            left += not await self.attempts.sent(self.item(str(n)))
        self.assertEqual((len(self.letters.said), left), (MAX_ALONE, 100 - MAX_ALONE))
        self.assertIs(self.gate.state, State.HELD)

    @as_task
    async def test_what_is_taken_in_between_makes_it_credible_again(self) -> None:
        self.exporter.poison = frozenset(["bad"])
        for _ in range(3 * MAX_ALONE):
            self.assertTrue(await self.attempts.sent(self.item("bad")))
            self.assertTrue(await self.attempts.sent(self.item("good")))
        self.assertEqual(len(self.letters.said), 3 * MAX_ALONE)

    @as_task
    async def test_an_exporter_that_cannot_unpack_buries_all_of_it(self) -> None:
        item = self.item("a", "b")
        self.make([Poison("400")])
        self.patch(self.exporter, "unpack", lambda _: 1 / 0)
        self.patch(self.exporter, "send", lambda r: ScriptedExporter.send(self.exporter, r))
        self.assertTrue(await self.attempts.sent(item))
        self.assertEqual(self.letters.said, [(b"a\nb", "poison")])
        self.assertEqual(self.count("dead_lettered_log_records"), 2)
        self.flushLoggedErrors(ZeroDivisionError)


class TooLargeTests(AttemptsTestCase):
    @as_task
    async def test_what_is_too_large_alone_is_shortened_once(self) -> None:
        self.exporter.longest = 10
        self.assertTrue(await self.attempts.sent(self.item("x" * 20, "short")))
        self.assertEqual(self.exporter.rows, ["x" * 10, "short"])
        self.assertEqual(self.letters.letters, [])

    @as_task
    async def test_what_is_still_too_large_is_buried(self) -> None:
        self.exporter.longest = 5
        self.assertTrue(await self.attempts.sent(self.item("x" * 20)))
        self.assertEqual(self.letters.said, [(b"x" * 10, "too_large")])
        self.assertEqual(len(self.exporter.tries), 2)

    @as_task
    async def test_the_pace_learns_of_it(self) -> None:
        self.exporter.longest = 1
        await self.attempts.sent(self.item("xx"))
        self.assertLess(self.pace.max_events, 5000)


class StaleTests(AttemptsTestCase):
    @as_task
    async def test_what_has_become_too_old_is_restamped_before_the_attempt(self) -> None:
        self.exporter.stale = 100
        item = self.item("old 1", "fine", oldest_ns=99)
        self.assertTrue(await self.attempts.sent(item))
        self.assertEqual(self.exporter.tries, [self.exporter.sent[0].body])
        self.assertEqual(self.exporter.rows, ["new 1", "fine"])

    @as_task
    async def test_what_cannot_be_restamped_is_buried_and_the_rest_goes(self) -> None:
        self.exporter.stale, self.exporter.takes_old = 100, False
        self.assertTrue(await self.attempts.sent(self.item("old 1", "fine", oldest_ns=99)))
        self.assertEqual(self.exporter.rows, ["fine"])
        self.assertEqual(self.letters.said, [(b"old 1", "stale")])
        self.assertEqual(self.count("dead_lettered_log_records", reason="stale"), 1)

    @as_task
    async def test_nothing_may_be_left_to_send(self) -> None:
        self.exporter.stale, self.exporter.takes_old = 100, False
        self.assertTrue(await self.attempts.sent(self.item("old 1", "old 2", oldest_ns=99)))
        self.assertEqual((self.exporter.tries, len(self.letters.said)), ([], 2))

    @as_task
    async def test_age_is_looked_at_before_each_attempt_and_not_only_the_first(self) -> None:
        self.make([Retry("503")])
        item = self.item("old 1", oldest_ns=99)
        self.assertFalse(await self.attempts.sent(item))
        self.assertEqual(item.is_changed, False)
        self.exporter.stale = 100
        self.assertTrue(await self.attempts.sent(item))
        self.assertEqual((self.exporter.rows, item.is_changed), (["new 1"], True))

    @as_task
    async def test_young_ones_and_those_without_a_time_are_left_alone(self) -> None:
        self.exporter.stale = 100
        for oldest in (0, 100):
            item = self.item("old 1", oldest_ns=oldest)
            body = item.parts[0].request.body
            await self.attempts.sent(item)
            self.assertEqual(self.exporter.tries[-1], body)


class BuriedTests(AttemptsTestCase):
    def replayed(self, *rows: str, oldest_ns: int = 0) -> Item:
        """An item of rows that have died before, of what they are called."""
        item = self.item(*rows, oldest_ns=oldest_ns)
        dead = [Letter(row=row.encode(), reason=f"was {row}", time=7) for row in rows]
        item.parts[0].request.history = history.written(dead)
        return item

    def earlier(self) -> list[list[str]]:
        return [[death.reason for death in letter.history] for letter in self.letters.letters]

    @as_task
    async def test_a_letter_says_what_was_said_and_how_often_it_was_tried(self) -> None:
        self.exporter.poison = frozenset(["a"])
        item = self.item("a")
        item.attempts = 3
        await self.attempts.sent(item)
        (letter,) = self.letters.letters
        self.assertEqual((letter.text, letter.attempts, letter.format), ("400", 4, "1"))

    @as_task
    async def test_stale_ones_of_a_request_are_written_together(self) -> None:
        self.patch(self.letters, "write", lambda letters: len(letters) - 1)
        self.exporter.stale, self.exporter.takes_old = 100, False
        item = self.item("old 1", "fine", "old 2", oldest_ns=99)
        self.assertTrue(await self.attempts.sent(item))
        self.assertIs(item.worst, Outcome.REJECTED)
        self.assertEqual(self.count("dead_lettered_log_records", reason="stale"), 1)
        self.assertEqual(self.count("dropped_log_records", reason="stale_no_dead_letter"), 1)

    @as_task
    async def test_one_that_dies_again_comes_back_with_its_history(self) -> None:
        self.exporter.poison = frozenset(["b"])
        self.assertTrue(await self.attempts.sent(self.replayed("a", "b", "c", "d")))
        self.assertEqual((self.exporter.rows, self.earlier()), (["a", "c", "d"], [["was b"]]))

    @as_task
    async def test_also_when_it_was_changed_in_between(self) -> None:
        self.exporter.stale, self.exporter.poison = 100, frozenset(["new 1"])
        self.assertTrue(await self.attempts.sent(self.replayed("old 1", "fine", oldest_ns=99)))
        self.make()
        self.exporter.longest = 5
        self.assertTrue(await self.attempts.sent(self.replayed("x" * 20)))
        self.assertEqual(self.earlier(), [["was old 1"], ["was " + "x" * 20]])

    @as_task
    async def test_and_when_it_is_stale(self) -> None:
        self.exporter.stale, self.exporter.takes_old = 100, False
        self.assertTrue(await self.attempts.sent(self.replayed("old 1", oldest_ns=99)))
        self.assertEqual(self.earlier(), [["was old 1"]])


class LaterTests(AttemptsTestCase):
    @as_task
    async def test_a_failure_is_remembered_with_the_item(self) -> None:
        self.make([Retry("503"), Hold("401: token"), OSError("reset")])
        item = self.item("a")
        for said in ("503", "401: token", "reset"):
            self.assertFalse(await self.attempts.sent(item))
            self.assertEqual(item.last_error, said)
        self.flushLoggedErrors(OSError)
        self.assertTrue(await self.attempts.sent(item))

    @as_task
    async def test_a_receipt_that_asks_for_a_pause_closes_the_gate_for_it(self) -> None:
        self.make([Receipt(0, 30.0)])
        self.assertTrue(await self.attempts.sent(self.item("a")))
        self.assertFalse(self.gate.admits())
        self.clock.advance(30)
        self.assertTrue(self.gate.admits())

    @as_task
    async def test_only_what_says_retry_slows_the_pace(self) -> None:
        self.make([Hold("401"), Retry("503")])
        item = self.item("a")
        await self.attempts.sent(item)
        self.assertEqual(self.pace.concurrency, 4)
        await self.attempts.sent(item)
        self.assertEqual(self.pace.concurrency, 2)

    @as_task
    async def test_the_dead_have_no_room_and_the_sender_is_told(self) -> None:
        self.letters.full = True
        self.exporter.poison = frozenset(["a"])
        item = self.item("a")
        self.assertTrue(await self.attempts.sent(item))
        self.assertIs(item.worst, Outcome.REJECTED)
        self.assertEqual(self.count("dropped_log_records", reason="poison_no_dead_letter"), 1)
