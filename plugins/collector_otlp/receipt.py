"""What a destination's answer means: taken, in part, or the exception that says what to do next.

https://opentelemetry.io/docs/specs/otlp/#otlphttp-response, except that 500 is tried again as well:
the events are in a queue, and what is wrong there may be mended.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from collector.api import Hold, HttpAnswer, is_html, refusal, retry_after, shown

from .failure import Malformed
from .values import Reader
from .wire import fields, signed

_HOLDS: Final = {
    401: "the server did not accept what headers says (expired, revoked or wrong)",
    403: "what headers says does not allow to send logs",
    404: "wrong URL, or nothing takes logs there",
    405: "this URL does not take OTLP",
    415: "this URL takes no Protocol Buffers",
}
_MOST = 1 << 31


@dataclass(frozen=True)
class Taken:
    """The request was accepted."""

    #: Records that were refused; None: some, but it cannot be read how many.
    rejected: int | None
    #: Why, or what is to be done better.
    message: str
    #: Seconds for which the server wants no other request.
    wait: float


def judged(answer: HttpAnswer, secrets: Sequence[str], now: float | None = None) -> Taken:
    """How a request ended. Raises Retry, Hold, TooLarge or Poison. No text shows a secret."""
    status, headers, body = answer.status, answer.headers, answer.body
    page = bool(body.strip()) and is_html(headers, body)
    after = retry_after(headers, time.time() if now is None else now)
    if 200 <= status < 300:
        if page:
            raise Hold("the destination answered with an HTML page: a proxy or a wrong URL?")
        rejected, message = _partial(headers, body)
        return Taken(rejected, shown(message, secrets), after or 0.0)
    raise refusal(status, page, shown(_words(headers, body), secrets), _HOLDS, after)


def _kind(headers: dict[str, str]) -> str:
    return headers.get("content-type", "").lower()


def _partial(headers: dict[str, str], body: bytes) -> tuple[int | None, bytes]:
    """How many were refused, and why: of an ExportLogsServiceResponse."""
    kind = _kind(headers)
    try:
        if "json" in kind:
            return _partial_json(body)
        return _partial_protobuf(body) if "protobuf" in kind else (0, b"")
    except (ValueError, AttributeError, TypeError):
        return None, body


def _partial_json(body: bytes) -> tuple[int, bytes]:
    said: Any = orjson.loads(body).get("partialSuccess") or {}
    message = str(said.get("errorMessage") or "").encode("utf-8", "replace")
    return _sane(int(said.get("rejectedLogRecords") or 0)), message


def _partial_protobuf(body: bytes) -> tuple[int, bytes]:
    rejected, message = 0, b""
    for field in fields(body, 0, len(body)):
        if field.tag != 10:
            continue
        for inner in fields(body, field.begin, field.end):
            if inner.tag == 8:
                rejected = signed(inner.number)
            elif inner.tag == 18:
                message = body[inner.begin : inner.end]
    return _sane(rejected), message


def _sane(number: int) -> int:
    if not 0 <= number < _MOST:
        raise ValueError("no number of records")
    return number


def _words(headers: dict[str, str], body: bytes) -> bytes:
    """The message of a google.rpc.Status; what is none, as it is."""
    if "protobuf" not in _kind(headers):
        return body
    try:
        found = [field for field in fields(body, 0, len(body)) if field.tag == 18]
    except Malformed:
        return body
    return Reader(body).raw(found[-1]) if found else b""
