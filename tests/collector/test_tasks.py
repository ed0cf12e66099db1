"""Crossing between Deferreds and asyncio."""

from __future__ import annotations

import asyncio
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.trial.unittest import TestCase

from collector.tasks import spawn, wait


class TasksTests(TestCase):
    def test_a_coroutine_may_await_asyncio_and_deferreds(self) -> Deferred[int]:
        async def both() -> int:
            await asyncio.sleep(0)
            return await wait(succeed(3))

        return spawn(both()).addCallback(self.assertEqual, 3)

    def test_runs_on_the_reactors_loop_whoever_calls(self) -> Deferred[None]:
        """A test's first turn comes before the reactor runs: no loop is current then."""
        from twisted.internet import reactor

        async def which() -> asyncio.AbstractEventLoop:
            return asyncio.get_running_loop()

        done = spawn(which())
        return done.addCallback(self.assertIs, getattr(reactor, "_asyncioEventloop"))  # noqa: B009

    def test_an_exception_comes_out(self) -> Deferred[Any]:
        async def fail() -> None:
            raise ValueError("no")

        failing: Deferred[Any] = spawn(fail())
        return self.assertFailure(failing, ValueError)

    def test_a_failure_comes_in(self) -> Deferred[None]:
        async def wait_for_it() -> None:
            failing: Deferred[None] = Deferred()
            failing.errback(ValueError("no"))
            with self.assertRaises(ValueError):
                await wait(failing)

        return spawn(wait_for_it())

    def test_cancelling_the_deferred_cancels_the_task(self) -> Deferred[None]:
        cancelled: list[bool] = []

        async def sleep() -> None:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.append(True)
                raise

        async def check() -> None:
            task = spawn(sleep())
            await asyncio.sleep(0)
            task.cancel()
            with self.assertRaises((CancelledError, asyncio.CancelledError)):
                await wait(task)
            self.assertEqual(cancelled, [True])

        return spawn(check())
