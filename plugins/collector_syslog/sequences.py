"""Sequence numbers of messages in, how many never came out: of each sender by itself. No I/O.

1. Datagrams overtake each other: a number is missing only when 64 later ones have come without
   it, or when nothing has come for a while (`settle`).
2. A sender that begins to count anew loses nothing: that is, a number that lies far off, or a
   number 1 that has been there.
3. What comes before the first number that was seen is not known, and not missing.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Hashable

#: Later numbers that one may be overtaken by.
WINDOW = 64
#: A step so long is no loss but another count.
_FAR = 10_000
#: Senders that are remembered; the one that was silent the longest goes first.
_MOST = 4096
#: Seconds of silence, after which a sender's missing numbers are not waited for.
PATIENCE = 5.0
_ALL = (1 << WINDOW) - 1
#: An address, and what tells senders there apart: the hostname, and which of the numbers it is.
Sender = tuple[str, Hashable, bool]


class Sequence:
    """The numbers of one sender."""

    __slots__ = ("_seen", "_top", "last")

    def __init__(self, number: int) -> None:
        self._top = number
        self._seen = _ALL  # bit n: whether top - n has come
        self.last = 0.0

    def is_next(self, number: int) -> bool:
        """Take a number that follows the last, where none is waited for: nearly all do."""
        if number == self._top + 1 and self._seen == _ALL:
            self._top = number
            return True
        return False

    def take(self, number: int) -> int:
        """A number has come: how many are known to be missing now that were not before."""
        ahead = number - self._top
        if 0 < ahead <= _FAR:
            return self._advance(ahead)
        if -WINDOW < ahead <= 0:
            bit = 1 << -ahead
            if not self._seen & bit or number > 1:  # it was late, or it came twice
                self._seen |= bit
                return 0
        missing = self.settle()
        self._top = number
        return missing

    def _advance(self, ahead: int) -> int:
        self._top += ahead
        if ahead >= WINDOW:
            missing = self.settle() + ahead - WINDOW
            self._seen = 1
            return missing
        left = self._seen >> (WINDOW - ahead)
        self._seen = (self._seen << ahead | 1) & _ALL
        return ahead - left.bit_count()

    def settle(self) -> int:
        """None of them is waited for any more: how many that were."""
        missing = WINDOW - self._seen.bit_count()
        self._seen = _ALL
        return missing


class Sequences:
    """Of all senders of a receiver: their numbers in, by address what is missing out."""

    def __init__(self) -> None:
        self._known: OrderedDict[Sender, Sequence] = OrderedDict()
        #: By address, since somebody took it.
        self.missing: Counter[str] = Counter()

    def take(self, sender: Sender, number: int, now: float) -> None:
        """A sender has sent a number. `now` in seconds."""
        known = self._known.get(sender)
        if known is None:
            self._begin(sender, number).last = now
            return
        if now != known.last:  # for each batch once
            if now - known.last > PATIENCE:
                self._settle(sender, known)
            self._known.move_to_end(sender)
            known.last = now
        if not known.is_next(number) and (missing := known.take(number)):
            self.missing[sender[0]] += missing

    def _begin(self, sender: Sender, number: int) -> Sequence:
        if len(self._known) >= _MOST:
            self._settle(*self._known.popitem(last=False))
        known = self._known[sender] = Sequence(number)
        return known

    def settle(self, now: float) -> None:
        """Wait no longer for the numbers of the silent."""
        for sender, known in self._known.items():
            if now - known.last <= PATIENCE:
                continue
            self._settle(sender, known)

    def _settle(self, sender: Sender, known: Sequence) -> None:
        if missing := known.settle():
            self.missing[sender[0]] += missing
