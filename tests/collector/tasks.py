"""Tests that are coroutines, and turns of the loop under them."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec

from twisted.internet.defer import Deferred

from collector.tasks import spawn

P = ParamSpec("P")


def as_task(
    test: Callable[P, Awaitable[None]],
) -> Callable[P, Deferred[None]]:
    """Run an `async def` test as an asyncio Task, as the collector runs its coroutines."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> Deferred[None]:
        async def body() -> None:
            await test(*args, **kwargs)

        return spawn(body())

    return run


async def turns(count: int = 10) -> None:
    """Let everything run that is ready."""
    for _ in range(count):
        await asyncio.sleep(0)


async def eventually(look: Callable[[], Any]) -> None:
    """Wait until it is so. Fails the test when it never is."""
    async with asyncio.timeout(5):
        while not look():  # noqa: ASYNC110 many things can bring it about
            await asyncio.sleep(0.002)
