"""Requests taken apart into rows and put together again: halves, merged, restamped, shortened.

Built on an exporter's `unpack` and `pack`, and guarded: a bug in them costs a dead letter at the
worst, never the sender.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from ..component import Exporter
from ..request import Request, Row
from . import history
from .gzip import compressor, expand

T = TypeVar("T")


class Restamped(NamedTuple):
    """A request whose stale rows are not stale any more, and those that stay so."""

    request: Request | None
    stale: Sequence[Row]


class Rows:
    """Of one exporter. The requests it makes are compressed."""

    def __init__(
        self, exporter: Exporter[Any], compression: Literal["fast", "small", "none"] = "none"
    ) -> None:
        self._exporter = exporter
        self._context = exporter.context
        self._compress: Callable[[bytes], bytes] | None = compressor(compression)

    def compressed(self, request: Request) -> Request:
        """Compress a body that is not yet. The same request, changed."""
        if not isinstance(request.body, bytes):
            raise TypeError("a request's body is bytes")
        request.raw_size = len(request.body)
        if self._compress is not None:
            request.body = self._compress(request.body)
            request.encoding = "gzip"
        return request

    def of(self, request: Request) -> list[Row]:
        """One encoded event each. Raises what `unpack` raises."""
        body = _expanded(request)
        return self._exporter.unpack(
            Request(body=body, events=request.events, headers=request.headers, raw_size=len(body))
        )

    def packed(self, rows: Sequence[Row], like: Request) -> Request:
        """A request of some rows of another one. Raises what `pack` raises."""
        request = self._exporter.pack(rows)
        request.oldest_ns = request.oldest_ns or like.oldest_ns
        request.attempted, request.history = like.attempted, like.history
        return self.compressed(request)

    def halves(self, request: Request) -> Sequence[Request]:
        """Two requests of its rows; none when it cannot be taken apart. The first is smaller.

        With the smaller one first, finding one of n rows costs at most 2 log2(n) requests.
        """
        try:
            rows = self.of(request)
            middle = len(rows) // 2
            return [self.packed(half, request) for half in (rows[:middle], rows[middle:]) if middle]
        except Exception:  # noqa: BLE001 the author's bug must not stop the sender
            return self._broken(())

    def alone(self, request: Request) -> tuple[bytes, str]:
        """What a dead letter holds of it: its one row, and the format that it is sent again by.

        When it has no such thing all of it, which nobody can send again.
        """
        try:
            (row,) = self.of(request)
        except Exception:  # noqa: BLE001 as above; and several that cannot be told apart
            whole = _expanded(request), ""
            return self._broken(whole) if request.events == 1 else whole
        return row, self._exporter.format

    def merged(self, requests: Sequence[Request]) -> Request | None:
        """One request of the rows of several; None when that cannot be."""
        try:
            rows = [row for request in requests for row in self.of(request)]
            if len(rows) != sum(request.events for request in requests):
                return None
            request = self.packed(rows, requests[0])
        except Exception:  # noqa: BLE001 as above
            return self._broken(None)
        times = [request.oldest_ns for request in requests if request.oldest_ns]
        request.oldest_ns = min(times, default=0)
        return request

    def restamped(self, request: Request) -> Restamped:
        """Its rows made such that they can be sent now, as the exporter says."""
        try:
            rows = self.of(request)
            fresh = [(row, self._exporter.restamped(row)) for row in rows]
            left = [new for _, new in fresh if new is not None]
            stale = [old for old, new in fresh if new is None]
            if not left:
                return Restamped(None, stale)
            found = self._exporter.pack(left)
        except Exception:  # noqa: BLE001 as above; the destination will say what it thinks of it
            return self._broken(Restamped(request, ()))
        found.attempted = request.attempted
        changed = ((old, new) for old, new in fresh if new is not None)
        found.history = history.carried(request.history, changed)
        return Restamped(self.compressed(found), stale)

    def shortened(self, request: Request) -> Request | None:
        """A request of one row that is smaller; None when there is none."""
        try:
            (row,) = self.of(request)
            shorter = self._exporter.shortened(row)
            if shorter is None:
                return None
            found = self.packed([shorter], request)
        except Exception:  # noqa: BLE001 as above
            return self._broken(None)
        found.history = history.carried(request.history, [(row, shorter)])
        return found

    def _broken(self, instead: T) -> T:
        self._context.raised("{id}: unpack or pack raised")
        return instead


def _expanded(request: Request) -> bytes:
    return expand(request.body) if request.encoding else request.body
