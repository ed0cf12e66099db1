"""A request in the queue, what is still to be sent of it, and who waits to hear of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..delivery import Delivery, Outcome
from ..request import Request

#: Bytes of a delivery and its Deferred. A quiet source has one for each event, which is more
#: than the event takes in its request.
_DELIVERY_SIZE = 300


class Gathered:
    """The batches of one gather; their deliveries wait for every request made of them.

    Some wait until all are stored, those with `until_sent` until all have ended.
    """

    __slots__ = ("_early", "_late", "_to_end", "_to_store", "_worst")

    def __init__(self, deliveries: Sequence[Delivery], requests: int) -> None:
        self._early = [delivery for delivery in deliveries if not delivery.until_sent]
        self._late = [delivery for delivery in deliveries if delivery.until_sent]
        self._to_store = self._to_end = requests
        self._worst = Outcome.DELIVERED

    @property
    def is_awaited(self) -> bool:
        """Whether somebody waits until it has been sent."""
        return bool(self._late)

    def stored(self) -> None:
        """One request will not be lost any more."""
        self._to_store -= 1
        if not self._to_store:
            early, self._early = self._early, []  # the item may wait for long
            _settle(early, self._worst)

    def split(self, more: int) -> None:
        """One request, stored, has become `more` requests more."""
        self._to_end += more

    def ended(self, outcome: Outcome, *, stored: bool = False) -> None:
        """One request is done; `stored` says that it has been reported as such before."""
        self._worst = max(self._worst, outcome)
        if not stored:
            self.stored()
        self._to_end -= 1
        if not self._to_end:
            _settle(self._late, self._worst)


def _settle(deliveries: Iterable[Delivery], outcome: Outcome) -> None:
    for delivery in deliveries:
        delivery.settle(outcome)


class Part:
    """A request that is still to be sent of an item: the item's own, or a piece of it."""

    __slots__ = ("is_bad", "is_piece", "is_shortened", "other", "request")

    def __init__(self, request: Request, *, is_piece: bool = False) -> None:
        self.request = request
        #: Made in the search for what is refused.
        self.is_piece = is_piece
        #: The second half while the first is under way: what was refused is in one of them.
        self.other: Part | None = None
        #: It holds what was refused: the other half was taken.
        self.is_bad = False
        #: It was cut already, because it was too large alone.
        self.is_shortened = False


class Item:
    """A place in the queue. `parts` are what is still to be sent of it, last first.

    The body of a stored one may be on the disk only; it is empty then.
    """

    __slots__ = (
        *("attempts", "due", "extra", "gathered", "ids", "is_changed", "is_last", "last_error"),
        *("parts", "place", "size", "worst"),
    )

    def __init__(
        self,
        request: Request,
        gathered: Iterable[Gathered] = (),
        deliveries: int = 0,
        *,
        ids: Sequence[int] = (),
        due: float = 0.0,
    ) -> None:
        """`deliveries`: how many wait for it, and take memory with it."""
        self.parts = [Part(request)]
        self.gathered = tuple(gathered)
        self.size = len(request.body) + deliveries * _DELIVERY_SIZE
        #: Of its rows in the store; none when it is not stored.
        self.ids = tuple(ids)
        #: When it shall be sent though more could go with it, by the reactor's clock.
        self.due = due
        #: Requests that bisecting has cost so far.
        self.extra = 0
        self.attempts = int(request.attempted)
        #: Its parts are not what the store has.
        self.is_changed = False
        #: Others shall come before it: it may be what is wrong.
        self.is_last = False
        #: Why it could not be sent the last time.
        self.last_error = ""
        #: Set by the queue: what came earlier has a smaller one.
        self.place = 0
        #: The worst that became of parts already settled.
        self.worst = Outcome.DELIVERED

    @property
    def events(self) -> int:
        """Events still to be sent."""
        return sum(part.request.events for part in self.parts)

    @property
    def oldest_ns(self) -> int:
        """The oldest event's time; 0 when none is known."""
        return min(
            (part.request.oldest_ns for part in self.parts if part.request.oldest_ns), default=0
        )

    @property
    def loaded_size(self) -> int:
        """Of its bytes that are in memory."""
        return sum(len(part.request.body) for part in self.parts)

    @property
    def is_loaded(self) -> bool:
        """Whether its bytes are in memory."""
        return all(part.request.body for part in self.parts)

    @property
    def is_fresh(self) -> bool:
        """Nobody has seen its bytes: it may be merged with its neighbours."""
        return not (self.attempts or self.is_changed or self.parts[0].request.history)

    @property
    def is_awaited(self) -> bool:
        """Whether a sender waits until it has been sent."""
        return any(gathered.is_awaited for gathered in self.gathered)

    def ended(self, outcome: Outcome) -> None:
        """Tell those who wait. Once."""
        for gathered in self.gathered:
            gathered.ended(outcome, stored=bool(self.ids))
        self.gathered = ()
