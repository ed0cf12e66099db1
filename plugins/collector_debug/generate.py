"""Events out of nothing, at a rate: for a first try, and for load."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

from pydantic import Field

from collector.api import DEBUG, ERROR, FATAL, INFO, TRACE, WARN, Batch, Config, Event, Receiver

#: Seconds between batches, at rates that allow more than one event in each.
_TICK = 0.01
#: After a stall at most so many seconds are made up for.
_LONGEST = 1.0
_SEVERITIES = {
    "trace": TRACE,
    "debug": DEBUG,
    "info": INFO,
    "warn": WARN,
    "error": ERROR,
    "fatal": FATAL,
}


class GenerateConfig(Config):
    """What to make, and how fast."""

    #: Events a second.
    rate: Annotated[float, Field(gt=0, le=10_000_000)] = 1.0
    #: Events after which it stops; 0 is never.
    count: Annotated[int, Field(ge=0)] = 0
    #: The body; `{n}` becomes the number of the event, from 1.
    message: str = "generated event {n}"
    #: The severity of each event.
    severity: Literal["trace", "debug", "info", "warn", "error", "fatal"] = "info"


class GenerateReceiver(Receiver[GenerateConfig]):
    """Makes a batch a tick. What falls into a pause is not made up for."""

    def __init__(self, config: GenerateConfig, context: Any) -> None:
        super().__init__(config, context)
        self._made = 0
        self._owed = 0.0  # events, with their fraction
        self._last = 0.0
        self._timer: Any = None
        self._ended = False
        self._every = max(_TICK, 1 / config.rate)

    async def start(self) -> None:
        """See `Component`."""
        self.resume()

    def pause(self) -> None:
        """See `Receiver`."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def resume(self) -> None:
        """See `Receiver`. Does nothing once the end has begun."""
        if self._timer is None and not self._ended:
            self._last = self.context.reactor.seconds()
            self._timer = self.context.reactor.callLater(self._every, self._tick)

    async def leave(self) -> None:
        """See `Receiver`."""
        await self.quiesce()

    async def quiesce(self) -> None:
        """See `Receiver`."""
        self._ended = True
        self.pause()

    async def stop(self) -> None:
        """See `Component`."""
        await self.quiesce()

    def _tick(self) -> None:
        reactor = self.context.reactor
        now = reactor.seconds()
        self._timer = reactor.callLater(self._every, self._tick)
        longest = max(_LONGEST, self._every)
        self._owed += self.config.rate * min(now - self._last, longest)
        self._last = now
        due = int(self._owed + 1e-6)
        self._owed -= due
        if self.config.count:
            due = min(due, self.config.count - self._made)
        if due:
            self._send(due)
        if self._made == self.config.count:  # never, when that is 0
            self._ended = True
            self.pause()

    def _send(self, due: int) -> None:
        now, config = time.time_ns(), self.config
        number, name = _SEVERITIES[config.severity], config.severity.upper()
        first = self._made + 1
        self._made += due
        bodies = [config.message.replace("{n}", str(n)) for n in range(first, first + due)]
        events = [Event(now, body, {}, number, name, now) for body in bodies]
        self.output.send(Batch(events, sum(map(len, bodies))))
