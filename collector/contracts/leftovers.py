"""What a component has left behind in the reactor that a test runs on: sockets, timers, tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

#: Seconds for what ends a little later: connections that are closed, tasks that are cancelled.
PATIENCE = 1.0
_LOOK = 0.01
_DESCRIPTORS = Path("/proc/self/fd")


class Leftovers:
    """What was there before belongs to others."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._before = self._now()

    async def found(self) -> list[str]:
        """What is there now and was not before, once it had a moment to go."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        while left := [said for key, said in self._now().items() if key not in self._before]:
            if loop.time() > end:
                break
            await asyncio.sleep(_LOOK)
        return left

    def _now(self) -> Mapping[Any, str]:
        return dict([*self._timers(), *self._readers(), *_tasks(), *_sockets()])

    def _timers(self) -> Iterator[tuple[Any, str]]:
        for call in self._reactor.getDelayedCalls():
            yield call, f"the timer {_name(call.func)}"

    def _readers(self) -> Iterator[tuple[Any, str]]:
        for reader in (*self._reactor.getReaders(), *self._reactor.getWriters()):
            yield reader, f"{type(reader).__name__} in the reactor"


def _tasks() -> Iterator[tuple[Any, str]]:
    for task in asyncio.all_tasks():
        yield task, f"the task {_name(task.get_coro())}"


def _sockets() -> Iterator[tuple[Any, str]]:
    for descriptor in _DESCRIPTORS.iterdir() if _DESCRIPTORS.exists() else ():
        try:
            target = str(descriptor.readlink())
        except OSError:  # that of the listing itself
            continue
        if target.startswith("socket:"):
            yield target, f"a socket (file descriptor {descriptor.name})"


def _name(call: Any) -> str:
    return getattr(call, "__qualname__", None) or repr(call)
