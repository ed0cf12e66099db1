"""What the process says of itself, for components that take it in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class LogEntry(NamedTuple):
    """One entry of the collector's own log: within its limits, and without secrets."""

    #: In ns since the epoch.
    time: int
    #: DEBUG, INFO, WARN or ERROR.
    level: str
    message: str
    #: The id of the component that says it; empty for the process itself.
    component: str = ""
    #: What was raised, in a line; empty when nothing was.
    error: str = ""
    #: Plain values that are in the message.
    fields: dict[str, Any] = {}  # noqa: RUF012 nobody changes it


class Journal:
    """Of one process. Entries may come from any thread."""

    def __init__(self) -> None:
        self._told: tuple[Callable[[LogEntry], None], ...] = ()

    def follow(self, told: Callable[[LogEntry], None]) -> Callable[[], None]:
        """Call `told` with each entry from now on, in the thread that logs; it must not raise.

        What is returned ends it.
        """
        self._told += (told,)

        def end() -> None:
            self._told = tuple(each for each in self._told if each is not told)

        return end

    def add(self, entry: LogEntry) -> None:
        """One was written."""
        for told in self._told:
            told(entry)
