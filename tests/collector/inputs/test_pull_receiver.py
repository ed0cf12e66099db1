"""A coroutine of the author's: kept running in one worker, held back, ended, and its checkpoint."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from unittest import mock

from twisted.trial.unittest import TestCase

from collector.component import Config
from collector.context import Context
from collector.delivery import Outcome
from collector.inputs import pull_receiver
from collector.inputs.checkpoint import Checkpoint, CheckpointError
from collector.inputs.pull_receiver import PullReceiver
from collector.request import Retry
from collector.testing import RecordingOutput, context, events
from tests.collector.tasks import as_task, eventually

Run = Callable[["Pulling"], Awaitable[Any]]


class Pulling(PullReceiver[Config]):
    """Does what the test says; `outcomes` are what it was told."""

    script: Run

    def __init__(self, script: Run, context: Context) -> None:
        super().__init__(Config(), context)
        self.script = script
        self.runs = 0
        self.outcomes: list[Outcome] = []

    async def run(self) -> None:
        self.runs += 1
        await self.script(self)

    async def say(self, *bodies: str, checkpoint: Any = None) -> Outcome:
        self.outcomes.append(await self.deliver(events(*bodies), checkpoint))
        return self.outcomes[-1]


async def forever() -> None:
    await asyncio.Event().wait()


class PullReceiverTestCase(TestCase):
    def setUp(self) -> None:
        self.data_dir = Path(self.mktemp())
        self.data_dir.mkdir()
        for name, seconds in (("FIRST", 0.01), ("TURN", 0.01), ("LAST_WORDS", 0.2)):
            self.patch(pull_receiver, name, seconds)
        self.made: list[Pulling] = []

    def receiver(self, script: Run, outcome: Outcome | None = Outcome.DELIVERED) -> Pulling:
        receiver = Pulling(script, context("receiver", "api", data_dir=self.data_dir))
        receiver.output = RecordingOutput(outcome)
        self.made.append(receiver)
        return receiver

    async def started(self, script: Run, outcome: Outcome | None = Outcome.DELIVERED) -> Pulling:
        receiver = self.receiver(script, outcome)
        await receiver.start()
        return receiver

    async def ended(self, *receivers: Pulling) -> None:
        for receiver in receivers or self.made:
            await receiver.quiesce()
            await receiver.stop()


def output_of(receiver: Pulling) -> RecordingOutput:
    assert isinstance(receiver.output, RecordingOutput)
    return receiver.output


class DeliveringTests(PullReceiverTestCase):
    @as_task
    async def test_events_are_acknowledged_by_their_outcome(self) -> None:
        async def script(receiver: Pulling) -> None:
            for outcome in Outcome:
                output_of(receiver).outcome = outcome
                await receiver.say(outcome.name)

        receiver = await self.started(script)
        await eventually(lambda: len(receiver.outcomes) == 3)
        self.assertEqual(receiver.outcomes, list(Outcome))
        self.assertEqual(output_of(receiver).bodies, [outcome.name for outcome in Outcome])
        self.assertEqual(output_of(receiver).acked, [True] * 3)
        self.assertEqual(receiver.runs, 1, "a run that returns has ended")
        await self.ended()

    @as_task
    async def test_an_author_may_give_up_waiting(self) -> None:
        async def script(receiver: Pulling) -> None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.01):
                    await receiver.say("late", checkpoint=1)
            output_of(receiver).outcome = Outcome.DELIVERED
            await receiver.say("x", checkpoint=2)

        receiver = await self.started(script, outcome=None)
        await eventually(lambda: receiver.outcomes)
        output_of(receiver).settle()
        self.assertEqual((receiver.checkpoint, receiver.runs), (2, 1))
        await self.ended()

    @as_task
    async def test_nothing_is_kept_of_what_was_delivered(self) -> None:
        sizes: list[int] = []

        async def script(receiver: Pulling) -> None:
            for _ in range(3):
                await receiver.say("x")
                sizes.append(len(receiver._told))

        receiver = await self.started(script)
        await eventually(lambda: len(sizes) == 3)
        task = receiver._task
        assert task is not None
        self.assertEqual(sizes, [1, 1, 1])
        await self.ended()
        del task
        self.assertEqual(len(receiver._told), 0)

    @as_task
    async def test_full_queues_hold_it_back_without_its_doing(self) -> None:
        async def script(receiver: Pulling) -> None:
            while True:
                await receiver.say("x")
                await asyncio.sleep(0)

        receiver = await self.started(script)
        await eventually(lambda: len(receiver.outcomes) > 3)
        receiver.pause()
        await eventually(lambda: len(receiver.outcomes) == len(output_of(receiver).batches))
        before = len(receiver.outcomes)
        for _ in range(20):
            await asyncio.sleep(0)
        self.assertEqual(len(output_of(receiver).batches), before)
        receiver.resume()
        await eventually(lambda: len(receiver.outcomes) > before)
        await self.ended()


class CheckpointTests(PullReceiverTestCase):
    @as_task
    async def test_it_is_there_after_a_restart(self) -> None:
        async def first(receiver: Pulling) -> None:
            await receiver.say("a", checkpoint={"page": 1})
            await receiver.say("b", checkpoint={"page": 2})
            await forever()

        seen: list[Any] = []

        async def second(receiver: Pulling) -> None:
            seen.append(receiver.checkpoint)

        receiver = await self.started(first)
        self.assertIsNone(receiver.checkpoint)
        await eventually(lambda: len(receiver.outcomes) == 2)
        self.assertEqual(receiver.checkpoint, {"page": 2})
        await self.ended()
        await self.started(second)
        await eventually(lambda: seen)
        self.assertEqual(seen, [{"page": 2}])
        await self.ended()

    @as_task
    async def test_it_is_kept_when_the_events_are_and_not_before(self) -> None:
        async def script(receiver: Pulling) -> None:
            await receiver.say("a", checkpoint=1)

        receiver = await self.started(script, outcome=None)
        await eventually(lambda: output_of(receiver).open)
        file = Checkpoint(self.data_dir, "api")
        self.addCleanup(file.close)
        self.assertIsNone(file.read())
        output_of(receiver).settle(Outcome.DELIVERED)
        await eventually(lambda: receiver.outcomes)
        self.assertEqual(file.read(), 1)
        await self.ended()

    @as_task
    async def test_it_stays_when_the_events_are_not_stored(self) -> None:
        async def script(receiver: Pulling) -> None:
            await receiver.say("a", checkpoint=1)
            output_of(receiver).outcome = Outcome.RETRY
            await receiver.say("b", checkpoint=2)

        receiver = await self.started(script)
        await eventually(lambda: len(receiver.outcomes) == 2)
        self.assertEqual(receiver.checkpoint, 1)
        await self.ended()

    @as_task
    async def test_one_that_is_being_written_when_the_end_comes_is_written_by_its_owner(
        self,
    ) -> None:
        self.patch(pull_receiver, "LAST_WORDS", 0.0)
        may_write, order = threading.Event(), list[str]()
        write, close = Checkpoint.write, Checkpoint.close

        def slow(checkpoint: Checkpoint, data: bytes) -> None:
            order.append("begins")
            may_write.wait(5)
            write(checkpoint, data)
            order.append("written")

        def noted(checkpoint: Checkpoint) -> None:
            order.append("closed")
            close(checkpoint)

        self.patch(Checkpoint, "write", slow)
        self.patch(Checkpoint, "close", noted)
        receiver = await self.started(lambda one: one.say("a", checkpoint=1))
        await eventually(lambda: order)
        stopped = asyncio.ensure_future(receiver.stop())
        asyncio.get_running_loop().call_later(0.05, may_write.set)
        await stopped
        self.assertEqual(order, ["begins", "written", "closed"])

    @as_task
    async def test_it_moves_without_events(self) -> None:
        receiver = await self.started(lambda one: one.say(checkpoint="later"))
        await eventually(lambda: receiver.outcomes)
        self.assertEqual((receiver.checkpoint, output_of(receiver).batches), ("later", []))
        await self.ended()

    @as_task
    async def test_without_a_data_directory_it_lasts_as_long_as_the_receiver(self) -> None:
        receiver = Pulling(lambda one: one.say("a", checkpoint=1), context("receiver"))
        receiver.output = RecordingOutput()
        await receiver.start()
        await eventually(lambda: receiver.checkpoint == 1)
        await self.ended(receiver)

    @as_task
    async def test_one_that_cannot_be_kept_is_a_reason_not_to_start(self) -> None:
        (self.data_dir / "checkpoints").write_text("")
        receiver = self.receiver(lambda one: one.say("a"))
        with self.assertRaises(CheckpointError):
            await receiver.start()
        await receiver.stop()


class FailingTests(PullReceiverTestCase):
    @as_task
    async def test_it_begins_again_is_unhealthy_meanwhile_and_counted(self) -> None:
        async def script(receiver: Pulling) -> None:
            if receiver.runs < 4:
                raise ValueError("no luck")
            await receiver.say("x")
            await forever()

        receiver = await self.started(script)
        await eventually(lambda: receiver.trouble)
        self.assertEqual(receiver.trouble, "ValueError: no luck")
        await eventually(lambda: receiver.outcomes)
        self.assertEqual(receiver.runs, 4)
        self.assertEqual(receiver.context.metrics.get("receiver_run_failures"), 3)
        await self.ended()
        self.flushLoggedErrors(ValueError)

    @as_task
    async def test_a_run_that_is_no_coroutine_is_told_what_it_lacks(self) -> None:
        receiver = self.receiver(lambda _: forever())
        with mock.patch.object(receiver, "run", new=str):
            await receiver.start()
            await eventually(lambda: receiver.trouble)
        self.assertIn("write `async def run`", receiver.trouble)
        await self.ended()
        self.flushLoggedErrors(TypeError)

    @as_task
    async def test_it_is_well_again_when_it_has_delivered_and_not_before(self) -> None:
        said: list[str] = []

        async def script(receiver: Pulling) -> None:
            if receiver.runs == 1:
                raise ValueError("no luck")
            output_of(receiver).outcome = Outcome.RETRY
            await receiver.say("x")
            said.append(receiver.trouble)
            output_of(receiver).outcome = Outcome.DELIVERED
            await receiver.say("x")
            said.append(receiver.trouble)

        await self.started(script)
        await eventually(lambda: len(said) == 2)
        self.assertEqual(said, ["ValueError: no luck", ""])
        await self.ended()
        self.flushLoggedErrors(ValueError)

    @as_task
    async def test_it_is_well_again_when_it_has_gone_on_for_a_while(self) -> None:
        self.patch(pull_receiver, "TRUSTED", 0.05)

        async def script(receiver: Pulling) -> None:
            if receiver.runs == 1:
                raise ValueError("no luck")
            await forever()

        receiver = await self.started(script)
        await eventually(lambda: receiver.runs == 2)
        self.assertTrue(receiver.trouble)
        await eventually(lambda: not receiver.trouble)
        await self.ended()
        self.flushLoggedErrors(ValueError)

    @as_task
    async def test_what_a_source_asks_for_is_waited(self) -> None:
        async def script(_: Pulling) -> None:
            raise Retry("the API asks for patience", after=3600.0)

        receiver = await self.started(script)
        await eventually(lambda: receiver.trouble)
        self.assertEqual(receiver.trouble, "the API asks for patience")
        for _ in range(20):
            await asyncio.sleep(0.002)
        self.assertEqual(receiver.runs, 1)
        await self.ended()

    @as_task
    async def test_the_reason_is_found_in_a_group_of_tasks(self) -> None:
        async def script(_: Pulling) -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(fail())
                group.create_task(forever())

        async def fail() -> None:
            raise OSError("gone")

        receiver = await self.started(script)
        await eventually(lambda: receiver.trouble)
        self.assertEqual(receiver.trouble, "OSError: gone")
        await self.ended()
        self.flushLoggedErrors(OSError)

    @as_task
    async def test_a_library_that_cancels_itself_is_a_failure_too(self) -> None:
        async def script(_: Pulling) -> None:
            raise asyncio.CancelledError("by itself")

        receiver = await self.started(script)
        await eventually(lambda: receiver.runs > 1)
        await self.ended()
        self.flushLoggedErrors(asyncio.CancelledError)

    @as_task
    async def test_a_damaged_checkpoint_is_told_and_mended_without_a_restart(self) -> None:
        (self.data_dir / "checkpoints").mkdir()
        file = self.data_dir / "checkpoints" / "api.json"
        file.write_text("{")
        receiver = await self.started(lambda one: one.say("x", checkpoint=2))
        await eventually(lambda: "delete it" in receiver.trouble)
        self.assertEqual(receiver.runs, 0)
        file.unlink()
        await eventually(lambda: receiver.outcomes)
        await self.ended()


class TurnTests(PullReceiverTestCase):
    @as_task
    async def test_one_worker_runs_it_and_the_next_goes_on(self) -> None:
        async def script(receiver: Pulling) -> None:
            await receiver.say("x", checkpoint=(receiver.checkpoint or 0) + 1)
            await forever()

        first = await self.started(script)
        await eventually(lambda: first.outcomes)
        second, third = [await self.started(script) for _ in range(2)]
        for _ in range(10):
            await asyncio.sleep(0.01)
        self.assertEqual((second.runs, third.runs), (0, 0))
        await self.ended(first)
        await eventually(lambda: second.outcomes or third.outcomes)
        self.assertEqual(second.runs + third.runs, 1)
        self.assertEqual(2, max(second.checkpoint or 0, third.checkpoint or 0))
        await self.ended(second, third)

    @as_task
    async def test_where_a_source_shares_its_work_out_each_worker_runs_it(self) -> None:
        self.patch(Pulling, "in_every_worker", True)
        both = [await self.started(lambda one: one.say("x")) for _ in range(2)]
        await eventually(lambda: all(one.outcomes for one in both))
        await self.ended(*both)


class EndingTests(PullReceiverTestCase):
    @as_task
    async def test_an_idle_one_ends_at_once(self) -> None:
        receiver = await self.started(lambda _: forever())
        await eventually(lambda: receiver.runs)
        await receiver.quiesce()
        self.assertIsNone(receiver._task)
        await receiver.stop()

    @as_task
    async def test_an_outcome_that_is_awaited_reaches_the_author_who_may_pass_it_on(self) -> None:
        passed_on: list[Outcome] = []

        async def script(receiver: Pulling) -> None:
            while True:
                outcome = await receiver.say("x")
                await asyncio.sleep(0.01)  # as long as an answer over the network
                passed_on.append(outcome)

        receiver = await self.started(script, outcome=None)
        await eventually(lambda: output_of(receiver).open)
        await receiver.quiesce()
        output_of(receiver).settle()
        await receiver.stop()
        self.assertEqual(passed_on, [Outcome.DELIVERED])
        self.assertEqual(len(output_of(receiver).batches), 1, "nothing new was taken")

    @as_task
    async def test_an_outcome_that_never_comes_does_not_keep_it(self) -> None:
        receiver = await self.started(lambda one: one.say("x"), outcome=None)
        await eventually(lambda: output_of(receiver).open)
        await receiver.quiesce()
        await receiver.stop()
        self.assertEqual(receiver.outcomes, [])

    @as_task
    async def test_a_paused_one_ends(self) -> None:
        receiver = self.receiver(lambda one: one.say("x"))
        receiver.pause()
        await receiver.start()
        await eventually(lambda: receiver.runs)
        await self.ended()
        receiver.resume()
        self.assertEqual(output_of(receiver).batches, [])

    @as_task
    async def test_a_library_that_swallows_a_cancellation_is_cancelled_again(self) -> None:
        self.patch(pull_receiver, "AGAIN", 0.01)
        swallowed: list[int] = []

        async def script(_: Pulling) -> None:
            while len(swallowed) < 2:
                try:
                    await forever()
                except asyncio.CancelledError:
                    swallowed.append(1)
            await forever()

        receiver = await self.started(script)
        await eventually(lambda: receiver.runs)
        await asyncio.wait_for(self.ended(receiver), 5)
        self.assertEqual(len(swallowed), 2)
