"""What an answer of the API means: taken, or the exception that says what to do next.

Pure: status, headers and body in; nothing is logged and nothing is assumed of the body,
which may be JSON, a proxy's HTML page, or nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from collector.api import Hold, Poison, Retry, TooLarge

#: Longest wait that a server may ask for, in seconds.
MAX_AFTER = 900.0
#: How many characters of an answer are shown to an operator.
MAX_SHOWN = 512
#: A part of a token that is no longer turns up in other words, too.
_SHORT_PART = 8

_RETRIED = frozenset({408, 429})
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
    after = retry_after(headers, time.time() if now is None else now)
    if 200 <= status < 300:
        if status != 204 and body.strip() and is_html(headers, body):
            raise Hold("the destination answered with an HTML page: a proxy or a wrong URL?")
        return replace(_taken(status, body, secrets), wait=after or 0.0)
    text = shown(body, secrets)
    said = f"{status}: {text}" if text else str(status)
    if status == 413:
        raise TooLarge(said)
    if status == 400 and not is_html(headers, body):
        raise Poison(said)
    if status in _RETRIED or (status >= 500 and status != 501):
        raise Retry(said, after)
    raise Hold(f"{_reason(status)}; the server said {said}")


def _reason(status: int) -> str:
    if status == 400:
        return "an HTML page answered, so something before the API refuses our requests"
    if 300 <= status < 400:
        return "redirects are not followed, for the token would go with them; check the endpoint"
    return _HOLDS.get(status, "an answer that this API is not known to give")


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


def is_html(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether this is a page of something else, mostly HTML: what it says of our events is nothing.

    The API speaks JSON only, so that a body in angle brackets is no answer of it.
    """
    start = body[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    declared = headers.get("content-type", "").lower().startswith("text/html")
    return start.startswith(b"<") or (declared and not start.startswith(b"{"))


def shown(body: bytes, secrets: Iterable[str] = ()) -> str:
    """The beginning of an answer, fit for a log or a terminal, and without the tokens."""
    text = body.decode("utf-8", "replace")
    for secret in secrets:
        text = text.replace(secret, "***") if secret else text
        part = secret.rpartition(".")[2]
        text = text.replace(part, "***") if len(part) >= _SHORT_PART else text
    text = " ".join(text.split())[:MAX_SHOWN]
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)[:MAX_SHOWN]


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds the server asks us to wait, at most `MAX_AFTER`; None when it does not."""
    value = headers.get("retry-after", "").strip()
    seconds = _seconds(value, now) if value else _reset(headers, now)
    return None if seconds is None else min(max(seconds, 0.0), MAX_AFTER)


def _seconds(value: str, now: float) -> float | None:
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return parsedate_to_datetime(value).timestamp() - now
    except (ValueError, OverflowError):
        return None


def _reset(headers: Mapping[str, str], now: float) -> float | None:
    """`X-RateLimit-Reset` is a time in microseconds, and matters when nothing remains."""
    reset = headers.get("x-ratelimit-reset", "").strip()
    if headers.get("x-ratelimit-remaining", "").strip() != "0":
        return None
    if not (reset.isascii() and reset.isdigit()):
        return None
    return int(reset[:18]) / 1e6 - now
