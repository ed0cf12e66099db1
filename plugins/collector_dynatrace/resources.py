"""What events share, made once for each resource: its attributes, as they go into every row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

import orjson

from collector.api import Resource

from .attributes import TRIMMED_KEY, Tidy
from .limits import Limits
from .record import loglevel

#: As Dynatrace's own syslog ingestion: renamed, and left out.
_RENAMED = {"net.peer.ip": "dt.ingest.source.ip", "net.host.port": "dt.ingest.port"}
_LEFT_OUT = frozenset({"net.peer.port", "net.peer.name", "net.host.ip", "net.host.name"})

#: Resources remembered; the older half is forgotten when there are more. A listener has one for
#: each connection or datagram peer.
_MAX_RESOURCES = 65_536


class Shared:
    """A resource's part of a row, in two forms: a dict, and text that follows the level."""

    __slots__ = ("levels", "lowered", "row", "text")

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row
        #: Its names in lower case: an event's attribute of the same name wins.
        self.lowered = frozenset(key.lower() for key in row)
        # A value that brings more members with it: orjson writes a Fragment as it stands. So a
        # row needs one entry for the level and all of the resource: 5 of 17 keys less to put
        # into a dict and to write, 0.25 us an event.
        self.levels: dict[int | str, orjson.Fragment] = {}
        self.text = orjson.dumps(row)[1:-1]

    def level(self, severity: Any) -> orjson.Fragment:
        """The level, then `,` and the resource, as the value of `loglevel`."""
        word = loglevel(severity)
        joined = b'"' + word.encode() + b'"' + (b"," + self.text if self.text else b"")
        fragment = orjson.Fragment(joined)
        # Nothing said, or a number there is: others are a peer's invention.
        if severity == "" or (type(severity) is int and 0 <= severity <= 24):
            self.levels[severity] = fragment
        return fragment


class Resources:
    """`Shared` by `Resource`. `constants` are sent where nothing else has that name."""

    def __init__(
        self,
        limits: Limits,
        constants: Mapping[str, Any],
        trimmed: Callable[[str], None] = lambda _: None,
    ) -> None:
        #: Attributes a resource may have: half of all.
        self.room = limits.attributes // 2
        self._tidy = Tidy(limits)
        self._constants = dict(constants)
        self._trimmed = trimmed
        #: What `shared` remembers, for loops that cannot afford to call it.
        self.known: dict[Resource, Shared] = {}
        self._alike: dict[bytes, Shared] = {}

    def shared(self, resource: Resource) -> Shared:
        """Made at its first use, then remembered by identity."""
        found = self.known.get(resource)
        if found is None:
            _make_room(self.known)
            _make_room(self._alike)
            found = self.known[resource] = self._as_before(self._made(resource))
        return found

    def _as_before(self, shared: Shared) -> Shared:
        """The first that reads the same: connections of one peer differ by a port not sent."""
        return self._alike.setdefault(shared.text, shared)

    def _made(self, resource: Resource) -> Shared:
        tidied = self._tidy.tidy(self._merged(resource), self.room)
        row = {_RENAMED.get(k, k): v for k, v in tidied.items() if k not in _LEFT_OUT}
        if self._tidy.trimmed:
            row[TRIMMED_KEY] = sorted(self._tidy.trimmed)
            for what in row[TRIMMED_KEY]:
                self._trimmed(what)
        return Shared(row)

    def _merged(self, resource: Resource) -> dict[str, Any]:
        merged = self._constants | resource.attributes
        scope = resource.scope
        if scope is None:
            return merged
        named = {"otel.scope.name": scope.name, "otel.scope.version": scope.version}
        return merged | scope.attributes | {key: text for key, text in named.items() if text}


def _make_room(cache: dict[Any, Shared]) -> None:
    if len(cache) >= _MAX_RESOURCES:
        for old in list(islice(cache, _MAX_RESOURCES // 2)):
            del cache[old]
