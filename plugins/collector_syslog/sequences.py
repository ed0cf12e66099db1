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

    __slots__ = ("_seen", "is_whole", "last", "top")

    def __init__(self, number: int) -> None:
        #: The highest number, and whether nothing below it is waited for. Nearly all that come
        #: follow it, and then it is enough to raise it: without a call they cost half.
        self.top = number
        self.is_whole = True
        self._seen = _ALL  # bit n: whether top - n has come
        self.last = 0.0

    def take(self, number: int) -> int:
        """A number has come: how many are known to be missing now that were not before."""
        missing = self._taken(number, number - self.top)
        self.is_whole = self._seen == _ALL
        return missing

    def _taken(self, number: int, ahead: int) -> int:
        if 0 < ahead <= _FAR:
            return self._advance(ahead)
        if -WINDOW < ahead <= 0:
            bit = 1 << -ahead
            if not self._seen & bit or number > 1:  # it was late, or it came twice
                self._seen |= bit
                return 0
        missing = self.settle()
        self.top = number
        return missing

    def _advance(self, ahead: int) -> int:
        self.top += ahead
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
        self._seen, self.is_whole = _ALL, True
        return missing


class Sequences:
    """Of all senders of a receiver: their numbers in, by address what is missing out."""

    def __init__(self) -> None:
        self._known: OrderedDict[Sender, Sequence] = OrderedDict()
        #: By address, since somebody took it.
        self.missing: Counter[str] = Counter()

    def of(self, sender: Sender, number: int, now: float) -> Sequence:
        """Of a sender that has sent this number, not taken yet. `now` in seconds."""
        known = self._known.get(sender)
        if known is None:
            known = self._begin(sender, number)
        elif now - known.last > PATIENCE:
            self._settle(sender, known)
        self._known.move_to_end(sender)
        known.last = now
        return known

    def take(self, ip: str, sequence: Sequence, number: int) -> None:
        """A number of a sender at this address has come."""
        if missing := sequence.take(number):
            self.missing[ip] += missing

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
