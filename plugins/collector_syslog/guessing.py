"""Zones of senders that nobody has said: from when messages come, what their clocks are set to.

A clock that is right but for its zone is ahead by whole quarters of an hour. Three messages at
least a second apart must agree in that, so a burst of late ones teaches nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .clock import SECOND
from .memo import remember

#: Stands for the name of a zone.
GUESS = "guess"
_QUARTER = 900 * SECOND
#: So far from whole quarters a clock may be, or a message under way.
_NEAR = 300 * SECOND
#: Quarters of an hour: no zone is farther from UTC than 14 hours.
_MOST = 56
_ENOUGH = 3


class _Clue(NamedTuple):
    quarters: int
    times: int
    since: int


class Guesses:
    """Of one receiver: quarters of an hour east of UTC, by address."""

    def __init__(self, learned: Callable[[str, str], None]) -> None:
        """`learned` is told an address and its offset, such as `+02:00`."""
        self._learned = learned
        self._quarters: dict[str, int] = {}
        self._clues: dict[str, _Clue] = {}

    def of(self, ip: str) -> int:
        """What is known of an address; 0 for nothing."""
        return self._quarters.get(ip, 0)

    def saw(self, ip: str, time: int, now_ns: int) -> None:
        """A message of there was written at `time`, as far as its zone is known."""
        ahead = time - now_ns
        off = round(ahead / _QUARTER)
        clue = self._clues.get(ip)
        if not off or abs(ahead - off * _QUARTER) > _NEAR:
            self._clues.pop(ip, None)
        elif clue is None or clue.quarters != off:
            remember(self._clues, ip, _Clue(off, 1, now_ns))
        elif now_ns - clue.since >= SECOND:
            remember(self._clues, ip, _Clue(off, clue.times + 1, now_ns))
            if clue.times + 1 >= _ENOUGH:
                self._learn(ip, self.of(ip) + off)

    def _learn(self, ip: str, quarters: int) -> None:
        del self._clues[ip]
        if abs(quarters) <= _MOST:
            remember(self._quarters, ip, quarters)
            self._learned(ip, offset(quarters))


def offset(quarters: int) -> str:
    """As it is written: `+05:45`."""
    hours, rest = divmod(abs(quarters), 4)
    return f"{'-' if quarters < 0 else '+'}{hours:02d}:{rest * 15:02d}"
