"""How far long work is: one line on standard error, written anew, where that is a terminal."""

from __future__ import annotations

import sys
import time

#: Seconds between two of them: more would only flicker.
_STEP = 0.2
_ERASE = "\r\x1b[K"


class Progress:
    """From the first `show` to `end`."""

    def __init__(self, *, is_wanted: bool = True) -> None:
        """`is_wanted`: whether the result of the work leaves the terminal free for it."""
        self.is_wanted = is_wanted and sys.stderr.isatty()
        self._next = 0.0
        self._is_shown = False

    def show(self, text: str) -> None:
        """So far it is; called as often as you like."""
        now = time.monotonic()
        if self.is_wanted and now >= self._next:
            self._next, self._is_shown = now + _STEP, True
            sys.stderr.write(f"{_ERASE}{text} ...")
            sys.stderr.flush()

    def end(self) -> None:
        """Leave nothing of it."""
        if self._is_shown:
            self._is_shown = False
            sys.stderr.write(_ERASE)
            sys.stderr.flush()
