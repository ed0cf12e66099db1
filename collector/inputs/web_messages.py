"""What a web server is asked and what it answers, as plain data."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import parse_qsl

from twisted.web.http import RESPONSES, datetimeToString

from ..event import NOTHING, Resource

#: Seconds after which a client that was not served may come again.
_RETRY_AFTER = "5"


@dataclass(frozen=True)
class WebLimits:
    """What one server holds and how long it waits, in bytes and seconds."""

    #: Longer bodies get 413.
    max_body: int = 10_000_000
    #: Bodies of all connections together; above it requests get 503.
    max_buffered: int = 256 << 20
    #: More connections are closed at once.
    max_connections: int = 1000
    #: For the headers, then for the body; the values of Apache's mod_reqtimeout,
    header_timeout: float = 20.0
    body_timeout: float = 20.0
    #: as is this: so many bytes lengthen the body's time by a second.
    min_rate: int = 500
    #: Between requests; nginx's keepalive_timeout.
    idle_timeout: float = 75.0
    #: The same once a reload has put another process in our place: a client that sends more often
    #: hears of it with an answer, and never finds its connection closed.
    parting_timeout: float = 10.0
    #: For reading on after a refusal.
    linger: float = 10.0


@dataclass
class WebRequest:
    """One request. Text is UTF-8, else Latin-1; names of headers are in lower case."""

    method: str
    #: Percent-decoded and without the query.
    path: str
    #: As it stood in the URL, without the `?`.
    query_string: str
    #: Repeated ones joined with a comma.
    headers: Mapping[str, str]
    #: The client's address, and its port (0 on a UNIX socket).
    peer: str
    peer_port: int
    body: bytes = b""
    #: Of the client, for the events of the request.
    resource: Resource = NOTHING
    #: For the application, to carry something from `admit` to `handle`.
    note: Any = None

    @property
    def length(self) -> int | None:
        """Of the body, as it was announced; None: it comes in chunks."""
        if "transfer-encoding" in self.headers:
            return None
        return int(self.headers.get("content-length", 0))

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """The parameters in their order, decoded; blank ones too."""
        return parse_qsl(self.query_string, keep_blank_values=True, errors="replace")


@dataclass(frozen=True)
class WebResponse:
    """An answer. Length, date, server and connection headers are added when it is written."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def having(self, headers: Mapping[str, str]) -> WebResponse:
        """The same with these headers too."""
        return replace(self, headers={**self.headers, **headers})

    def to(self, request: WebRequest) -> WebResponse:
        """The answer as the client of this request understands it."""
        return self


def later(response: WebResponse) -> WebResponse:
    """A refusal that asks the client to come again."""
    return response.having({"Retry-After": _RETRY_AFTER})


#: In place of an answer: the connection is reset.
RESET = WebResponse(0)


def plain(status: int, text: str) -> WebResponse:
    """An answer that says so in a line of text."""
    return WebResponse(status, f"{text}\n".encode(), {"Content-Type": "text/plain; charset=utf-8"})


@lru_cache(1)
def _date(second: int) -> bytes:
    text: bytes = datetimeToString(second)  # type: ignore[no-untyped-call]
    return text


def rendered(response: WebResponse, *, close: bool, head: bool) -> bytes:
    """The answer as it goes over the wire; `head` leaves the body out."""
    status, body, date = response.status, response.body, _date(int(time.time()))
    reason = RESPONSES.get(status, b"Unknown")
    lines = [b"HTTP/1.1 %d %b\r\nServer: collector\r\nDate: %b" % (status, reason, date)]
    for name, value in response.headers.items():
        said = f"{name}: {value}".replace("\r", " ").replace("\n", " ")
        lines.append(said.encode("utf-8", "replace"))
    if status not in (204, 304):
        lines.append(b"Content-Length: %d" % len(body))
    if close:
        lines.append(b"Connection: close")
    lines.append(b"\r\n" if head else b"\r\n" + body)
    return b"\r\n".join(lines)
