"""Waiting for what must come: nothing here, and in the tests, sleeps for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: Seconds. What takes longer will not come, however busy the machine is.
LONG = 20.0
_SHORTEST, _LONGEST = 0.005, 0.1


def eventually(
    look: Callable[[], T], enough: Callable[[T], bool] = bool, within: float = LONG
) -> T:
    """What `look` gives as soon as that is `enough`. Fails the test when it never is."""
    end, pause = time.monotonic() + within, _SHORTEST
    while not enough(found := look()):
        if time.monotonic() > end:
            raise AssertionError(f"after {within:g} s it is still {repr(found)[-2000:]}")
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST)
    return found
