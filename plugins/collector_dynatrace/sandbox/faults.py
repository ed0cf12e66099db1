"""The fault script: what the sandbox is told to do wrong, request by request.

A script is a JSON list of faults, each used for `count` ingest requests in turn:

    [{"status": 503, "retry_after": 2, "count": 3}, {"drop_answer": true}, {"delay": 30}]
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from typing import Any, Literal

import msgspec
import orjson

from collector.api import WebResponse

from ..ingest import answer


class RateLimit(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The `X-RateLimit-*` headers; `reset` in microseconds, as the API gives it."""

    limit: int | None = None
    remaining: int | None = None
    reset: int | None = None


class Fault(
    msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True, kw_only=True
):
    """One way to answer wrongly. The body is `body`, `html` or `json`, else an error envelope."""

    #: In place of the answer that would be right; None leaves that as it is.
    status: int | None = None
    body: str | None = None
    html: str | None = None
    json: Any = msgspec.UNSET
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    #: `Retry-After`: seconds, or text as it is.
    retry_after: int | str | None = None
    #: `Retry-After` as an HTTP-date so many seconds from now.
    retry_after_date: float | None = None
    x_ratelimit: RateLimit | None = None
    #: Seconds until the answer. What is accepted is accepted before.
    delay: float = 0.0
    #: Reset the connection, before or after the body has been read.
    reset: Literal["before", "after"] | None = None
    #: Accept the events, then reset the connection without an answer.
    drop_answer: bool = False
    #: Whether events are checked and stored; by default when the answer is right, or 2xx.
    accept: bool | None = None
    #: Only requests in whose body this text is; the others are answered as is right.
    contains: str = ""
    #: For how many requests, those without the text included; 0 = until cleared.
    count: int = 1

    @property
    def accepts(self) -> bool:
        """Whether the request is taken all the same."""
        if self.accept is not None:
            return self.accept
        return self.reset is None and (self.status is None or self.status < 300)

    @property
    def is_early(self) -> bool:
        """Whether it answers without the body."""
        if self.contains:
            return False
        return self.reset == "before" or (
            self.status is not None and not self.accepts and not self.delay and not self.reset
        )

    def concerns(self, body: bytes) -> bool:
        """Whether it is for a request with this body, unzipped."""
        return self.contains.encode("utf-8", "replace") in body

    def answer(self, right: WebResponse | None, now: float) -> WebResponse:
        """The answer to give instead of the `right` one. `now` in seconds of the epoch."""
        status = self.status or (right.status if right else 500)
        headers = {**(right.headers if right else {}), **self._headers(now), **self.headers}
        kind, body = self._body(status, right)
        if body:
            headers.setdefault("Content-Type", kind)
        return WebResponse(status, body, headers)

    def _body(self, status: int, right: WebResponse | None) -> tuple[str, bytes]:
        if self.html is not None:
            return "text/html; charset=utf-8", self.html.encode()
        if self.body is not None:
            return "text/plain; charset=utf-8", self.body.encode()
        if self.json is not msgspec.UNSET:
            return answer.CONTENT_TYPE, orjson.dumps(self.json)
        if status >= 400:
            return answer.CONTENT_TYPE, answer.error(status, "The sandbox was told to fail.")
        return answer.CONTENT_TYPE, right.body if right else b""

    def _headers(self, now: float) -> dict[str, str]:
        headers: dict[str, str] = {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        if self.retry_after_date is not None:
            headers["Retry-After"] = formatdate(now + self.retry_after_date, usegmt=True)
        for name, value in msgspec.structs.asdict(self.x_ratelimit or RateLimit()).items():
            if value is not None:
                headers[f"X-RateLimit-{name.capitalize()}"] = str(value)
        return headers


_SCRIPT = msgspec.json.Decoder(list[Fault])


class Faults:
    """The faults still to come."""

    def __init__(self) -> None:
        self._script: deque[Fault] = deque()
        self._used = 0

    def add(self, *faults: Fault) -> None:
        """Put these behind what is there."""
        self._script.extend(faults)

    def add_json(self, text: bytes) -> None:
        """The same from JSON: a list, or one object. Raises ValueError with the reason."""
        text = text.strip()
        self.add(*_SCRIPT.decode(b"[%b]" % text if text[:1] == b"{" else text))

    def next(self) -> Fault | None:
        """The fault for the next request."""
        if not self._script:
            return None
        fault = self._script[0]
        self._used += 1
        if fault.count and self._used >= fault.count:
            self._script.popleft()
            self._used = 0
        return fault

    def clear(self) -> None:
        """Fail no more."""
        self._script.clear()
        self._used = 0

    def pending(self) -> Sequence[Mapping[str, Any]]:
        """What is left, as it would be written."""
        left: list[dict[str, Any]] = [msgspec.to_builtins(fault) for fault in self._script]
        if left and self._used:
            left[0]["count"] = self._script[0].count - self._used if self._script[0].count else 0
        return left
