"""Events in, the bodies of ingest requests out: `[{...},{...}]`, within every limit.

Most events take the fast way: their attribute dict is copied, four entries are added, and
orjson writes some fifty of them at once. What makes that right is checked for a whole slice
of events, never for one (CPython 3.11, events of 10 attributes, resources of 5, ns an event):

1. Names: `set().union(*dicts)` has all names of a slice (70; a lookup of `tuple(dict)` for
   each event costs 200), and whether a set of names is harmless is remembered.
2. Long values: JSON shorter than the limit of a value cannot hold one that is longer (0).
3. Nesting: orjson refuses what is nested more than 254 deep, and the rows are put so deep that
   anything nested in one of them is too much (46; looking for `":{` and `":[` 870, counting
   `{` 170 and wrong as soon as a text holds one, asking each value for its type 250).
4. What orjson writes as null (None, nan), and tuples, are looked for by type (250), except
   where all names are of our own syslog receiver, which gives neither.
5. What JSON cannot say, a surrogate or an integer over 64 bits, orjson refuses.

A slice with anything in doubt goes the careful way, event by event, through `Tidy`.
"""

from __future__ import annotations

import os
import time
from base64 import b32encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from math import isfinite
from typing import Any, NamedTuple

import orjson

from collector.api import UID_KEY, Event

from .attributes import TRIMMED_KEY, is_guarded
from .bodies import Body, Packing
from .careful import OWN, RESERVED, Careful, CareNeededError, context
from .limits import GRAIL_CLIENT, Limits
from .record import Stamps, content
from .resources import Resources

#: Names of the syslog receiver's attributes, whose values are texts and integers.
_SYSLOG = "syslog."
_HARMLESS = frozenset({str, int, bool})
_NUMERIC = _HARMLESS | {float}
#: What only the careful way puts in a row that may have it already.
_NEVER = OWN - {TRIMMED_KEY, UID_KEY}
_MAX_NAME_SETS = 4096
_TAILS = tuple(f"-{n}" for n in range(5000))
_MS = 10**6


class _Names(NamedTuple):
    """What is known of a harmless set of names."""

    lowered: frozenset[str]
    syslog: bool


class _Nest:
    """Writes rows as deep inside of lists as orjson allows, so that nested values fail."""

    def __init__(self) -> None:
        self._inner: list[Any] = [{"a": 1}]
        self._outer: list[Any] = self._inner
        self._depth = 1
        while self._depth < 1024 and self._fits():
            self._outer, self._depth = [self._outer], self._depth + 1
        if not self._fits():
            self._outer, self._depth = self._outer[0], self._depth - 1
        #: False: this orjson has no such limit (all of ours do), values must be looked at.
        self.refuses = not self._takes({}) and not self._takes([])

    def write(self, rows: list[dict[str, Any]]) -> memoryview:
        """The rows' JSON without the brackets around them. Raises TypeError."""
        self._inner[:] = rows
        try:
            return memoryview(orjson.dumps(self._outer))[self._depth : -self._depth]
        finally:
            self._inner.clear()

    def _fits(self) -> bool:
        try:
            orjson.dumps(self._outer)
        except TypeError:
            return False
        return True

    def _takes(self, value: object) -> bool:
        self._inner[:] = [{"a": value}]
        return self._fits()


