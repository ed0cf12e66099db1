"""The body of a request: from bytes, as they were sent, to the JSON values of its events.

Each step refuses what it must (`Refused`) before more memory is spent on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from collector.api import Damaged, TooLong, UnknownEncoding, decoded

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


#: What senders say that have JSON and do not say so: curl, webhooks, old browsers.
_VAGUE = frozenset(
    {"", "application/octet-stream", "application/x-www-form-urlencoded", "text/json"}
)


def media_type(
    headers: Mapping[str, str],
    query: Sequence[tuple[str, str]],
    unsupported: int,
    *,
    lenient: bool = False,
) -> str:
    """The type of the body: the query's `content-type`, in any case, before the header's.

    `lenient` takes what is not said for JSON.
    """
    said = next((v for k, v in query if k.lower() == "content-type"), None)
    place = HEADER if said is None else QUERY
    text = headers.get("content-type", "") if said is None else said
    kind = text.partition(";")[0].strip().lower()
    if kind in (JSON, PLAIN) or kind in LINES:
        return kind
    if lenient and (kind in _VAGUE or kind.endswith("+json")):
        return JSON
    message = f"Content type {kind or '(none)'!r} is not supported."
    raise Refused(unsupported, "content_type", message, [Violation(message, place, "Content-Type")])


def uncompressed(body: bytes, encoding: str, limit: int, unsupported: int) -> bytes:
    """The body without its Content-Encoding, never more than `limit` bytes of it."""
    try:
        return decoded(body, encoding, limit)
    except UnknownEncoding as e:
        message = f"Content encoding {e.args[0]!r} is not supported."
        violations = [Violation(message, HEADER, "Content-Encoding")]
        raise Refused(unsupported, "content_encoding", message, violations) from e
    except Damaged as e:
        raise bad_json(f"The body cannot be decompressed: {e}.") from e
    except TooLong as e:
        raise too_large(f"The request body is larger than {limit} bytes uncompressed.") from e


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
