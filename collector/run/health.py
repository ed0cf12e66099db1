"""How every component is: said by whoever runs it, or read when somebody asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from ..faults import Faults
from ..outputs.backoff import State as Sending
from .redactor import printable
from .view import UNHEALTHY, ComponentHealth, State

_OF_OUTLETS: dict[Sending, State] = {
    Sending.OPEN: "running",
    Sending.BACKOFF: "retrying",
    Sending.HELD: "held",
}


class Reading(NamedTuple):
    """What a component's reader says of it."""

    state: State
    reason: str = ""
    #: When it became so, by the reactor's clock; None: when that was first noticed.
    since: float | None = None


class Health:
    """All components of a process. `shown` makes reasons safe: they quote peers and errors."""

    def __init__(self, clock: Any, shown: Callable[[str], str] = printable) -> None:
        self._clock = clock
        self._shown = shown
        self._read: dict[tuple[str, str], Callable[[], Reading]] = {}
        self._noticed: dict[tuple[str, str], tuple[State, float]] = {}
        #: Whether every receiver listens. A full queue is backpressure, and changes nothing here.
        self.ready = False

    def set(self, id: str, kind: str, state: State, reason: str = "") -> None:
        """Say how a component is, until something else is said."""
        reading = Reading(state, reason, self._clock.seconds())
        self._read[kind, id] = lambda: reading

    def watch(
        self, id: str, kind: str, read: Callable[[], Reading], faults: Faults | None = None
    ) -> None:
        """Ask `read` whenever somebody asks, in place of what was set; and what was raised."""
        self._read[kind, id] = read if faults is None else lambda: self._judged(read(), faults)

    def _judged(self, reading: Reading, faults: Faults) -> Reading:
        """What needs an operator anyway keeps its reason."""
        why = faults.reason(self._clock.seconds())
        if not why or reading.state in UNHEALTHY:
            return reading
        return Reading("failing", why, faults.since)

    def snapshot(self) -> tuple[ComponentHealth, ...]:
        """Every component, in the order in which they became known."""
        return tuple(self._now(key, read) for key, read in self._read.items())

    def _now(self, key: tuple[str, str], read: Callable[[], Reading]) -> ComponentHealth:
        now = self._clock.seconds()
        state, reason, since = read()
        noticed = self._noticed.get(key)
        if noticed is None or noticed[0] != state:
            noticed = self._noticed[key] = (state, now)
        began = noticed[1] if since is None else since
        kind, id = key
        return ComponentHealth(id, kind, state, self._shown(reason), round(now - began, 3))


class _Outlet(Protocol):
    @property
    def state(self) -> Sending: ...
    @property
    def reason(self) -> str: ...
    @property
    def since(self) -> float: ...
    @property
    def is_alarming(self) -> bool: ...


def outlet_reading(outlet: _Outlet) -> Reading:
    """How an exporter is, by its outlet."""
    state = "failing" if outlet.is_alarming else _OF_OUTLETS[outlet.state]
    return Reading(state, outlet.reason, outlet.since)
