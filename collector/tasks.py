"""The two crossings between Twisted and asyncio.

Every `async def` of a plugin runs as an asyncio Task, so that it may await any asyncio
library. A Task cannot await a bare Deferred: it goes through `wait`. Code that lives in
Deferreds starts a coroutine with `spawn`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar, cast

from twisted.internet.defer import Deferred

from .blame import note_component

T = TypeVar("T")


def spawn(coroutine: Coroutine[Any, Any, T]) -> Deferred[T]:
    """Run a coroutine as a Task; the Deferred has its result. Cancelling one cancels the other.

    What it raises, and nobody handles, is put down to the component whose method it is.
    """
    running = Deferred.fromFuture(asyncio.ensure_future(coroutine, loop=_loop()))
    return running.addErrback(note_component)


def _loop() -> asyncio.AbstractEventLoop:
    """The loop under the reactor; before it runs, as in a test's first turn, none is current."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        from twisted.internet import reactor

        loop: asyncio.AbstractEventLoop = cast("Any", reactor)._asyncioEventloop  # noqa: SLF001
        return loop


def wait(deferred: Deferred[T]) -> asyncio.Future[T]:
    """A Deferred as something a Task can await."""
    return deferred.asFuture(asyncio.get_running_loop())
