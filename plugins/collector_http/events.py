"""The events of one request: JSON values in, events out.

Most requests have events that are alike: flat, and with one key each for the content, the time
and the level. `_plan` finds that out once for the names of a whole request, and then an event
costs three look-ups and its timestamp (0.6 us). All others go the careful way, one by one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from collector.api import Event, Resource
from collector_dynatrace.ingest import timestamp
from collector_dynatrace.ingest.model import refuse_deep
from collector_dynatrace.ingest.reading import Names, Reader, find, spellings
from collector_dynatrace.ingest.request import Opened
from collector_dynatrace.limits import CONTENT_KEYS, LEVEL_KEYS, TIMESTAMP_KEYS

from .severity import Severity, by_letters, by_word, level_in

#: What loggers call their message, beside Dynatrace's names: pino, zap and bunyan; chat services.
_MORE_CONTENT = ("msg", "text")
_BODY_KEYS = (*CONTENT_KEYS, *_MORE_CONTENT)
_FLAT = frozenset({str, int, float, bool})
_DICT = {dict}
_CONTEXT = frozenset({"trace_id", "span_id"})
_TRACE_ID, _SPAN_ID = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{16}")


class _Plan(NamedTuple):
    """Where the fields are in all events of a request; empty: in none."""

    content: str
    time: str
    level: str


class EventReader:
    """Reads the events of one request, as the ingest API does; see `Loose` for the others."""

    severity: Severity = staticmethod(by_letters)

    def __init__(self, request: Opened, depth: int, now: int, resource: Resource) -> None:
        self._members = request.members
        self._parameters = request.parameters
        self._reader = Reader(request.model, request.parameters, now, request.room, depth)
        self._content_keys: tuple[str, ...] = self._reader.content_keys
        self._now = now
        self._resource = resource
        #: How many of the members are no objects.
        self.invalid = 0
        self.unparsed = 0

    @property
    def too_nested(self) -> Sequence[int]:
        """The numbers of events that lost attributes for their depth."""
        return self._reader.too_nested

    def events(self) -> list[Event]:
        """All of them. Raises Refused."""
        members = self._members
        if set(map(type, members)) != _DICT:
            objects = [(n, event) for n, event in enumerate(members) if type(event) is dict]
            self.invalid = len(members) - len(objects)
            events = [self._careful(event, n) for n, event in objects]
            names = frozenset().union(*(event for _, event in objects))
        else:
            names = frozenset().union(*members)
            events = self._all(members, names)
        if not names.isdisjoint(_CONTEXT):
            for event in events:
                _set_context(event)
        return events

    def _all(self, members: list[dict[str, Any]], names: frozenset[str]) -> list[Event]:
        added = self._parameters
        plan = _plan(names, self._content_keys)
        if (
            plan is None
            or (added and not self._adds_nothing(plan, names))
            or not _FLAT.issuperset(map(type, chain.from_iterable(map(dict.values, members))))
        ):
            return [self._careful(event, n) for n, event in enumerate(members)]
        return self._planned(members, plan)

    def _adds_nothing(self, plan: _Plan, names: frozenset[str]) -> bool:
        """Whether the parameters are attributes of their own in every event."""
        added = self._parameters
        return names.isdisjoint(added) and _plan(names.union(added), self._content_keys) == plan

    def _planned(self, members: list[dict[str, Any]], plan: _Plan) -> list[Event]:
        content_key, time_key, level_key = plan
        now, added, severity, resource = self._now, self._parameters, self.severity, self._resource
        parsed = timestamp.parse
        events = []
        for n, event in enumerate(members):
            body = event.get(content_key)
            at = parsed(event[time_key], now) if time_key in event else now
            if type(body) is not str or at is None:
                events.append(self._careful(event, n))
                continue
            del event[content_key]
            if time_key in event:
                del event[time_key]
            word: Any = event.get(level_key)
            number = severity(word) if type(word) is str else None
            if number is None:
                number, word = 0, ""
            else:
                del event[level_key]
            if added:
                event.update(added)
            events.append(Event(at, body, event, number, word, now, b"", b"", 0, "", resource))
        return events

    def _careful(self, event: dict[str, Any], number: int) -> Event:
        return self._read(event, self._reader.attributes(event, number))

    def _read(self, event: dict[str, Any], attributes: dict[str, Any]) -> Event:
        """The event with these attributes, from which its fields are taken."""
        names = spellings(attributes)
        body = self._body(event, attributes, names)
        at = self._reader.time(attributes, names)
        if at is None:
            self.unparsed += 1
            at = self._now
        keys = LEVEL_KEYS if names is None else [names[key] for key in LEVEL_KEYS if key in names]
        level, word = level_in(attributes, [k for k in keys if k in attributes], self.severity)
        if body is attributes:  # it has no message
            body = {key: value for key, value in body.items() if key not in self._parameters}
            attributes = self._parameters.copy()
        return Event(at, body, attributes, level, word, self._now, resource=self._resource)

    def _body(self, event: dict[str, Any], attributes: dict[str, Any], names: Names | None) -> Any:
        return self._reader.content(event, attributes, names)


class LooseReader(EventReader):
    """For JSON of anybody: what is nested stays so, and an event without a message is its body."""

    severity: Severity = staticmethod(by_word)

    def __init__(self, request: Opened, depth: int, now: int, resource: Resource) -> None:
        super().__init__(request, depth, now, resource)
        self._content_keys = _BODY_KEYS

    def _careful(self, event: dict[str, Any], number: int) -> Event:
        refuse_deep(event)
        return self._read(event, self._reader.with_parameters(event))

    def _body(self, event: dict[str, Any], attributes: dict[str, Any], names: Names | None) -> Any:
        key = find(_BODY_KEYS, attributes, names, lists=True)
        return attributes if key is None else attributes.pop(key)


@lru_cache(4096)
def _plan(names: frozenset[str], content_keys: tuple[str, ...]) -> _Plan | None:
    """Where the fields of events with these names are; None: not the same for all."""
    joined = "".join(names)
    if joined != joined.lower():
        return None
    fields: tuple[Sequence[str], ...] = (content_keys, TIMESTAMP_KEYS, LEVEL_KEYS)
    found = [[key for key in keys if key in names] for keys in fields]
    if len(found[0]) != 1 or any(len(keys) > 1 for keys in found[1:]):
        return None
    return _Plan(*["".join(keys) for keys in found])


def _set_context(event: Event) -> None:
    """Put trace and span where OpenTelemetry has them, if they have its form."""
    attributes = event.attributes
    trace, span = attributes.get("trace_id"), attributes.get("span_id")
    if type(trace) is str and _TRACE_ID.fullmatch(trace):
        event.trace_id = bytes.fromhex(trace)
        del attributes["trace_id"]
    if type(span) is str and _SPAN_ID.fullmatch(span):
        event.span_id = bytes.fromhex(span)
        del attributes["span_id"]
