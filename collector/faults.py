"""What a component's code has raised lately: an exception in, a reason for its health out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from twisted.python.failure import Failure

#: Seconds without another after which all is well again.
QUIET = 60.0
#: Characters of a message that are shown.
LONGEST = 2000


class Faults:
    """Of one component, in all its pipelines."""

    def __init__(self) -> None:
        self._why = ""
        self._times = 0
        #: When the first of those of late was, by the reactor's clock.
        self.since = 0.0
        self._last = 0.0

    def note(self, failure: Failure, now: float) -> None:
        """One more."""
        if not self._is_recent(now):
            self._times, self.since = 0, now
        self._times += 1
        self._last = now
        self._why = summary(failure)

    def reason(self, now: float) -> str:
        """What to tell an operator; nothing when there was none for `QUIET` seconds."""
        if not self._is_recent(now):
            return ""
        times = "" if self._times == 1 else f" {self._times:,} times, the last was"
        return f"its code raised{times} {self._why}"

    def _is_recent(self, now: float) -> bool:
        return bool(self._times) and now - self._last < QUIET


def summary(failure: Failure, shown: Callable[[str], str] = str) -> str:
    """`ValueError: not a number (numbers.py:12 in parse)`; `shown` makes its words safe."""
    kind = getattr(failure.type, "__name__", str(failure.type))
    said = cut(shown(failure.getErrorMessage().strip()))
    text = f"{kind}: {said}" if said and said != kind else kind
    if not failure.frames:
        return text
    function, file, line = failure.frames[-1][:3]
    return f"{text} ({shown(PurePath(file).name)}:{line} in {shown(function)})"


def cut(text: str) -> str:
    """A text of a length that can be shown."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"
