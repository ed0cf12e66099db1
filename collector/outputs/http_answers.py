"""What an answer that is no success means: status, headers and body in, an exception out.

Pure: nothing is logged and nothing is assumed of the body, which may be JSON, Protocol Buffers, a
proxy's HTML page, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime

from ..request import Hold, Poison, Retry, TooLarge

#: Longest wait that a server may ask for, in seconds.
MAX_AFTER = 900.0
#: How many characters of an answer are shown to an operator.
MAX_SHOWN = 512
#: A part of a secret that is no longer turns up in other words, too.
_SHORT_PART = 8
_RETRIED = frozenset({408, 429})
_UNKNOWN = "an answer that this API is not known to give"
_PAGE = "an HTML page answered, so something before the API refuses our requests"
_REDIRECT = "redirects are not followed, for what is secret would go with them; check the endpoint"


def refusal(
    status: int,
    page: bool,  # noqa: FBT001 as `is_html` says
    said: str,
    holds: Mapping[int, str],
    after: float | None,
) -> Retry | Hold | TooLarge | Poison:
    """What to raise for a status that is no success.

    `page`: whether the body is one, see `is_html`. `said` are the server's words, as `shown` gives
    them. `holds`: what an operator should know, by status.
    """
    words = f"{status}: {said}" if said else str(status)
    if status == 413:
        return TooLarge(words)
    if status == 400 and not page:
        return Poison(words)
    if status in _RETRIED or (status >= 500 and status != 501):
        return Retry(words, after)
    return Hold(f"{_reason(status, holds)}; the server said {words}")


def _reason(status: int, holds: Mapping[int, str]) -> str:
    if status == 400:
        return _PAGE
    return _REDIRECT if 300 <= status < 400 else holds.get(status, _UNKNOWN)


def is_html(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether this is a page of something else, mostly HTML: what it says of our events is nothing.

    No API that is sent to answers in angle brackets.
    """
    start = body[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    declared = headers.get("content-type", "").lower().startswith("text/html")
    return start.startswith(b"<") or (declared and not start.startswith(b"{"))


def shown(body: bytes, secrets: Iterable[str] = ()) -> str:
    """The beginning of an answer, fit for a log or a terminal, and without the secrets."""
    text = body.decode("utf-8", "replace")
    for secret in secrets:
        text = text.replace(secret, "***") if secret else text
        part = secret.rpartition(".")[2]
        text = text.replace(part, "***") if len(part) >= _SHORT_PART else text
    text = " ".join(text.split())[:MAX_SHOWN]
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)[:MAX_SHOWN]


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that `Retry-After` asks us to wait, at most `MAX_AFTER`; None when it does not."""
    value = headers.get("retry-after", "").strip()
    seconds = _seconds(value, now) if value else None
    return None if seconds is None else min(max(seconds, 0.0), MAX_AFTER)


def _seconds(value: str, now: float) -> float | None:
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return parsedate_to_datetime(value).timestamp() - now
    except (ValueError, OverflowError):
        return None
