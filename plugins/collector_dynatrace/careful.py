"""One event in, one row out that the API takes unchanged, whatever the event holds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson

from collector.api import UID_KEY, Event

from .attributes import TRIMMED_KEY, Tidy
from .limits import Limits
from .record import ORIGINAL_KEY, Stamps, content, loglevel
from .resources import Resources

#: Attributes of a record that are neither the event's nor its resource's ...
OWN = frozenset({UID_KEY, TRIMMED_KEY, ORIGINAL_KEY, "trace_id", "span_id", "event.name"})
#: ... and `dt.ingest.origin` and `dt.auth.origin`, which the server adds.
RESERVED = len(OWN) + 2


def context(trace: Any, span: Any, name: Any) -> dict[str, str]:
    """Attributes of what an event has in fields of its own. Raises for other than bytes, str."""
    found = {"trace_id": trace.hex(), "span_id": span.hex(), "event.name": "" + name}
    return {key: text for key, text in found.items() if text}


class CareNeededError(Exception):
    """An event cannot go with others; it takes `Careful.row`."""


class Careful:
    """Makes rows one at a time, some 10 us each; `trims` counts what it cut."""

    def __init__(self, limits: Limits, resources: Resources, stamps: Stamps, *, uids: bool) -> None:
        self._limits = limits
        self._resources = resources
        self._stamps = stamps
        self._uids = uids
        self._tidy = Tidy(limits)
        self.trims: Counter[str] = Counter()

    def attributes(self, own: dict[str, Any]) -> dict[str, Any]:
        """Attributes that go into a row as they are, with what was trimmed noted.

        Raises CareNeededError where their number may depend on the resource's.
        """
        room = self._limits.attributes - RESERVED - self._resources.room
        tidied = self._tidy.tidy(own, room)
        if "count" in self._tidy.trimmed:
            raise CareNeededError
        if self._tidy.trimmed:
            tidied[TRIMMED_KEY] = sorted(self._tidy.trimmed)
            self.trims.update(self._tidy.trimmed)
        return tidied

    def row(self, event: Event, uid: str) -> bytes:
        """One JSON object within all limits. Never raises."""
        shared = self._resources.shared(event.resource)
        room = self._limits.attributes - RESERVED - len(shared.row)
        own = self._tidy.tidy(event.attributes, room)
        body = self._tidy.cut(content(event.body), self._limits.content, "content")
        lowered = {key.lower() for key in own}
        others = {**shared.row, **self._context(event), UID_KEY: uid}
        if not self._uids:
            del others[UID_KEY]
        row = {
            "timestamp": self._stamps.stamp(event.time, event.observed_time),
            "loglevel": loglevel(event.severity_number or event.severity_text),
            "content": body,
            **{key: value for key, value in others.items() if key.lower() not in lowered},
            **own,
        }
        return self._written(row, self._tidy.trimmed)

    def _context(self, event: Event) -> dict[str, str]:
        try:
            found = context(event.trace_id, event.span_id, event.event_name)
        except (AttributeError, TypeError):
            return {}
        plain = Tidy(self._limits)
        return plain.tidy(found, len(found))

    def _written(self, row: dict[str, Any], trimmed: set[str]) -> bytes:
        """The JSON, with what was trimmed noted; first shortened where it is over the limit."""
        written = self._marked(row, trimmed)
        while len(written) > self._limits.record:
            text = row["content"].encode()
            # By the ratio, for escapes make JSON up to six times as long as its text.
            short = len(text) * self._limits.record // len(written) - 1000
            if short > 0:
                trimmed.add("content")
                row["content"] = text[:short].decode("utf-8", "ignore")
            else:
                trimmed.add("count")
                row.pop(next(key for key in reversed(row) if key not in OWN))
            written = self._marked(row, trimmed)
        self.trims.update(trimmed)
        return written

    @staticmethod
    def _marked(row: dict[str, Any], trimmed: set[str]) -> bytes:
        if trimmed:
            row[TRIMMED_KEY] = sorted(trimmed)
        return orjson.dumps(row)
