"""Who has sent what, for people: batches in, a row for each source out. No I/O.

It costs 1 us a batch and source: of each a single event is looked at, once a second at most.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from collector.api import FLAGS_KEY, Event, Share

SECOND = 10**9
#: Rows; the source that was silent the longest goes first.
MOST = 2000
#: Sources that were silent for so long have no skew.
_SILENT = 3600 * SECOND
_BODIES = (("CEF:", "cef"), ("LEEF:", "leef"), ("@cee:", "cee"), ("{", "json"))
_TRANSPORTS = ("udp", "tcp", "unix", "")
Key = tuple[str, str]


class _Row:
    """What is known of one source on one transport."""

    __slots__ = ("events", "first", "flagged", "form", "framing", "host", "last", "missing",
                 "sampled", "skew")  # fmt: skip

    def __init__(self, now_ns: int) -> None:
        self.first = self.last = now_ns
        self.sampled = 0
        self.events = self.flagged = self.missing = 0
        self.form = self.framing = self.host = ""
        self.skew: float | None = None

    def sample(self, event: Event, framing: str, now_ns: int) -> None:
        """Look at one of its events."""
        self.sampled = now_ns
        self.form, self.framing = form(event), framing
        self.host = event.attributes.get("syslog.hostname", "")
        if event.time != event.observed_time:
            self.skew = (event.time - now_ns) / SECOND


class Seen:
    """All sources of a receiver."""

    def __init__(self) -> None:
        self._rows: OrderedDict[Key, _Row] = OrderedDict()

    def saw(self, shares: Sequence[Share], events: Sequence[Event], now_ns: int) -> None:
        """A batch has come, and what became of it."""
        for share in shares:
            key = key_of(share)
            row = self._rows.get(key)
            if row is None:
                if len(self._rows) >= MOST:
                    self._rows.popitem(last=False)
                row = self._rows[key] = _Row(now_ns)
            else:
                self._rows.move_to_end(key)
            row.events += share.frames
            row.last = now_ns
            if not 0 <= now_ns - row.sampled < SECOND:
                row.sample(events[share.first], share.framing, now_ns)

    def flagged(self, ip: str, times: int) -> None:
        """So many events of a source are flagged."""
        for row in self._of(ip):
            row.flagged += times

    def missing(self, ip: str, times: int) -> None:
        """So many messages of a source never came."""
        for row in self._of(ip):
            row.missing += times

    def _of(self, ip: str) -> list[_Row]:
        """The row of an address that was seen last, if there is one."""
        rows = [row for each in _TRANSPORTS if (row := self._rows.get((ip, each)))]
        return sorted(rows, key=lambda row: row.last)[-1:]

    def skews(self, now_ns: int) -> dict[str, float]:
        """By address: seconds that a source's clock is ahead of ours."""
        return {
            ip or "unix": row.skew
            for (ip, _), row in self._rows.items()
            if row.skew is not None and now_ns - row.last < _SILENT
        }

    def rows(self) -> list[dict[str, Any]]:
        """The one that was seen last comes first."""
        return [_shown(*key, row) for key, row in reversed(self._rows.items())]


def key_of(share: Share) -> Key:
    """A source: its address, "" for a UNIX socket, and the transport."""
    said = share.source.resource.attributes
    return said.get("net.peer.ip", ""), said.get("net.transport", "")


def form(event: Event) -> str:
    """What an event was written in, as far as it can be seen."""
    said = event.attributes
    if "syslog.version" in said:
        return "rfc5424"
    if "syslog.mnemonic" in said:
        return "mnemonic"
    for begins, name in _BODIES:
        if event.body.startswith(begins):
            return name
    if "missing_pri" in said.get(FLAGS_KEY, ()):
        return "text"
    return "rfc3164" if event.time != event.observed_time else "no_timestamp"


def _shown(ip: str, transport: str, row: _Row) -> dict[str, Any]:
    return {
        "source": ip or "unix",
        "transport": transport,
        "first_seen": _iso(row.first),
        "last_seen": _iso(row.last),
        "hostname": row.host,
        "format": row.form,
        "framing": row.framing,
        "events": row.events,
        "flagged": row.flagged,
        "flagged_ratio": round(row.flagged / row.events, 4),
        "missing": row.missing,
        "clock_skew_seconds": None if row.skew is None else round(row.skew, 3),
    }


def _iso(ns: int) -> str:
    moment = datetime.fromtimestamp(ns // SECOND, UTC)
    return moment.isoformat().replace("+00:00", "Z")
