"""What all listeners of a process may take together: connections, and bytes of unfinished frames.

1. A connection is a file, and a process has so many. One listener never gets all of them, so that
   a flood of one leaves room at the others.
2. Who has begun a frame may take its time to end it, as long as there is room for all that have.
   Above the limit those with the most are closed, until there is half of that: who sends whole
   frames has next to nothing.
3. Nobody counts bytes of frames as they come. A sum is made when what has come since the last could
   be too much with that: of 10,000 connections it takes 10 ms.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Protocol

from .connection import Connection

#: Of the files of a process: what one listener may have, and all of them. The rest is for queues,
#: dead letters and connections to destinations.
_ONE, _ALL = 0.75, 0.875
#: Of the limit: what must have come since the last sum.
_LITTLE = 0.25


class Tenant(Protocol):
    """The connections of a listener."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Connection]: ...
    def crowded_out(self, connection: Connection, /) -> None:
        """Close it: rule 2."""
        ...


class Room:
    """Of one process."""

    def __init__(self, files: int = sys.maxsize, memory: int = sys.maxsize) -> None:
        """How many it may have open, and how many bytes of frames."""
        self.most, self.most_of_one = int(files * _ALL), int(files * _ONE)
        self.memory = memory
        self._promised = 0
        self._tenants: list[Tenant] = []
        self._sum = self._came = 0

    def joined(self, tenant: Tenant, promised: int) -> None:
        """One more, for as long as the process lives, and how many connections it is to have."""
        self._tenants.append(tenant)
        self._promised = max(self._promised, promised)

    @property
    def shortage(self) -> str:
        """That a listener cannot have what it was promised; empty: each can."""
        if self._promised <= self.most_of_one:
            return ""
        return (
            f"a listener may have {self.most_of_one} connections here, and not {self._promised}: "
            "a process may have too few files open; raise LimitNOFILE, or ulimit -n"
        )

    @property
    def is_full(self) -> bool:
        """Whether there can be no further connection. Rule 1."""
        return sum(map(len, self._tenants)) >= self.most

    def came(self, size: int) -> None:
        """So many bytes were read."""
        self._came += size
        if self._came > self.memory * _LITTLE and self._sum + self._came > self.memory:  # rule 3
            self._look()

    def _look(self) -> None:
        held = [
            (size, tenant, connection)
            for tenant in self._tenants
            for connection in tenant
            if (size := connection.unfinished)
        ]
        self._sum, self._came = sum(size for size, *_ in held), 0
        if self._sum <= self.memory:
            return
        held.sort(key=lambda each: each[0])
        while held and self._sum > self.memory // 2:
            size, tenant, connection = held.pop()
            tenant.crowded_out(connection)
            self._sum -= size
