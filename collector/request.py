"""What an exporter makes of events, and what it may say when it cannot send that."""

from __future__ import annotations

import msgspec

#: One event as an exporter encoded it.
Row = bytes


class Request(msgspec.Struct, kw_only=True):
    """What waits in a queue and is sent: bytes, and what must be known of them without reading.

    `body` is what `encode` or `pack` made; the core compresses it once, and the same bytes
    are sent at each try.
    """

    body: bytes
    events: int
    #: The oldest event's time, ns since the epoch; 0 = not known.
    oldest_ns: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    #: Bytes of the body before compression.
    raw_size: int = 0
    #: The name of the compression; empty = none.
    encoding: str = ""
    #: Whether it may have reached the destination before.
    attempted: bool = False
    #: Of replayed rows: their earlier deaths, as JSON (see `outputs.history`).
    history: str = ""


class Receipt(msgspec.Struct, frozen=True):
    """`send`: the destination took the request."""

    #: Events of it that were refused for good.
    rejected: int = 0
    #: Seconds for which the destination wants no other request.
    wait: float = 0.0


class Retry(Exception):
    """`send`: not now. The same bytes again, after a backoff, without end.

    `after`: seconds the destination asked for. `ambiguous`: it may have been taken.
    """

    def __init__(self, reason: str, after: float | None = None, *, ambiguous: bool = False) -> None:
        super().__init__(reason)
        self.after = after
        self.ambiguous = ambiguous


class Hold(Exception):
    """`send`: an operator is needed (token, URL, licence). Stop sending, keep, probe slowly."""


class TooLarge(Exception):
    """`send`: the same events in smaller requests, please."""


class Poison(Exception):
    """`send`: something in here will never be accepted. Find it, dead-letter it, send the rest."""
