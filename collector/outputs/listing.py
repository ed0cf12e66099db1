"""What is in a queue as JSON: for the control socket, for the command, and to be built up again."""

from __future__ import annotations

import time
import zlib
from base64 import b64encode
from collections.abc import Callable

import msgspec
from msgspec import UNSET, UnsetType

from ..request import Request
from .gzip import expand
from .store.row import Entry, Headers

#: The format of a `Record`, written into each.
VERSION = 1
Redact = Callable[[str], str]


class Summary(msgspec.Struct, kw_only=True):
    """A queue. What is not known of it is null."""

    exporter: str
    #: disk or memory.
    type: str
    directory: str | None
    #: That wait, with their events and bytes.
    requests: int
    events: int
    bytes: int
    max_size: int | None = None
    #: Events of requests on their way.
    in_flight: int = 0
    oldest_ns: int | None = None
    oldest_age_seconds: float | None = None
    #: Of the exporter; `stopped` and `not configured` where there is none that runs.
    state: str
    reason: str = ""


class Listed(msgspec.Struct, kw_only=True):
    """A request without its body."""

    id: int
    created_ns: int
    oldest_ns: int
    events: int
    size: int
    attempts: int
    last_error: str
    encoding: str
    format: str
    #: False: it is on its way, or being merged with others.
    waits: bool = True


class Record(msgspec.Struct, kw_only=True):
    """A request, whole: in `body` as text, or in `body_base64` what is none."""

    version: int = VERSION
    id: int
    created_ns: int
    oldest_ns: int
    events: int
    attempts: int
    last_error: str
    headers: Headers
    raw_size: int
    encoding: str
    format: str
    history: str
    body: str | UnsetType = UNSET
    body_base64: str | UnsetType = UNSET


def age(oldest_ns: int) -> tuple[int | None, float | None]:
    """The time and the age of an event, as a `Summary` has them."""
    if not oldest_ns:
        return None, None
    return oldest_ns, max(0.0, (time.time_ns() - oldest_ns) / 1e9)


def listed(entry: Entry, redact: Redact, *, waits: bool = True) -> Listed:
    """An entry of the store; `redact` takes the secrets out of what a server has said."""
    return Listed(
        id=entry.id,
        created_ns=entry.created_ns,
        oldest_ns=entry.oldest_ns,
        events=entry.events,
        size=entry.size,
        attempts=entry.attempts,
        last_error=redact(entry.last_error),
        encoding=entry.encoding,
        format=entry.format,
        waits=waits,
    )


def record(entry: Entry, request: Request, redact: Redact) -> Record:
    """An entry with its request; the body is what it is."""
    made = Record(
        id=entry.id,
        created_ns=entry.created_ns,
        oldest_ns=request.oldest_ns,
        events=request.events,
        attempts=entry.attempts,
        last_error=redact(entry.last_error),
        headers=tuple((name, redact(value)) for name, value in request.headers),
        raw_size=request.raw_size,
        encoding=request.encoding,
        format=entry.format,
        history=redact(request.history),
    )
    try:
        made.body = request.body.decode()
    except UnicodeDecodeError:
        made.body_base64 = b64encode(request.body).decode()
    return made


def expanded(request: Request) -> Request:
    """The same, not compressed; itself when it cannot be expanded."""
    if request.encoding != "gzip":
        return request
    try:
        body = expand(request.body)
    except (OSError, EOFError, zlib.error):  # a plugin may call anything gzip
        return request
    return msgspec.structs.replace(request, body=body, encoding="")
