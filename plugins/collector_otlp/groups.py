"""The two layers around records: where a resource's scopes lie, and a scope's records."""

from __future__ import annotations

from .decoded import MOST_RECORDS
from .failure import Malformed, TooMany
from .values import Span
from .wire import Field, fields

_HEAD, _MEMBER, _SCHEMA_URL = 10, 18, 26


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
    """A ScopeLogs. Raises TooMany above `room` records."""
    group = Group()
    spans = group.members
    while at < end:
        size = data[at + 1]
        if data[at] == _MEMBER and (size < 128 or data[at + 2] < 128):
            at += 2
            if size > 127:
                size, at = size & 127 | data[at] << 7, at + 1
            spans.append((at, at + size))
            at += size
        else:
            field = next(fields(data, at, end), None)
            if field is None:
                break
            group.add(data, field)
            at = field.end
        if len(spans) > room:
            raise TooMany(f"more than {MOST_RECORDS} log records")
    if at > end:
        raise Malformed(f"a log record that ends at byte {at}, after its scope at byte {end}")
    return group
