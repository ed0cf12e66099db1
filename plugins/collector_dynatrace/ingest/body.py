"""The body of a request: from bytes, as they were sent, to the JSON values of its events.

Each step refuses what it must (`Refused`) before more memory is spent on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from isal import isal_zlib

from .refusal import HEADER, QUERY, Refused, Violation, bad_json, too_large

JSON = "application/json"
PLAIN = "text/plain"
#: One object a line (API page, since 1.318).
LINES = frozenset(
    {
        "application/jsonl",
        "application/jsonlines",
        "application/jsonlines+json",
        "application/x-ndjson",
        "application/x-jsonlines",
    }
)
_GZIP = 31  # zlib's wbits: a gzip header
_ZLIB = 15
_RAW = -15
_CORRUPT: Any = isal_zlib.error


def media_type(
    headers: Mapping[str, str], query: Sequence[tuple[str, str]], default: str, unsupported: int
) -> str:
    """The type of the body: the query's `content-type`, in any case, before the header's."""
    said = next((v for k, v in query if k.lower() == "content-type"), None)
    place = HEADER if said is None else QUERY
    text = headers.get("content-type", "") if said is None else said
    kind = text.partition(";")[0].strip().lower() or default
    if kind in (JSON, PLAIN) or kind in LINES:
        return kind
    message = f"Content type {kind or '(none)'!r} is not supported."
    raise Refused(unsupported, "content_type", message, [Violation(message, place, "Content-Type")])


def decoded(body: bytes, encoding: str, limit: int, unsupported: int) -> bytes:
    """The body without its Content-Encoding, never more than `limit` bytes of it."""
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity"):
        decode = _DECODERS.get(encoding)
        if decode is None:
            message = f"Content encoding {encoding!r} is not supported."
            raise Refused(
                unsupported,
                "content_encoding",
                message,
                [Violation(message, HEADER, "Content-Encoding")],
            )
        body = decode(body, limit)
    if len(body) > limit:
        raise too_large(f"The request body is larger than {limit} bytes uncompressed.")
    return body


def _gunzip(body: bytes, limit: int) -> bytes:
    """All members of a gzip file, one behind the other (RFC 1952 section 2.2)."""
    parts: list[bytes] = []
    room = limit + 1
    while body and room > 0:
        part, body = _inflated(body, _GZIP, room)
        parts.append(part)
        room -= len(part)
    return b"".join(parts)


def _deflate(body: bytes, limit: int) -> bytes:
    """`deflate` means zlib's format (RFC 9110 section 8.4.1.2); many send it without the header."""
    try:
        return _inflated(body, _ZLIB, limit + 1)[0]
    except Refused:
        return _inflated(body, _RAW, limit + 1)[0]


def _inflated(body: bytes, wbits: int, room: int) -> tuple[bytes, bytes]:
    """At most `room` bytes of what was compressed, and what lies behind its end."""
    decoder = isal_zlib.decompressobj(wbits)
    try:
        part = decoder.decompress(body, room)
    except _CORRUPT as e:
        raise bad_json("The compressed body is corrupt.") from e
    if not decoder.eof and len(part) < room:
        raise bad_json("The compressed body is cut off.")
    return part, decoder.unused_data


#: Content-Encoding -> function(body, limit), which gives at most one byte over the limit.
_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _deflate,
}


def members(kind: str, body: bytes, limit: int) -> list[Any]:
    """The JSON values of the body, one an event; those that are no objects are bad events.

    A line that is no JSON is given as None. Raises Refused for a body that is none at all, for
    an empty one (`empty_messages`) and for more than `limit` (`event_count_limit`).
    """
    if kind == PLAIN:
        found: list[Any] = [{"content": _utf8(body)}] if body else []
    elif kind in LINES:
        found = [_line(line) for line in body.split(b"\n") if line and not line.isspace()]
    else:
        found = _json(body)
    if not found:
        raise Refused(400, "empty_messages", "The request has no log events (empty_messages).")
    if len(found) > limit:
        message = f"The request has more than {limit} log events (event_count_limit)."
        raise too_large(message, "event_count_limit")
    return found


def _utf8(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as e:
        raise bad_json("The body is not UTF-8.", f"byte {e.start}") from e


def _json(body: bytes) -> list[Any]:
    if not body or body.isspace():
        return []
    try:
        value = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as e:
        raise bad_json(e.msg, f"line {e.lineno} column {e.colno}") from e
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return [value]
    raise bad_json("Expected an object, or an array of objects.")


def _line(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
