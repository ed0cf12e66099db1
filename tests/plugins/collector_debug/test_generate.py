"""The generator: events at a rate, by the clock."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from collector.api import INFO, WARN, spawn
from collector.testing import RecordingOutput, context
from collector_debug.generate import GenerateConfig, GenerateReceiver


def run(coroutine: Any) -> None:
    """Run what never waits."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits")


class GenerateTests(SynchronousTestCase):
    def start(self, **config: Any) -> GenerateReceiver:
        self.clock, self.output = Clock(), RecordingOutput()
        receiver = GenerateReceiver(GenerateConfig(**config), context("receiver", "g", self.clock))
        receiver.output = self.output
        run(receiver.start())
        return receiver

    def test_makes_one_a_second_unless_told_otherwise(self) -> None:
        self.start()
        self.clock.pump([0.5] * 6)
        self.assertEqual(self.output.bodies, [f"generated event {n}" for n in (1, 2, 3)])
        self.assertEqual(self.output.events[0].severity_number, INFO)

    def test_batches_a_tick(self) -> None:
        self.start(rate=1000)
        self.clock.pump([0.01] * 10)
        self.assertEqual([len(batch) for batch in self.output.batches], [10] * 10)

    def test_stops_after_count(self) -> None:
        self.start(rate=1000, count=25, message="m {n}", severity="warn")
        self.clock.pump([0.01] * 10)
        self.assertEqual(self.output.bodies, [f"m {n}" for n in range(1, 26)])
        self.assertEqual(self.output.events[-1].severity_text, "WARN")
        self.assertEqual(self.output.events[-1].severity_number, WARN)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_pause_is_not_made_up_for(self) -> None:
        receiver = self.start(rate=100)
        self.clock.pump([0.01] * 5)
        receiver.pause()
        self.clock.advance(10)
        self.assertEqual(len(self.output.events), 5)
        receiver.resume()
        self.clock.pump([0.01] * 5)
        self.assertEqual(len(self.output.events), 10)

    def test_a_stall_is_made_up_for_up_to_a_second(self) -> None:
        self.start(rate=100)
        self.clock.advance(60)
        self.assertEqual(len(self.output.events), 100)

    def test_a_pause_by_its_own_batch_holds(self) -> None:
        receiver = self.start(rate=100)
        send = self.output.send

        def full(*args: Any, **kwargs: Any) -> Any:
            receiver.pause()
            return send(*args, **kwargs)

        self.patch(self.output, "send", full)
        self.clock.pump([0.01] * 5)
        self.assertEqual(len(self.output.batches), 1)

    def test_nothing_resumes_it_after_quiesce(self) -> None:
        receiver = self.start(rate=100)
        run(receiver.quiesce())
        receiver.resume()
        self.clock.advance(1)
        self.assertEqual(self.output.events, [])

    @given(st.floats(0.5, 5000), st.lists(st.floats(0.001, 0.5), max_size=30))
    def test_any_clock_gives_the_rate(self, rate: float, steps: list[float]) -> None:
        """Never ahead of the rate, and at most a tick behind it."""
        self.start(rate=rate)
        self.clock.pump(steps)
        behind = rate * self.clock.seconds() - len(self.output.events)
        self.assertGreaterEqual(behind, -1e-3)
        self.assertLess(behind, 1 + rate * max(0.01, 1 / rate) + rate * max(steps, default=0))


class OnTheReactorTests(TestCase):
    def test_runs_on_a_real_reactor(self) -> Deferred[None]:
        receiver = GenerateReceiver(GenerateConfig(rate=1000), context("receiver"))
        receiver.output = output = RecordingOutput()

        async def life() -> None:
            from asyncio import sleep

            await receiver.start()
            await sleep(0.05)
            await receiver.stop()
            self.assertGreater(len(output.events), 10)

        return spawn(life())
