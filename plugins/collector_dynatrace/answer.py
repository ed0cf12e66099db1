"""What an answer of the API means: taken, or the exception that says what to do next.

Pure: status, headers and body in; nothing is logged and nothing is assumed of the body,
which may be JSON, a proxy's HTML page, or nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from collector.api import MAX_AFTER, Hold, is_html, refusal, retry_after, shown

_HOLDS = {
    401: "the token was not accepted (expired, revoked or wrong)",
    402: "the licence does not cover more log data",
    403: "the token lacks the scope logs.ingest",
    404: "wrong URL or environment, or no ActiveGate takes logs there",
    405: "this URL is not the ingest API",
    501: "log storage is not enabled in this environment",
}


#: What the server says of events that it left out (limits and ingest pages), in a word.
_REASONS = {
    "time range": "timestamp",
    "nested": "nesting",
    "size": "size",
    "limited": "size",
    "json": "json",
}


@dataclass(frozen=True)
class Taken:
    """The request was accepted; what is wrong with part of it will not change."""

    #: Events the server refused; None: some, but it did not say how many.
    rejected: int | None = 0
    #: The server's words, when it had any.
    message: str = ""
    #: Seconds for which the server wants no other request.
    wait: float = 0.0

    @property
    def reason(self) -> str:
        """Why events were refused: timestamp, nesting, size, json or other."""
        said = self.message.lower()
        return next((reason for words, reason in _REASONS.items() if words in said), "other")


def classify(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    secrets: Iterable[str] = (),
    now: float | None = None,
) -> Taken:
    """How the request ended. Raises Retry, Hold, TooLarge or Poison.

    Header names are in lower case. `secrets`, which are tokens, are blanked in every text.
    """
    now = time.time() if now is None else now
    after = _reset(headers, now) if (asked := retry_after(headers, now)) is None else asked
    if 200 <= status < 300:
        if status != 204 and body.strip() and is_html(headers, body):
            raise Hold("the destination answered with an HTML page: a proxy or a wrong URL?")
        return replace(_taken(status, body, secrets), wait=after or 0.0)
    text = shown(body, secrets)
    raise refusal(status, is_html(headers, body), text, _HOLDS, after)


def _taken(status: int, body: bytes, secrets: Iterable[str]) -> Taken:
    """204 has no more to say. 200 tells what was left out, under one of two keys."""
    if status == 204 or (status != 200 and not body.strip()):
        return Taken()
    message = _envelope(body)
    if message is None:
        return Taken(None, shown(body, secrets))
    digits = message.split(maxsplit=1)[0] if message.strip() else ""
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None
    return Taken(number, shown(message.encode("utf-8", "replace"), secrets))


def _envelope(body: bytes) -> str | None:
    """The message of a success envelope; "" for a null one, None when it is something else."""
    try:
        found: Any = orjson.loads(body)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    for key in ("details", "success"):
        details = found.get(key)
        if isinstance(details, dict):
            message = details.get("message")
            return message if isinstance(message, str) else ""
    return None


def _reset(headers: Mapping[str, str], now: float) -> float | None:
    """`X-RateLimit-Reset` is a time in microseconds, and matters when nothing remains."""
    reset = headers.get("x-ratelimit-reset", "").strip()
    if headers.get("x-ratelimit-remaining", "").strip() != "0":
        return None
    if not (reset.isascii() and reset.isdigit()):
        return None
    return min(max(int(reset[:18]) / 1e6 - now, 0.0), MAX_AFTER)
