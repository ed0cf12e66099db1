"""How much may wait in the memory of a worker: what does, and a pause of all receivers above that.

1. What waits: events that are gathered, requests in queues in memory, and those that the disk has
   not taken yet. Each queue has a size of its own; this is their sum, by what the machine has.
2. It is looked at now and then, more often when there is much; nothing is counted as it comes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from twisted.logger import Logger

from ..outputs.outlet import Outlet
from .cgroups import CGROUPS, OURS, groups
from .valve import Valve

log = Logger(namespace="collector")
#: Of what the machine or the cgroup has, `memory_limit: auto`. The rest is for the processes, 80 MB
#: each, and for what they work on.
_SHARE = 0.5
#: Of a worker's limit: what unfinished frames may take, which no queue knows.
FRAMES = 0.25
#: Of the limit, where receivers go on.
_LOW = 0.75
#: Seconds between looks, and the part of the limit from which on they are shorter.
_SELDOM, _OFTEN, _MUCH = 1.0, 0.1, 0.25


def available(cgroups: Path = CGROUPS, ours: Path = OURS) -> int:
    """Bytes that this process could have: the machine's, or the least limit of its cgroups."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = (limit for group in groups("memory", cgroups, ours) for limit in _limits(group))
    return min([machine, *limits])


def _limits(group: Path) -> Iterator[int]:
    for name in ("memory.max", "memory.high", "memory.limit_in_bytes"):  # the last of version 1
        try:
            limit = (group / name).read_text().strip()
        except OSError:
            continue
        if limit.isdigit():  # else "max"
            yield int(limit)


def limit_of(configured: int | Literal["auto"], workers: int) -> int:
    """Of one worker, of so many."""
    return (int(available() * _SHARE) if configured == "auto" else configured) // workers


class Budget:
    """Of one worker, between `start` and `stop`."""

    def __init__(
        self, reactor: Any, most: int, outlets: Iterable[Outlet], valves: Iterable[Valve]
    ) -> None:
        self._reactor = reactor
        self._most = most
        self._outlets: Sequence[Outlet] = tuple(outlets)
        self._valves: Sequence[Valve] = tuple(valves)
        self._is_over = False
        self._timer: Any = None

    def start(self) -> None:
        """Look, and go on looking."""
        self._timer = None
        used = sum(outlet.in_memory for outlet in self._outlets)
        is_over = used > self._most * (_LOW if self._is_over else 1)
        if is_over != self._is_over:
            self._turn(used, is_over=is_over)
        pause = _OFTEN if used > self._most * _MUCH else _SELDOM
        self._timer = self._reactor.callLater(pause, self.start)

    def _turn(self, used: int, *, is_over: bool) -> None:
        self._is_over = is_over
        if is_over:
            log.warn(
                "{used} MiB wait in memory, of {most} that may: all receivers pause; see "
                "service.memory_limit",
                used=used >> 20,
                most=self._most >> 20,
            )
        for valve in self._valves:
            valve.squeeze(is_over=is_over)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
