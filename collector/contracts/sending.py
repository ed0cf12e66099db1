"""Events of a contract on their way to a destination, and what an exporter says of them."""

from __future__ import annotations

import asyncio
from typing import Any

from ..component import Exporter
from ..delivery import Delivery, Outcome
from ..event import Batch, Event
from ..outputs.backoff import State
from ..outputs.outlet import Outlet
from ..request import Hold, Poison, Receipt, Request, Retry, TooLarge
from ..stand_ins import outlet
from .destination import Destination

#: Quick enough for a test, and in the units of a configuration.
_OPTIONS = {
    "batch": {"max_age": "10ms"},
    "retry": {"initial_interval": "10ms", "max_interval": "20ms"},
    "queue": {"type": "memory"},
}


class Sending:
    """Around one exporter; `raised` is what its `send` did."""

    def __init__(self, exporter: Exporter[Any], destination: Destination) -> None:
        self.exporter, self.destination = exporter, destination
        self._has_ended = False
        self.raised: list[BaseException] = []
        self._send = exporter.send
        exporter.send = self._watched  # type: ignore[method-assign]
        self.outlet: Outlet = outlet(exporter, **_OPTIONS)
        self.delivery = Delivery()
        self.outcome: list[Outcome] = []
        self.delivery.outcome.addCallback(self.outcome.append)

    async def _watched(self, request: Request) -> Receipt | None:
        try:
            return await self._send(request)
        except BaseException as e:
            self.raised.append(e)
            raise

    def put(self, events: list[Event]) -> None:
        """Send these."""
        self.outlet.put(Batch(events), self.delivery, ack=True)

    def count(self, name: str) -> int:
        """A counter, over all its labels."""
        return self.exporter.context.metrics.get(f"exporter_{name}")

    async def stop(self) -> None:
        """As the core does; then the destination. Once."""
        if not self._has_ended:
            self._has_ended = True
            try:
                await self.outlet.stop()
                await self.exporter.stop()
            finally:
                await self.destination.stop()

    @property
    def is_held(self) -> bool:
        """Whether an operator is needed."""
        return self.outlet.state is State.HELD

    @property
    def tries_again(self) -> bool:
        """Whether the same bytes will be sent again after a while."""
        return any(not isinstance(e, Hold | TooLarge | Poison) for e in self.raised)

    @property
    def gives_up(self) -> bool:
        """Whether events are called bad."""
        return any(isinstance(e, TooLarge | Poison) for e in self.raised)

    def strangers(self) -> list[str]:
        """What `send` raised that says nothing to the core."""
        known = (Retry, Hold, TooLarge, Poison, asyncio.CancelledError)
        return [repr(error) for error in self.raised if not isinstance(error, known)]
