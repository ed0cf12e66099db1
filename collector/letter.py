"""What is kept of an event that can never be delivered, or of an input that never became one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Protocol

import msgspec

#: Characters of what a server said.
MAX_TEXT = 512
#: What 64 bits hold; others are refused when they are read, for a file may have been edited.
Natural = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
#: Earlier deaths that a letter remembers.
MAX_HISTORY = 10


class Death(msgspec.Struct, frozen=True, omit_defaults=True):
    """One time that it could not be delivered."""

    #: In ns since the epoch.
    time: Natural
    reason: str
    text: str = ""
    attempts: Natural = 0


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that are kept, and why."""

    row: bytes
    #: A word of a few.
    reason: str
    #: What the server said, with its status; or what else there is to know.
    text: str = ""
    #: Of the exporter that can send the row again; empty: it cannot be sent as it is.
    format: str = ""
    #: Requests that failed with it.
    attempts: int = 0
    #: Earlier deaths of a row that was replayed, the first one first.
    history: tuple[Death, ...] = ()
    #: In ns since the epoch; 0: when it is written.
    time: int = 0

    @property
    def deaths(self) -> tuple[Death, ...]:
        """All of them, this one last."""
        last = Death(self.time, self.reason, self.text, self.attempts)
        return (*self.history, last)[-MAX_HISTORY:]


class DeadLetter(Protocol):
    """Where what can never be delivered is kept."""

    def write(self, letters: Sequence[Letter]) -> int:
        """Keep these, durably before this returns. How many: for the others there was no room."""
        ...


class NoDeadLetter:
    """For tests and for instances without a data directory: nothing is kept."""

    def write(self, letters: Sequence[Letter]) -> int:
        return 0
