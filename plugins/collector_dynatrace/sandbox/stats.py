"""What the sandbox has counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ..ingest.request import Taken


@dataclass
class Stats:
    """Counters since the start. Requests are those to the ingest route."""

    requests: int = 0
    #: Bytes of bodies as they came over the wire.
    bytes: int = 0
    #: Events stored.
    accepted: int = 0
    #: Events left out of requests that were taken in part.
    rejected: int = 0
    #: Events with a warning, and the warnings.
    warnings: int = 0
    warnings_by_name: Counter[str] = field(default_factory=Counter)
    #: Answers; 0 are connections that were reset.
    status: Counter[int] = field(default_factory=Counter)
    #: Requests refused, by reason.
    refused: Counter[str] = field(default_factory=Counter)

    def taken(self, what: Taken) -> None:
        """A request was taken."""
        self.accepted += len(what.records)
        self.rejected += what.stale + what.invalid
        for record in what.records:
            if record.warnings:
                self.warnings += 1
                self.warnings_by_name.update(record.warnings)

    def as_json(self, stored: int) -> dict[str, Any]:
        """What `GET /sandbox/stats` answers."""
        said = {**vars(self), "stored": stored}
        return {key: _plain(value) for key, value in said.items()}


def _plain(value: Any) -> Any:
    return {str(key): n for key, n in value.items()} if isinstance(value, Counter) else value
