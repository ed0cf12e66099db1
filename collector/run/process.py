"""One process: a coroutine that runs with the reactor until it ends or a signal ends it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

from ..inputs.sockets import ListenError
from .redactor import printable

#: The exit code of a process that a signal ended is this and the signal's number.
_SIGNALLED = 128


class StartError(Exception):
    """A component cannot be made or started: one sentence with its id, and what to do."""


def run_until_stopped(
    reactor: Any,
    main: Callable[[], Coroutine[Any, Any, int]],
    leave: Callable[[], None] = lambda: None,
) -> int:
    """Run `main()` as a Task; SIGINT, SIGTERM and SIGHUP cancel it, a second one does not wait.

    Its result is the exit code; 0 when it was cancelled, 1 when it raised, which is printed
    as one sentence. `main` may give SIGHUP another meaning. `leave` is called at a second signal.
    """
    codes: list[int] = []

    async def supervised() -> None:
        try:
            codes.append(await _guarded(main()))
        finally:
            reactor.stop()

    def start() -> None:
        interrupt = _Interrupt(asyncio.ensure_future(supervised()), leave)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                asyncio.get_running_loop().add_signal_handler(number, interrupt.told, number)

    reactor.callLater(0, start)  # when the loop runs, which callWhenRunning does not wait for
    reactor.run(installSignalHandlers=False)
    return codes[0] if codes else 1


class _Interrupt:
    """Cancels the task; the second signal does not wait for it."""

    def __init__(self, task: asyncio.Task[None], leave: Callable[[], None]) -> None:
        self._task = task
        self._leave = leave
        self._told = False

    def told(self, number: int) -> None:
        """A signal has come."""
        if self._told:
            sys.stderr.write("collector: told twice to stop: leaving at once\n")
            self._leave()
            os._exit(_SIGNALLED + number)
        self._told = True
        self._task.cancel()


async def _guarded(main: Coroutine[Any, Any, int]) -> int:
    try:
        return await main
    except asyncio.CancelledError:
        return 0
    except BrokenPipeError:  # nobody reads on, as with `| head`; nor at the exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (StartError, ListenError) as e:
        sys.stderr.write(f"collector: {printable(str(e))}\n")
        return 1
    except Exception as e:  # noqa: BLE001 a bug
        sys.stderr.write(f"collector: {said_of(e)}\n")
        return 1


def said_of(bug: Exception) -> str:
    """What may be said of it: its words may hold a secret, its place does not."""
    at = traceback.extract_tb(bug.__traceback__)[-1]
    return f"{type(bug).__name__} in {at.filename}:{at.lineno}"


def allow_many_files() -> int:
    """Connections are files: raise the soft limit, often 1,024, to what we are allowed; that."""
    if resource is None:
        return sys.maxsize  # type: ignore[unreachable]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):  # a sandbox may forbid it
            hard = soft
    return sys.maxsize if hard == resource.RLIM_INFINITY else hard
