"""How much each source may send: a stream that is too fast is not read, a datagram not taken.

A source may be `burst` events ahead of its rate. What is kept for it is one number: when it would
have made up for all that it has sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from typing import Annotated, Any, TypeVar

from pydantic import Field

from ..context import Context
from ..fields import unix_path
from .access import AccessOptions
from .connection import Connection
from .refusals import Refusals
from .sources import source

#: Sources that are remembered; those that are not ahead need not be.
_MOST = 10_000
#: Seconds' worth of events at once, where no burst is said.
_BURST = 10
T = TypeVar("T", bound=Hashable)


class RateOptions(AccessOptions):
    """The same for every listener whose input may be held up, or lost."""

    #: Events a second of each address, or IPv6 network of 64 bits; 0 is any number. Over TCP a
    #: source that is ahead is not read, and nothing is lost. Over UDP what is more is lost and
    #: counted.
    max_rate_per_source: Annotated[int, Field(ge=0)] = 0
    #: Events that may come at once; 0 is as many as come in 10 s at that rate.
    max_burst_per_source: Annotated[int, Field(ge=0)] = 0


class Rates:
    """Of one listener, by source. `clock` in seconds; a rate of 0 is any."""

    def __init__(self, rate: int, burst: int, clock: Callable[[], float]) -> None:
        self.rate = rate
        self._ahead = (burst or rate * _BURST) / rate if rate else 0.0  # seconds
        self._clock = clock
        self._even: dict[str, float] = {}

    @classmethod
    def of(cls, options: RateOptions, clock: Callable[[], float]) -> Rates:
        """As the options say; the peers of a UNIX socket have no address, and no rate."""
        rate = 0 if unix_path(options.endpoint) else options.max_rate_per_source
        return cls(rate, options.max_burst_per_source, clock)

    def __bool__(self) -> bool:
        return self.rate > 0

    def wait_after(self, name: str, events: int) -> float:
        """A source has sent so many: seconds for which it must be silent, 0 for none."""
        now = self._clock()
        even = max(self._even.get(name, now), now) + events / self.rate
        self._remember(name, even, now)
        return max(0.0, even - now - self._ahead)

    def room_for(self, name: str, events: int) -> int:
        """Of so many events of a source, how many are taken."""
        now = self._clock()
        even = max(self._even.get(name, now), now)
        taken = min(events, int((now + self._ahead - even) * self.rate + 1e-6))
        self._remember(name, even + taken / self.rate, now)
        return taken

    def _remember(self, name: str, even: float, now: float) -> None:
        if name not in self._even and len(self._even) >= _MOST:
            ahead = sorted((at, who) for who, at in self._even.items() if at > now)
            self._even = {who: at for at, who in ahead[-_MOST // 2 :]}
        self._even[name] = even

    def within(self, items: list[T], name: Callable[[T], str]) -> tuple[list[bool], Counter[str]]:
        """Which of these are taken, of each source the first, and how many are not.

        `name`: whose an item is; asked once for equal ones.
        """
        names = {item: name(item) for item in set(items)}
        sent = Counter(names[item] for item in items) if len(names) > 1 else _all_of(items, names)
        room = {who: self.room_for(who, events) for who, events in sent.items()}
        over = Counter({who: sent[who] - room[who] for who in sent if room[who] < sent[who]})
        if not over:
            return [True] * len(items), over
        taken = []
        for item in items:
            who = names[item]
            room[who] -= 1
            taken.append(room[who] >= 0)
        return taken, over


def _all_of(items: list[T], names: dict[T, str]) -> Counter[str]:
    return Counter(dict.fromkeys(names.values(), len(items)))


class Throttle:
    """Of one stream listener: leaves connections unread that have brought too much."""

    def __init__(self, context: Context, options: RateOptions, refusals: Refusals) -> None:
        self._context = context
        self._refusals = refusals
        self.rates = Rates.of(options, context.reactor.seconds)
        self._held: dict[Connection, Any] = {}  # timers

    def read(self, connection: Connection, events: int) -> None:
        """A connection was read, and brought so many."""
        wait = self.rates.wait_after(source(connection.ip), events)
        if wait and connection not in self._held:
            self._context.count("throttled_reads")
            self._refusals.too_fast(source(connection.ip), self.rates.rate, "its connections wait")
            connection.hold()
            later = self._context.reactor.callLater
            self._held[connection] = later(wait, self._release, connection)

    def _release(self, connection: Connection) -> None:
        del self._held[connection]
        connection.release()

    def closed(self, connection: Connection) -> None:
        """It is gone."""
        timer = self._held.pop(connection, None)
        if timer is not None:
            timer.cancel()

    def end(self) -> None:
        """What waits is read, whatever the rate is: the process is ending."""
        for connection in list(self._held):
            self.closed(connection)
            connection.release()
        self.rates = Rates(0, 0, self._context.reactor.seconds)