class Rows:
    """Encodes for one destination.

    `trimmed(n, what)` is told how many records were trimmed, `restamped(n)` how many were
    given another time. `constants` are attributes for records that have none of that name.
    """

    def __init__(
        self,
        limits: Limits = GRAIL_CLIENT,
        *,
        record_uid: bool = True,
        restamp: bool = True,
        constants: Mapping[str, Any] | None = None,
        trimmed: Callable[[int, str], None] = lambda _n, _what: None,
        restamped: Callable[[int], None] = lambda _n: None,
        now: Callable[[], int] = time.time_ns,
    ) -> None:
        self._limits = limits
        self._uids = record_uid
        self._report_trimmed, self._report_restamped = trimmed, restamped
        self._stamps = Stamps(now, restamp=restamp)
        self._nest = _Nest()
        self._resources = Resources(limits, constants or {}, lambda what: trimmed(1, what))
        self._careful = Careful(limits, self._resources, self._stamps, uids=record_uid)
        #: Attributes that an event may have besides its resource's.
        self._room = limits.attributes - RESERVED - self._resources.room
        #: Limits too narrow for rule 2: values are measured one by one.
        self._narrow = limits.value < 8192
        self._names: dict[frozenset[str], _Names | None] = {}
        self._slice = 32
        # Unique over restarts and machines by 50 random bits, readable aloud, short.
        self._process = b32encode(os.urandom(7)).decode()[:10].lower()
        self._encoded = 0

    def encode(self, events: Sequence[Event]) -> list[Body]:
        """The bodies that carry these events, in their order. Never raises, never empty."""
        self._stamps.refresh()
        self._encoded += 1
        uid = f"{self._process}{self._encoded:x}"
        packing = Packing(self._limits)
        first, total = 0, len(events)
        while first < total:
            some = events[first : first + self._slice]
            for piece, rows in self._pieces(some, uid, first):
                packing.add(piece, rows, self._stamps.oldest(events[first : first + rows]))
                first += rows
        self._report(events)
        return packing.bodies()

    def _report(self, events: Sequence[Event]) -> None:
        careful = self._careful
        for what, n in careful.trims.items():
            self._report_trimmed(n, what)
        careful.trims.clear()
        if self._stamps.restamps:
            self._report_restamped(
                sum(self._stamps.restamped(event.time, event.observed_time) for event in events)
            )

    def _pieces(
        self, events: Sequence[Event], uid: str, first: int
    ) -> Iterator[tuple[bytes | memoryview, int]]:
        """JSON without brackets and how many rows it is, in order, for these events."""
        trims = dict(self._careful.trims)
        piece, count = self._fast(events, uid, first), len(events)
        if piece is not None and (self._narrow or len(piece) < self._limits.value):
            # The next slice shall come near to what rule 2 allows.
            self._slice = min(max(28_000 * count // len(piece), 1), 128)
            yield piece, count
            return
        self._careful.trims = Counter(trims)
        if count == 1:
            yield self._careful.row(events[0], f"{uid}-{first}"), 1
        else:
            half = count // 2
            yield from self._pieces(events[:half], uid, first)
            yield from self._pieces(events[half:], uid, first + half)

    # --- the fast way -----------------------------------------------------------------------------

    def _fast(self, events: Sequence[Event], uid: str, first: int) -> memoryview | None:
        """The rows of a slice, or None where an event needs more than other attributes."""
        try:
            attributes = [event.attributes for event in events]
            lowered = self._vetted(events, attributes)
            if lowered is not None:
                return self._nest.write(self._rows(events, attributes, lowered, uid, first))
        except Exception:  # noqa: BLE001, S110  nested, or in need of care: found out below
            pass
        try:
            return self._mended(events, uid, first)
        except Exception:  # noqa: BLE001  whatever it is, the careful way takes it
            return None

    def _mended(self, events: Sequence[Event], uid: str, first: int) -> memoryview:
        """The same, after the attributes of those events that need it were made tidy."""
        mend = self._careful.attributes
        attributes = [
            own if self._vetted((event,), [own]) is not None and _harmless([own]) else mend(own)
            for event, own in ((event, event.attributes) for event in events)
        ]
        lowered = frozenset(name.lower() for name in set().union(*attributes))
        if not lowered.isdisjoint(_NEVER) or not self._all_short(events, attributes):
            raise CareNeededError
        rows = self._rows(events, attributes, lowered, uid, first)
        return memoryview(orjson.dumps(rows))[1:-1]

    def _vetted(
        self, events: Sequence[Event], attributes: list[dict[str, Any]]
    ) -> frozenset[str] | None:
        """The attributes' names in lower case, if names and values need no change."""
        found = frozenset(set().union(*attributes))
        if found in self._names:
            names = self._names[found]
        else:
            if len(self._names) >= _MAX_NAME_SETS:
                self._names.clear()
            names = self._names[found] = self._judged(found)
        if names is None:
            return None
        if not (names.syslog and self._nest.refuses) and not _harmless(attributes):
            return None
        if self._narrow and not self._all_short(events, attributes):
            return None
        return names.lowered

    def _judged(self, names: frozenset[Any]) -> _Names | None:
        lowered = frozenset(name.lower() for name in names)
        if len(names) > self._room or len(lowered) < len(names):
            return None
        if (lowered - (names & {UID_KEY})) & OWN:
            return None
        longest = self._limits.key
        if any(is_guarded(n) or not n or len(n.encode()) > longest for n in names):
            return None
        return _Names(lowered, all(name.startswith(_SYSLOG) for name in names))

    def _all_short(self, events: Sequence[Event], attributes: list[dict[str, Any]]) -> bool:
        """Rule 2 for narrow limits: no code point has more than 4 bytes."""
        value, content = self._limits.value, self._limits.content
        texts = [v for a in attributes for v in a.values() if type(v) is str and len(v) * 4 > value]
        bodies = [e.body for e in events if type(e.body) is str and len(e.body) * 4 > content]
        return all(len(text.encode()) <= value for text in texts) and all(
            len(text.encode()) <= content for text in bodies
        )

    def _rows(
        self,
        events: Sequence[Event],
        attributes: list[dict[str, Any]],
        lowered: frozenset[str],
        uid: str,
        first: int,
    ) -> list[dict[str, Any]]:
        """The body of this loop is what a million events a second wait for: 450 ns."""
        tails: Iterable[str] = _TAILS[first : first + len(events)]
        if first + len(events) > len(_TAILS):
            tails = [f"-{n}" for n in range(first, first + len(events))]
        stamped = self._stamps.cached.get
        numbered = self._uids and UID_KEY not in lowered
        resource, shared = None, self._resources.shared(events[0].resource)
        known = self._resources.known.get
        rows = []
        for event, own, tail in zip(events, attributes, tails, strict=True):
            if event.resource is not resource:
                resource = event.resource
                shared = known(resource) or self._resources.shared(resource)
                if not lowered.isdisjoint(shared.lowered):
                    raise CareNeededError
            row = own.copy()
            at = event.time
            row["timestamp"] = stamped(at // _MS) or self._stamps.stamp(at, event.observed_time)
            level = event.severity_number or event.severity_text
            row["loglevel"] = shared.levels.get(level) or shared.level(level)
            body = event.body
            row["content"] = body if type(body) is str else self._short(body)
            if numbered:
                row[UID_KEY] = uid + tail
            elif self._uids:
                row.setdefault(UID_KEY, uid + tail)
            if event.trace_id or event.span_id or event.event_name:
                row |= context(event.trace_id, event.span_id, event.event_name)
            rows.append(row)
        return rows

    def _short(self, body: Any) -> str:
        text = content(body)
        if len(text) * 4 > self._limits.content:
            raise CareNeededError
        return text


def _harmless(attributes: list[dict[str, Any]]) -> bool:
    """Whether all values are texts and numbers that JSON can say."""
    kinds = set(map(type, chain.from_iterable(map(dict.values, attributes))))
    if kinds <= _HARMLESS:
        return True
    numbers = (v for a in attributes for v in a.values() if type(v) is float)
    return kinds <= _NUMERIC and all(map(isfinite, numbers))
