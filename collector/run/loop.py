"""The reactor of a process that moves data: Twisted's asyncio reactor, on uvloop where it is."""

from __future__ import annotations

import asyncio
import importlib
import time
from typing import Any

from twisted.internet import asyncioreactor


def install_reactor(*, uvloop: bool = True) -> Any:
    """Install it, before anything imports `twisted.internet.reactor`, and return it.

    Without uvloop (it has no wheels for Windows and PyPy) asyncio's own loop serves.
    """
    loop = _new_loop(uvloop=uvloop)
    asyncio.set_event_loop(loop)  # for Tasks that are made before the reactor runs
    asyncioreactor.install(loop)  # type: ignore[no-untyped-call]
    from twisted.internet import reactor

    installed: Any = reactor
    # Twisted waits by the time of the day: set back by a day, it would keep every timer for a day.
    installed.seconds = time.monotonic
    return installed


def _new_loop(*, uvloop: bool) -> asyncio.AbstractEventLoop:
    if uvloop:
        try:
            loop: asyncio.AbstractEventLoop = importlib.import_module("uvloop").new_event_loop()
        except ImportError:
            pass
        else:
            return loop
    return asyncio.SelectorEventLoop()
