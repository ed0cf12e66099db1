"""The two layers around records: where a resource's scopes lie, and a scope's records."""

from __future__ import annotations

from .decoded import MOST_RECORDS
from .failure import Malformed, TooMany
from .values import Span
from .wire import Field, fields

_HEAD, _MEMBER, _SCHEMA_URL = 10, 18, 26
#: Fields of a scope that are no records; more of them are no good faith.
_OTHERS = 100


class Group:
    """A resource with the places of its scopes, or a scope with those of its records."""

    def __init__(self) -> None:
        self._heads: list[bytes] = []
        self.schema_url = b""
        self.members: list[Span] = []

    def add(self, data: bytes, field: Field) -> None:
        """One field of ResourceLogs or ScopeLogs; they have the same numbers."""
        if field.tag == _MEMBER:
            self.members.append((field.begin, field.end))
        elif field.tag == _HEAD:
            self._heads.append(data[field.begin : field.end])
        elif field.tag == _SCHEMA_URL:
            self.schema_url = data[field.begin : field.end]

    @property
    def head(self) -> bytes:
        """The resource or scope itself: pieces of one message are joined so."""
        return b"".join(self._heads)


def scopes(data: bytes, at: int, end: int) -> Group:
    """A ResourceLogs."""
    group = Group()
    for field in fields(data, at, end):
        group.add(data, field)
    return group


def records(data: bytes, at: int, end: int, room: int) -> Group:
    """A ScopeLogs, of data with a byte behind it. Raises TooMany above `room` records."""
    group = Group()
    spans = group.members
    add = spans.append
    for _ in range(room + _OTHERS):
        if at >= end:
            break
        size = data[at + 1]
        if data[at] == _MEMBER and size < 128:
            at += 2
            add((at, at + size))
            at += size
        elif data[at] == _MEMBER and (more := data[at + 2]) < 128:
            size = size & 127 | more << 7
            at += 3
            add((at, at + size))
            at += size
        else:
            at = _other(group, data, at, end)
    if at > end:
        raise Malformed(f"a log record that ends at byte {at}, after its scope at byte {end}")
    if at < end or len(spans) > room:
        raise TooMany(f"more than {MOST_RECORDS} log records")
    return group


def _other(group: Group, data: bytes, at: int, end: int) -> int:
    """Whatever field lies there: where it ends."""
    field = next(fields(data, at, end), None)
    if field is None:  # a group, which nobody knows
        return end
    group.add(data, field)
    return field.end
