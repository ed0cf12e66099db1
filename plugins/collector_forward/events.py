"""Entries into events: time, body, attributes and resource."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from collector.api import UID_KEY, Event, Resource, flag

from .clock import GROUP_END, GROUP_START, SECOND, event_time, nanoseconds
from .kubernetes import KUBERNETES, Pods
from .lenient import Entry, clean
from .opentelemetry import group, is_log, log

Ext = msgspec.msgpack.Ext

TAG_KEY = "fluent.tag"
_METADATA = "fluent.metadata."


class Writer:
    """Makes the events of one connection."""

    def __init__(self, resource: Resource, body_keys: Sequence[str]) -> None:
        self._resource = resource
        self._body_keys = tuple(body_keys)
        self._pods = Pods(resource)
        self._group: Resource | None = None  # of the frame, where the last part of it ended
        #: How often each flag was set, until somebody takes it.
        self.flagged: Counter[str] = Counter()

    def events(
        self,
        tag: str,
        entries: Sequence[Entry],
        now: int,
        uid: str,
        metadata: dict[str, Any],
        first: int = 0,
    ) -> list[Event]:
        """The events of one frame, or of a part of it, whose entries are numbered from `first`.

        `uid` begins their record ids; empty: the core makes them.
        """
        found: list[Event] = []
        group_resource = self._group if first else None
        add, plain, from_bytes = found.append, self._plain, int.from_bytes
        for number, (time, record) in enumerate(entries, first):
            said = metadata
            kind = type(time)
            if kind is tuple:
                time, said = time  # noqa: PLW2901
                kind = type(time)
                marker = event_time(time)
                if marker >= GROUP_END:
                    group_resource = group(record) if marker == GROUP_START else None
                    continue
            wrong = ""
            if kind is Ext and time.code == 0 and len(time.data) == 8:  # as nearly all are
                both = from_bytes(time.data)
                nanos = both & 0xFFFFFFFF
                at = (both >> 32) * SECOND + nanos
                if nanos >= SECOND:
                    wrong = "bad_timestamp"
            else:
                at, wrong = nanoseconds(time)
            event = self._told(tag, at, record, now, said) if said else plain(tag, at, record, now)
            if wrong:
                flag(event, wrong)
                self.flagged[wrong] += 1
            if group_resource is not None:
                event.resource = group_resource
            if uid:
                event.attributes[UID_KEY] = f"{uid}-{number}"
            add(event)
        self._group = group_resource
        return found

    def _told(
        self, tag: str, at: int, record: dict[str, Any], now: int, metadata: dict[str, Any]
    ) -> Event:
        """The event of an entry with metadata."""
        if is_log(metadata):
            return log(at or now, now, metadata, record)
        event = self._plain(tag, at, record, now)
        for key, value in metadata.items():
            event.attributes[f"{_METADATA}{key}"] = clean(value)
        return event

    def _plain(self, tag: str, at: int, record: dict[str, Any], now: int) -> Event:
        resource, at = self._resource, at or now
        pod = record.pop(KUBERNETES, None)
        if type(pod) is dict:
            resource = self._pods.resource(pod)
        elif pod is not None:
            record[KUBERNETES] = pod
        for key in self._body_keys:
            if key in record:
                body = record.pop(key)
                record[TAG_KEY] = tag
                return Event(at, body, record, observed_time=now, resource=resource)
        return Event(at, record, {TAG_KEY: tag}, observed_time=now, resource=resource)
