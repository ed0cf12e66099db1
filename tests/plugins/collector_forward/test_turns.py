"""Long works, a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from collector_forward.turns import Turns
from tests.collector.tasks import as_task


class TurnsTests(TestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.turns = Turns(lambda seconds, call: self.clock.callLater(seconds + 1, call))
        self.done: list[str] = []

    def work(self, name: str) -> Iterator[None]:
        for n in range(3):
            self.done.append(f"{name}{n}")
            yield

    def test_works_go_round_one_piece_a_turn(self) -> None:
        self.turns.add(self.work("a"))
        self.assertEqual(self.done, [])
        self.clock.advance(1)
        self.turns.add(self.work("b"))
        self.clock.pump([1] * 9)
        self.assertEqual(self.done, ["a0", "a1", "b0", "a2", "b1", "b2"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_stops_while_paused(self) -> None:
        self.turns.add(self.work("a"))
        self.clock.advance(1)
        self.turns.pause()
        self.turns.add(self.work("b"))
        self.clock.pump([1] * 9)
        self.assertEqual(self.done, ["a0"])
        self.turns.resume()
        self.clock.pump([1] * 9)
        self.assertEqual(len(self.done), 6)

    @as_task
    async def test_finishes_also_while_paused(self) -> None:
        self.turns.add(self.work("a"))
        self.turns.pause()
        await self.turns.finish()
        self.assertEqual(self.done, ["a0", "a1", "a2"])
