"""A whole request to what is taken of it, in the order in which the API checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..limits import MAX_AGE_S
from . import parameters
from .body import PLAIN, decoded, media_type, members
from .model import Room
from .record import Profile, Record, Shaper
from .refusal import ALL_STALE, ANY_STALE, Refused, bad_json
from .timestamp import SECOND

_FORMATS = {PLAIN: "plaintext"}


@dataclass(frozen=True)
class Rules:
    """How strictly requests are taken."""

    profile: Profile = field(default_factory=Profile)
    #: What stale records do: be left out, `any` of them fails the request, or be taken as well.
    stale: Literal["partial", "any", "take"] = "partial"
    #: The status for a type or an encoding nobody knows: 400 or 415.
    unsupported: int = 400
    #: The type of a body that comes without one; empty = refuse it.
    default_type: str = ""


@dataclass(frozen=True)
class Taken:
    """What became of a request that was not refused."""

    records: list[Record]
    #: `dtapi/json` or `plaintext`, what is stored as `dt.ingest.format`.
    format: str
    #: How many were too old.
    stale: int = 0
    #: How many were no JSON objects.
    invalid: int = 0
    #: The numbers of those that lost attributes for their depth.
    too_nested: Sequence[int] = ()

    @property
    def warned(self) -> int:
        """How many records carry a warning."""
        return sum(1 for record in self.records if record.warnings)


def ingest(
    headers: Mapping[str, str],
    query: Sequence[tuple[str, str]],
    body: bytes,
    rules: Rules,
    now: int,
) -> Taken:
    """What is taken of a request that arrived at `now` (ns). Raises Refused, and nothing else.

    Names of headers are in lower case.
    """
    limits = rules.profile.limits
    body = decoded(body, headers.get("content-encoding", ""), limits.request, rules.unsupported)
    kind = media_type(headers, query, rules.default_type, rules.unsupported)
    model = parameters.model(headers, query, rules.profile.model)
    events = members(kind, body, limits.records)
    added = parameters.attributes(headers, query)
    room = Room(limits.preprocessed - len(body))
    room.take(parameters.size(added) * len(events))
    shaper = Shaper(rules.profile, model, added, now, room)
    records = [shaper.shape(e, n) for n, e in enumerate(events) if isinstance(e, dict)]
    if not records:
        raise bad_json("Expected an object for each log event.")
    invalid = len(events) - len(records)
    fresh, stale = _aged(records, rules, now)
    return Taken(fresh, _FORMATS.get(kind, "dtapi/json"), stale, invalid, shaper.too_nested)


def _aged(records: list[Record], rules: Rules, now: int) -> tuple[list[Record], int]:
    """The records that are not too old, and how many are."""
    oldest = now - MAX_AGE_S * SECOND
    if rules.stale == "take" or min(record.time for record in records) >= oldest:
        return records, 0
    if rules.stale == "any":
        raise Refused(400, "timestamps_out_of_range", ANY_STALE)
    fresh = [record for record in records if record.time >= oldest]
    if not fresh:
        raise Refused(400, "timestamps_out_of_range", ALL_STALE)
    return fresh, len(records) - len(fresh)
