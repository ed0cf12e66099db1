"""The dedup processor: of events that say the same within an interval, one and their number.

`at_once`, the first goes on as it comes and the others are counted: when the interval ends, the
last of them goes on, with their number. Nobody is told that a repetition is safe before the first
is; where that was not stored, the last repetition goes on at once, and the next is a first one.
`at_end`, as OpenTelemetry has it, the first is held until the interval ends and stands for all.
ADR 0034.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Literal

from pydantic import model_validator

from collector.api import UID_KEY, Batch, Context, Event, Outcome

from ..expressions import Look, conditions
from ..fingerprint import Sources, written
from .fields import chosen, fields, without
from .repeats import Origin, Repeats
from .summary import SummaryConfig
from .windows import WindowProcessor, Windows

#: Bytes of the events that may be kept for their intervals.
MAX_HELD = 64 << 20
#: Repetitions that wait until their first is safe. More are dropped at once.
MAX_PENDING = 10_000
REASON = "repeated"
#: Seconds that an interval may have so that a sender still waits for the answer at its end.
PATIENCE = 25.0
#: A client has another one for each of its connections.
_PORTS = ("net.peer.port", "net.sock.peer.port")
_UID = ("attributes", (UID_KEY,))


class DedupConfig(SummaryConfig):
    """Which events are the same, and what goes on of them."""

    #: `at_once`: the first goes on at once, and the last with their number when the interval ends.
    #: `at_end`: the first is held, its sender waits for its answer, and it goes on with the number
    #: of all.
    emit: Literal["at_once", "at_end"] = "at_once"
    #: OTTL's conditions, of which one must be true of an event that is looked at; others go on as
    #: they come. Paths are those of a log where they do not say it. Such as `[severity_number <
    #: SEVERITY_NUMBER_WARN]`.
    conditions: tuple[str, ...] = ()
    #: Fields of the body or the attributes that alone are compared, beside resource and scope. A
    #: dot in a name has a backslash before it. An event that has none of them is compared as a
    #: whole. Such as `[attributes.id, body.user.name]`.
    include_fields: tuple[str, ...] = ()
    #: Fields that may differ. What goes on with a number does not have them. Not beside
    #: `include_fields`. Such as `['attributes.syslog\.proc_id']`.
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

    #: `at_end`: the first is held, its sender waits for its answer, and it goes on with the number
    #: of all. `at_once`: the first goes on at once, and the last with their number when the
    #: interval ends.
    emit: Literal["at_once", "at_end"] = "at_end"


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
        self._sources = Sources(*_PORTS)
        self._holds = config.emit == "at_end"
        self._origin = Origin()
        self._pending = 0

    def process(self, batch: Batch) -> Batch:
        """See `Processor`."""
        now = self.begin()
        self._origin = Origin()
        kept: list[Event] = []
        held: list[Event] = []
        repeated: list[Event] = []
        live = self._windows.live
        for event, said in zip(batch.events, self._all_said(batch.events), strict=True):
            repeats = live.get(key := hash(said))
            if said is None:
                kept.append(event)
            elif repeats is not None:
                (held if self._again(repeats, event) else repeated).append(event)
            else:
                (held if self._first(now, key, event, said) else kept).append(event)
        self.hold(held)
        self.drop(repeated, REASON)
        if self._origin.keys:
            self.when_settled(partial(self._settled, self._origin))
        self.finish(now)
        batch.events = kept
        return batch

    def _first(self, now: float, key: int, event: Event, said: bytes) -> bool:
        """Whether the first of its kind is held."""
        size = len(written([event.body, event.attributes]) if self._wanted else said)
        repeats = Repeats(now, size, self._origin)
        if not self.open(key, repeats):
            return False
        if self._holds:
            repeats.add(event, self.wall)
        else:
            self._origin.keys.append(key)
        return self._holds

    def _again(self, repeats: Repeats, event: Event) -> bool:
        """Whether a repetition is held: its sender is not answered before the first is safe."""
        if self._holds:
            repeats.add(None, self.wall)
            return False
        repeats.add(event, self.wall)
        origin = repeats.origin
        if origin.is_safe or origin is self._origin or self._pending >= MAX_PENDING:
            return False
        if repeats.pending is None:
            repeats.pending = []
            origin.waiting.append(repeats)
        repeats.pending.append(event)
        self._pending += 1
        return True

    def _settled(self, origin: Origin, outcome: Outcome) -> None:
        """What came of the batch that had the first ones."""
        origin.is_safe = outcome is Outcome.DELIVERED
        if origin.is_safe:
            self.drop(self._taken(origin.waiting), REASON)
        else:  # its sender has heard that too, those of what waits have not
            live = self._windows.live
            keys = [key for key in origin.keys if key in live and live[key].origin is origin]
            forgotten = [self._windows.forget(key) for key in keys]
            self._end([repeats for repeats in forgotten if repeats.pending])
        origin.keys.clear()
        origin.waiting.clear()

    def _taken(self, several: list[Repeats]) -> list[Event]:
        """What waits of these, which is forgotten."""
        found = [event for repeats in several for event in repeats.pending or ()]
        self._pending -= len(found)
        for repeats in several:
            repeats.pending = None
        return found

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
        told = [self._summary(repeats, repeats.event) for repeats in windows if repeats.event]
        if told:
            own = {id(event) for event in told}
            self.emit(told, [event for event in self._taken(windows) if id(event) not in own])

    def _summary(self, repeats: Repeats, event: Event) -> Event:
        event.body = without("body", event.body, self._unwanted)
        event.attributes = without("attributes", event.attributes, self._unwanted)
        self.config.stamp(event, repeats.count, repeats.first, repeats.last)
        return event


class LogDedupProcessor(DedupProcessor):
    """The same under OpenTelemetry's name, its way."""

    config_type = LogDedupConfig
