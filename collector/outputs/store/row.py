"""A request to the rows that keep it, and back, with sums over all of it.

SQLite has no sums of its own; with these no damage gives wrong bytes (section 2.3).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import msgspec

from ...request import Request
from .errors import Damaged

Headers = tuple[tuple[str, str], ...]
_INT64_MAX = (1 << 63) - 1
_headers = msgspec.json.Decoder(Headers)

#: Of `request`, as `Entry.of` takes them. What was split or merged is where the original was.
ENTRY_COLUMNS = (
    "id, created_ns, oldest_ns, events, size, raw_size, encoding, headers, format, sum, history, "
    "attempts, last_error, meta_sum"
)


class Meta(msgspec.Struct, array_like=True, frozen=True):
    """What is known of a body, as it stands beside it."""

    id: int
    created_ns: int
    oldest_ns: int
    events: int
    size: int
    raw_size: int
    encoding: str
    headers: Headers
    format: str
    sum: int
    history: str


_meta = msgspec.json.Decoder(Meta)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A request that waits, without its bytes."""

    id: int
    events: int
    size: int
    oldest_ns: int
    raw_size: int
    encoding: str
    headers: Headers
    attempts: int
    last_error: str
    created_ns: int
    format: str
    history: str

    @classmethod
    def of(cls, row: Sequence[Any]) -> Entry:
        """From a row of ENTRY_COLUMNS. Raises Damaged."""
        attempts, last_error, meta_sum = row[11:]
        try:
            values = (*row[:7], _headers.decode(row[7]), *row[8:11])
            meta = msgspec.convert(values, Meta)
        except (msgspec.MsgspecError, TypeError, ValueError) as e:
            raise Damaged("the metadata of a request are damaged") from e
        if crc32(msgspec.json.encode(meta)) != meta_sum or not isinstance(attempts, int):
            raise Damaged(f"the metadata of request {meta.id} are damaged")
        return cls(
            id=meta.id,
            events=meta.events,
            size=meta.size,
            oldest_ns=meta.oldest_ns,
            raw_size=meta.raw_size,
            encoding=meta.encoding,
            headers=meta.headers,
            attempts=attempts,
            last_error=str(last_error or ""),
            created_ns=meta.created_ns,
            format=meta.format,
            history=meta.history,
        )

    @property
    def stub(self) -> Request:
        """The request without its body."""
        return Request(
            body=b"",
            events=self.events,
            oldest_ns=self.oldest_ns,
            headers=self.headers,
            raw_size=self.raw_size,
            encoding=self.encoding,
            attempted=self.attempts > 0,
            history=self.history,
        )


class Row(msgspec.Struct, kw_only=True):
    """One request as the two tables have it."""

    meta: Meta
    data: bytes
    attempts: int = 0
    #: The id whose place in the order it has.
    place: int

    @classmethod
    def of(
        cls, id: int, request: Request, encoder: str, created_ns: int = 0, place: int = 0
    ) -> Row:
        """A new one."""
        meta = Meta(
            id,
            created_ns or time.time_ns(),
            max(0, min(request.oldest_ns, _INT64_MAX)),
            request.events,
            len(request.body),
            request.raw_size,
            request.encoding,
            request.headers,
            encoder,
            crc32(request.body),
            request.history,
        )
        return cls(meta=meta, data=request.body, attempts=int(request.attempted), place=place or id)

    @classmethod
    def read(cls, id: int, body: Sequence[Any], attempts: object, place: object) -> Row:
        """From `meta, meta_sum, data` of `body`. Raises Damaged."""
        text, meta_sum, data = body
        try:
            raw = text.encode()
            meta = _meta.decode(raw)
        except (msgspec.MsgspecError, AttributeError, ValueError) as e:
            raise Damaged(f"the metadata of request {id} are damaged") from e
        if crc32(raw) != meta_sum or meta.id != id:
            raise Damaged(f"the metadata of request {id} are damaged")
        if not isinstance(data, bytes) or len(data) != meta.size or crc32(data) != meta.sum:
            raise Damaged(f"the bytes of request {id} are damaged")
        return cls(
            meta=meta,
            data=data,
            attempts=attempts if isinstance(attempts, int) else 0,
            place=place if isinstance(place, int) else id,
        )

    @property
    def request(self) -> Request:
        """As it was put."""
        meta = self.meta
        return Request(
            body=self.data,
            events=meta.events,
            oldest_ns=meta.oldest_ns,
            headers=meta.headers,
            raw_size=meta.raw_size,
            encoding=meta.encoding,
            attempted=self.attempts > 0,
            history=meta.history,
        )

    @property
    def request_columns(self) -> tuple[object, ...]:
        """For INSERT_REQUEST."""
        meta = self.meta
        headers = msgspec.json.encode(meta.headers).decode()
        known = (meta.id, meta.created_ns, meta.oldest_ns, meta.events, meta.size, meta.raw_size)
        words = (meta.encoding, headers, meta.format, meta.sum, meta.history)
        return (*known, *words, 0, self.attempts, "", self.place, crc32(msgspec.json.encode(meta)))

    @property
    def body_columns(self) -> tuple[object, ...]:
        """For INSERT_BODY."""
        raw = msgspec.json.encode(self.meta)
        return self.meta.id, raw.decode(), crc32(raw), self.data


INSERT_REQUEST = f"INSERT INTO request VALUES({', '.join('?' * 16)})"
INSERT_BODY = "INSERT INTO body VALUES(?, ?, ?, ?)"
