"""One process: a coroutine that runs with the reactor until it ends or a signal ends it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

from ..inputs.sockets import ListenError
from .redactor import printable
from .service import StartError

#: The exit code of a process that was told twice to end.
_FORCED = 130


def run_until_stopped(reactor: Any, main: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run `main()` as a Task; SIGINT and SIGTERM cancel it, a second signal ends the process.

    Its result is the exit code; 0 when it was cancelled, 1 when it raised, which is printed
    as one sentence.
    """
    codes: list[int] = []

    async def supervised() -> None:
        codes.append(await _guarded(main()))
        reactor.stop()

    def start() -> None:
        task = asyncio.ensure_future(supervised())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _Interrupt(task))

    reactor.callLater(0, start)  # when the loop runs, which callWhenRunning does not wait for
    reactor.run(installSignalHandlers=False)
    return codes[0] if codes else 1


class _Interrupt:
    """Cancels the task; the second signal does not wait for it."""

    _told = False

    def __init__(self, task: asyncio.Task[None]) -> None:
        self._task = task

    def __call__(self) -> None:
        if _Interrupt._told:
            sys.stderr.write("collector: told twice to stop: leaving at once\n")
            os._exit(_FORCED)
        _Interrupt._told = True
        self._task.cancel()


async def _guarded(main: Coroutine[Any, Any, int]) -> int:
    try:
        return await main
    except asyncio.CancelledError:
        return 0
    except (StartError, ListenError) as e:
        sys.stderr.write(f"collector: {printable(str(e))}\n")
        return 1


def allow_many_files() -> None:
    """Connections are files: raise the soft limit, often 1,024, to what we are allowed."""
    if resource is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
