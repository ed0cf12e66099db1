"""Who sent how much, who sent what was no good, and who was not let in: by address, as metrics.

Numbers are gathered for a look and counted at its end: a peer may send a frame for each event.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import ClassVar

from collector.api import Context

#: Addresses with numbers of their own. Those that come when there are so many are one.
_MOST = 1000
OTHER = "other"


class Tally:
    """Of one peer, in one look."""

    __slots__ = ("bad", "frames", "records", "repeated", "size")

    def __init__(self) -> None:
        self.frames = self.records = self.size = self.repeated = self.bad = 0


class Peers:
    """Of one receiver."""

    counters: ClassVar[Mapping[str, str]] = {
        "peer_frames": "Frames by the address of their sender, and what it seems to be.",
        "peer_log_records": "Events by the address of their sender.",
        "peer_bytes": "Bytes of frames by the address of their sender.",
        "peer_repeated_chunks": "Chunks that came again, by the address of their sender.",
        "peer_bad_entries": "Entries that could not be read, by the address of their sender.",
        "peer_refusals": "Handshakes that failed, by the address of the client and the reason.",
    }

    def __init__(self, context: Context, clock: Callable[[], float] = time.time) -> None:
        self._context = context
        self._clock = clock
        self._look: dict[tuple[str, str], Tally] = {}
        #: When each was heard last.
        self._seen: dict[str, float] = {}
        #: Apart from those: who is not let in shall not take the places of others.
        self._refused: set[str] = set()

    def tally(self, ip: str, software: str) -> Tally:
        """Its numbers of this look, to be added to."""
        found = self._look.get((ip, software))
        if found is None:
            found = self._look[ip, software] = Tally()
        return found

    def count(self) -> None:
        """The look has ended."""
        look, self._look = self._look, {}
        now = self._clock() if look else 0.0
        for (ip, software), tally in look.items():
            peer = self._name(ip)
            self._seen[peer] = now
            count = self._context.count
            count("peer_frames", tally.frames, peer=peer, client=software)
            count("peer_log_records", tally.records, peer=peer)
            count("peer_bytes", tally.size, peer=peer)
            if tally.repeated:  # seldom, and each count costs 2 us
                count("peer_repeated_chunks", tally.repeated, peer=peer)
            if tally.bad:
                count("peer_bad_entries", tally.bad, peer=peer)

    def refused(self, ip: str, reason: str) -> None:
        """It was not let in."""
        if len(self._refused) < _MOST:
            self._refused.add(ip)
        peer = ip if ip in self._refused else OTHER
        self._context.count("peer_refusals", peer=peer, reason=reason)

    def _name(self, ip: str) -> str:
        peer = ip if ip in self._seen or len(self._seen) < _MOST else OTHER
        if peer not in self._seen:
            self._context.gauge(
                "peer_last_seen_timestamp_seconds",
                "When the sender of that address was heard last, since the epoch.",
                lambda: self._seen[peer],
                peer=peer,
            )
        return peer
