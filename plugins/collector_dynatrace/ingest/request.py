"""A whole request to what is taken of it, in the order in which the API checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from ..limits import MAX_AGE_S
from . import parameters
from .body import PLAIN, media_type, members, uncompressed
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
    #: Whether a body whose type says nothing is JSON.
    lenient: bool = False


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


@dataclass(frozen=True)
class Opened:
    """A request taken apart, before its events are read."""

    #: The type of its body.
    kind: str
    model: str
    #: One JSON value an event.
    members: list[Any]
    #: For every event.
    parameters: dict[str, Any]
    room: Room


def opened(
    headers: Mapping[str, str], query: Sequence[tuple[str, str]], body: bytes, rules: Rules
) -> Opened:
    """Take apart a request whose body is not compressed any more. Raises Refused.

    Names of headers are in lower case.
    """
    limits = rules.profile.limits
    kind = media_type(headers, query, rules.unsupported, lenient=rules.lenient)
    model = parameters.model(headers, query, rules.profile.model)
    found = members(kind, body, limits.records)
    added = parameters.attributes(headers, query)
    room = Room(limits.preprocessed - len(body))
    room.take(parameters.size(added) * len(found))
    return Opened(kind, model, found, added, room)


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
    limit, encoding = rules.profile.limits.request, headers.get("content-encoding", "")
    body = uncompressed(body, encoding, limit, rules.unsupported)
    request = opened(headers, query, body, rules)
    events = request.members
    shaper = Shaper(rules.profile, request.model, request.parameters, now, request.room)
    records = [shaper.shape(e, n) for n, e in enumerate(events) if isinstance(e, dict)]
    if not records:
        raise no_objects()
    invalid = len(events) - len(records)
    fresh, stale = aged(records, rules, now)
    return Taken(fresh, _FORMATS.get(request.kind, "dtapi/json"), stale, invalid, shaper.too_nested)


class Timed(Protocol):
    """A record, or an event."""

    time: int


T = TypeVar("T", bound=Timed)


def aged(records: list[T], rules: Rules, now: int) -> tuple[list[T], int]:
    """The records that are not too old, and how many are. Raises Refused."""
    oldest = now - MAX_AGE_S * SECOND
    if rules.stale == "take" or min([record.time for record in records]) >= oldest:
        return records, 0
    if rules.stale == "any":
        raise Refused(400, "timestamps_out_of_range", ANY_STALE)
    fresh = [record for record in records if record.time >= oldest]
    if not fresh:
        raise Refused(400, "timestamps_out_of_range", ALL_STALE)
    return fresh, len(records) - len(fresh)


def no_objects() -> Refused:
    """None of the events is an object."""
    return bad_json("Expected an object for each log event.")
