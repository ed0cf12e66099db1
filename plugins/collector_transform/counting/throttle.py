"""The throttle processor: of each key so many events an interval, and one that counts the rest."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from collector.api import NOTHING, WARN, Batch, Context, Duration, Event, Resource

from ..expressions import Look, values
from ..fingerprint import written
from .summary import SummaryConfig
from .windows import WindowProcessor, Windows

#: Characters of a key in its summary.
MAX_SHOWN = 200
#: Bytes of all keys together.
MAX_HELD = 64 << 20
REASON = "throttled"


class ThrottleConfig(SummaryConfig):
    """So many events of each key an interval."""

    #: Time that begins with the first event of a key.
    interval: Annotated[Duration, Field(gt=0)] = 1.0
    #: Values of OTTL that make the key, such as `['resource.attributes["net.peer.ip"]']`. Without
    #: any, all events count together.
    keys: tuple[str, ...] = ()
    #: Events of a key that go on in an interval, such as `500`.
    max_events: Annotated[int, Field(ge=1)]
    #: What becomes of more. `drop`: no more go on. `sample`: a part of them does, evenly.
    mode: Literal["drop", "sample"] = "drop"
    #: That part.
    sampling_percentage: Annotated[float, Field(ge=0, le=100)] = 1.0

    @model_validator(mode="after")
    def _readable(self) -> ThrottleConfig:
        values("keys", self.keys)
        return self


class Pace:
    """What a key has had in its window."""

    __slots__ = (
        "common",
        "dropped",
        "first",
        "last",
        "passed",
        "resource",
        "said",
        "share",
        "since",
        "size",
    )

    def __init__(self, since: float, said: str) -> None:
        self.since = since
        self.size = len(said)
        self.said = said
        self.passed = 1
        self.share = 0.0
        self.dropped = self.first = self.last = 0
        #: Of the last that was dropped, and what is true of all of them.
        self.resource = self.common = NOTHING


class ThrottleProcessor(WindowProcessor[ThrottleConfig, Pace]):
    """Drops what is too much, counted as `throttled`."""

    def __init__(self, config: ThrottleConfig, context: Context) -> None:
        super().__init__(config, context, Windows(config.interval, config.max_keys, MAX_HELD))
        self._look = Look(values("keys", config.keys), context)
        self._most = config.max_events
        self._share = config.sampling_percentage / 100 if config.mode == "sample" else 0.0

    def process(self, batch: Batch) -> Batch:
        """See `Processor`."""
        now = self.begin()
        kept: list[Event] = []
        dropped: list[Event] = []
        live = self._windows.live
        for event, key in zip(batch.events, self._look.at(batch.events), strict=True):
            said = written(key)
            pace = live.get(number := hash(said))
            if pace is None:
                self.open(number, Pace(now, _shown(said)))
                kept.append(event)
            elif pace.passed < self._most:
                pace.passed += 1
                kept.append(event)
            else:
                (kept if self._passes(pace, event) else dropped).append(event)
        self.drop(dropped, REASON)
        self.finish(now)
        batch.events = kept
        return batch

    def _passes(self, pace: Pace, event: Event) -> bool:
        """Whether an event that is too much goes on all the same."""
        pace.share += self._share
        if pace.share >= 1:
            pace.share -= 1
            return True
        pace.last = self.wall
        if not pace.dropped:
            pace.first = self.wall
            pace.common = pace.resource = event.resource
        elif pace.resource is not event.resource:
            pace.resource = event.resource
            pace.common = _common(pace.common, event.resource)
        pace.dropped += 1
        return False

    def let_go(self, windows: list[Pace]) -> None:
        """See `WindowProcessor`."""
        told = [self._summary(pace) for pace in windows if pace.dropped]
        if told:
            self.emit(told)

    def _summary(self, pace: Pace) -> Event:
        config = self.config
        body = f"{pace.dropped} events throttled: over {config.max_events} in {config.interval:g} s"
        attributes: dict[str, Any] = {"throttle.keys": pace.said} if config.keys else {}
        event = Event(pace.last, body, attributes, WARN, "WARN", pace.last)
        event.resource = pace.common
        config.stamp(event, pace.dropped, pace.first, pace.last)
        return event


def _common(one: Resource, other: Resource) -> Resource:
    """What is true of both; the first where that is all of it."""
    theirs = other.attributes
    same = {key: value for key, value in one.attributes.items() if theirs.get(key) == value}
    return one if len(same) == len(one.attributes) else Resource(same)


def _shown(said: bytes) -> str:
    text = said[: MAX_SHOWN * 4].decode("utf-8", "replace")
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
