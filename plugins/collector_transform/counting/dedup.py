"""The dedup processor: of events that say the same within an interval, one and their number.

`at_once`, the first goes on as it comes and the others are counted: when the interval ends, the
last of them goes on, with their number. `at_end`, as OpenTelemetry has it, the first is held until
the interval ends and stands for all. ADR 0034.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import model_validator

from collector.api import UID_KEY, Batch, Context, Event

from ..expressions import Look, conditions
from ..fingerprint import Sources, written
from .fields import chosen, fields, without
from .summary import SummaryConfig
from .windows import WindowProcessor, Windows

#: Bytes of the events that may be kept for their intervals.
MAX_HELD = 64 << 20
REASON = "repeated"
#: Seconds that an interval may have so that a sender still waits for the answer at its end.
PATIENCE = 25.0
_UID = ("attributes", (UID_KEY,))


class DedupConfig(SummaryConfig):
    """Which events are the same, and what goes on of them."""

    emit: Literal["at_once", "at_end"] = "at_once"
    #: OTTL's conditions: one must be true of an event that is looked at; none: all are.
    conditions: tuple[str, ...] = ()
    #: Fields that must be the same, and no others.
    include_fields: tuple[str, ...] = ()
    #: Fields that may differ, which what stands for several events does not have.
    exclude_fields: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _readable(self) -> DedupConfig:
        if self.include_fields and self.exclude_fields:
            raise ValueError("expected include_fields or exclude_fields, not both")
        fields("include_fields", self.include_fields, whole_body=True)
        fields("exclude_fields", self.exclude_fields, whole_body=False)
        conditions("conditions", self.conditions)
        return self


class LogDedupConfig(DedupConfig):
    """OpenTelemetry's way."""

    emit: Literal["at_once", "at_end"] = "at_end"


class Repeats:
    """Events that say the same."""

    __slots__ = ("count", "event", "first", "last", "since", "size")

    def __init__(self, since: float, size: int, wall: int, event: Event | None) -> None:
        self.since = since
        self.size = size
        #: Events that `event` stands for.
        self.count = 0 if event is None else 1
        self.event = event
        self.first = self.last = wall


class DedupProcessor(WindowProcessor[DedupConfig, Repeats]):
    """Drops repetitions, counted as `repeated`."""

    @classmethod
    def config_warnings(cls, config: Any) -> Iterable[str]:
        """See `Component`."""
        if config.emit == "at_end" and config.interval > PATIENCE:
            yield (
                "the interval is longer than senders wait for their answers: those that want one "
                "are told after 30 s to send again; with emit: at_once nothing waits"
            )

    def __init__(self, config: DedupConfig, context: Context) -> None:
        super().__init__(config, context, Windows(config.interval, config.max_keys, MAX_HELD))
        found = conditions("conditions", config.conditions)
        self._look = Look(found, context) if config.conditions else None
        self._wanted = fields("include_fields", config.include_fields, whole_body=True)
        self._unwanted = fields("exclude_fields", config.exclude_fields, whole_body=False)
        self._sources = Sources()
        self._holds = config.emit == "at_end"

    def process(self, batch: Batch) -> Batch:
        """See `Processor`."""
        now = self.begin()
        kept: list[Event] = []
        repeated: list[Event] = []
        new: list[Event] = [] if self._holds else kept
        live = self._windows.live
        for event, said in zip(batch.events, self._all_said(batch.events), strict=True):
            repeats = live.get(key := hash(said))
            if said is None:
                kept.append(event)
            elif repeats is not None:
                self._again(repeats, event)
                repeated.append(event)
            else:
                (new if self._opened(now, key, event, said) else kept).append(event)
        if self._holds:
            self.hold(new)
        self.drop(repeated, REASON)
        self.finish(now)
        batch.events = kept
        return batch

    def _opened(self, now: float, key: int, event: Event, said: bytes) -> bool:
        size = len(written([event.body, event.attributes]) if self._wanted else said)
        return self.open(key, Repeats(now, size, self.wall, event if self._holds else None))

    def _again(self, repeats: Repeats, event: Event) -> None:
        if not self._holds:
            if not repeats.count:
                repeats.first = self.wall
            repeats.event = event
        repeats.count += 1
        repeats.last = self.wall

    def _all_said(self, events: list[Event]) -> Iterator[bytes | None]:
        """Of each event what is the same in those that are the same; None: it is not looked at."""
        looked = self._look.at(events) if self._look else [True] * len(events)
        resource, source = None, 0
        for event, is_looked_at in zip(events, looked, strict=True):
            if event.resource is not resource:
                resource = event.resource
                source = self._sources.number(resource)
            yield self._said(event, source) if is_looked_at else None

    def _said(self, event: Event, source: int) -> bytes:
        if self._wanted and (found := chosen(event, self._wanted)):
            return written([source, found])
        body, attributes = event.body, event.attributes
        if UID_KEY in attributes:  # a name for each record
            attributes = without("attributes", attributes, (_UID,))
        if self._unwanted:
            body = without("body", body, self._unwanted)
            attributes = without("attributes", attributes, self._unwanted)
        number, text = event.severity_number, event.severity_text
        return written([source, body, attributes, number, text, event.event_name])

    def let_go(self, windows: list[Repeats]) -> None:
        """See `WindowProcessor`."""
        told = [self._summary(each, each.event) for each in windows if each.event]
        if told:
            self.emit(told)

    def _summary(self, repeats: Repeats, event: Event) -> Event:
        event.body = without("body", event.body, self._unwanted)
        event.attributes = without("attributes", event.attributes, self._unwanted)
        self.config.stamp(event, repeats.count, repeats.first, repeats.last)
        return event


class LogDedupProcessor(DedupProcessor):
    """The same under OpenTelemetry's name, its way."""

    config_type = LogDedupConfig
