"""An item is sent, part by part: divided, restamped, shortened, or dead-lettered in the end.

1. A failure is about the destination (the gate closes, the item waits) or about the data (it is
   divided until what is refused is alone, and that is dead-lettered).
2. What was refused is in one of two halves: when the first is taken, the second need not be asked.
   Finding one of n rows costs at most 2 log2(n) + 1 requests more.
3. A destination that refuses everything is no reason to give up everything: after some single rows
   in succession, with nothing taken between them, an operator is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..component import Exporter
from ..delivery import Outcome
from ..letter import Letter
from ..request import Poison, Receipt, Request, Retry, Row, TooLarge
from . import history
from .backoff import Gate
from .item import Item, Part
from .pace import Pace
from .rows import Rows
from .trouble import Trouble

#: Requests that one original may cost in bisections before an operator is needed.
MAX_EXTRA = 64
#: Rule 3.
MAX_ALONE = 8
_TAKEN = Receipt()


class Attempts:
    """Sends items for one exporter."""

    def __init__(
        self, exporter: Exporter[Any], rows: Rows, pace: Pace, gate: Gate, trouble: Trouble
    ) -> None:
        self._exporter = exporter
        self._context = exporter.context
        self._rows = rows
        self._pace = pace
        self._gate = gate
        self._trouble = trouble
        self._alone = 0
        #: What comes after it changes nothing any more.
        self.is_over = False

    async def sent(self, item: Item) -> bool:
        """Whether all of it has ended. False: not now; what is left is in its parts."""
        while item.parts:
            part = item.parts[-1]
            if part.is_bad and part.request.events > 1:
                self._halve(item, part, "poison")
            elif self._is_current(item, part) and not await self._attempt(item, part):
                return False
        return True

    async def _attempt(self, item: Item, part: Part) -> bool:
        if part.is_piece:
            if item.extra >= MAX_EXTRA:
                item.extra = 0
                return self._parked(item, f"{MAX_EXTRA} requests did not find what is refused")
            item.extra += 1
        began = self._context.reactor.seconds()
        try:
            receipt = await self._exporter.send(part.request) or _TAKEN
        except Exception as e:  # noqa: BLE001 sorted in _refused
            part.request.attempted = True
            return not self.is_over and self._refused(item, part, e)
        if self.is_over:  # given up, and counted so
            return False
        item.parts.pop()
        self._taken(part, receipt, self._context.reactor.seconds() - began)
        return True

    def _taken(self, part: Part, receipt: Receipt, seconds: float) -> None:
        count, request = self._context.count, part.request
        rejected = min(max(receipt.rejected, 0), request.events)
        count("requests", outcome="sent")
        count("sent_log_records", request.events - rejected)
        count("rejected_log_records", rejected)
        count("sent_bytes", len(request.body))
        count("raw_bytes", request.raw_size)
        self._pace.taken(request.events, request.raw_size, seconds)
        self._alone = 0
        if part.other is not None:
            part.other.is_bad = True
        self._trouble.over()
        if receipt.wait > 0:
            self._gate.rest(receipt.wait)

    def _refused(self, item: Item, part: Part, error: Exception) -> bool:
        """Whether there is something else to send of the item now."""
        if isinstance(error, TooLarge):
            self._pace.too_large(part.request.events, part.request.raw_size)
            return self._divided(item, part, "too_large", str(error))
        if isinstance(error, Poison):
            return self._divided(item, part, "poison", str(error))
        if isinstance(error, Retry):
            self._pace.pushed_back()
        item.last_error = str(error) or type(error).__name__
        self._trouble.later(error)
        return False

    def _divided(self, item: Item, part: Part, reason: str, text: str) -> bool:
        """Two halves in its place, or something shorter, or the dead letter."""
        self._context.count("requests", outcome=reason)
        if part.request.events > 1 and self._halve(item, part, reason):
            return True
        if reason == "too_large" and not part.is_shortened:
            part.is_shortened = True
            shorter = self._rows.shortened(part.request)
            if shorter is not None:
                part.request, item.is_changed = shorter, True
                return True
        if self._alone >= MAX_ALONE:
            why = f"the destination refuses one event after the other: {text}"
            return self._parked(item, why)
        self._alone += 1
        row, format = self._rows.alone(part.request)  # noqa: A001 as everywhere
        (deaths,) = history.read(part.request.history, [row])
        attempts = item.attempts + 1
        letter = Letter(
            row=row, reason=reason, text=text, format=format, attempts=attempts, history=deaths
        )
        self._bury(item, [letter], part.request.events)
        item.parts.pop()
        return True

    def _parked(self, item: Item, reason: str) -> bool:
        """Rule 3: not now, and others first. What is found out so far stays with the item."""
        item.is_last, item.last_error = True, reason
        self._trouble.hold(reason)
        return False

    def _halve(self, item: Item, part: Part, reason: str) -> bool:
        """Rule 2. False: it cannot be taken apart."""
        halves = self._rows.halves(part.request)
        if not halves:
            part.is_bad = False
            return False
        first, second = (Part(half, is_piece=reason == "poison") for half in halves)
        if reason == "poison":
            first.other = second
        item.parts[-1:] = [second, first]
        item.is_changed = True
        missing = part.request.events - sum(half.events for half in halves)
        if missing > 0:
            self._context.count("dropped_log_records", missing, reason="not_encoded")
        return True

    def _is_current(self, item: Item, part: Part) -> bool:
        """Whether there is something to send of it, restamped where it has become too old."""
        request = part.request
        if not 0 < request.oldest_ns < self._exporter.stale_before():
            return True
        found = self._rows.restamped(request)
        if found.request is request:
            return True
        item.is_changed = True
        if found.stale:
            self._bury(item, self._stale(item, request, found.stale), len(found.stale))
        if found.request is None:
            item.parts.pop()
            return False
        part.request = found.request
        return True

    def _stale(self, item: Item, request: Request, rows: Sequence[Row]) -> Sequence[Letter]:
        text, format = "older than the destination takes it", self._exporter.format  # noqa: A001
        return [
            Letter(
                row=row,
                reason="stale",
                text=text,
                format=format,
                attempts=item.attempts,
                history=deaths,
            )
            for row, deaths in zip(rows, history.read(request.history, rows), strict=True)
        ]

    def _bury(self, item: Item, letters: Sequence[Letter], events: int) -> None:
        """All at once: nothing is counted unless it is there, and nothing twice."""
        reason, kept = letters[0].reason, self._context.letters.write(letters)
        kept = kept if len(letters) == events else kept * events  # one for what cannot be divided
        self._context.count("dead_lettered_log_records", kept, reason=reason)
        if kept < events:
            lost = events - kept
            self._context.count("dropped_log_records", lost, reason=f"{reason}_no_dead_letter")
            item.worst = Outcome.REJECTED
