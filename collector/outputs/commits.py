"""Group commit: what comes while a commit runs is the next one. One at a time, in one thread.

While nothing can be stored it is tried again every `AGAIN` seconds, and whatever waits stays.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from twisted.internet.defer import Deferred, DeferredList
from twisted.python.failure import Failure

from ..context import Context
from ..tasks import spawn, wait
from .item import Item
from .store.errors import StoreError, StoreFull
from .store_thread import StoreThread

#: Requests and bytes in one commit; more would only make those that wait for it wait longer.
_GROUP_ITEMS, _GROUP_BYTES = 64, 8 << 20
#: Seconds until what is to be taken out is, when nothing is to be stored in the same commit.
LAZY = 0.25
AGAIN = 1.0


class Owner(Protocol):
    """Whose items are stored."""

    def fits(self, before: int, size: int) -> bool:
        """Whether so many bytes may be stored beside what there is and what goes before them."""
        ...

    def stored(self, items: Sequence[Item], ids: Sequence[int]) -> None:
        """They are on the disk, under these ids."""
        ...

    def no_room(self, items: Sequence[Item]) -> Sequence[Item]:
        """The disk has none for these: those to try again."""
        ...

    def changed(self) -> None:
        """A commit has ended, or was refused."""
        ...

    async def tidy(self) -> None:
        """There is nothing to do just now."""
        ...


class Commits:
    """`new` are those that are to be stored, `gone` the ids of those to be taken out."""

    def __init__(self, thread: StoreThread, context: Context, owner: Owner) -> None:
        self._thread = thread
        self._context = context
        self._owner = owner
        self.new: deque[Item] = deque()
        self._group: list[Item] = []
        self.gone: list[int] = []
        self._timer: Any = None
        self._under_way: set[Deferred[Any]] = set()
        self._is_closing = False
        self.is_busy = False
        #: Why nothing can be stored; empty when all is well.
        self.trouble = ""

    @property
    def events(self) -> int:
        """Events that are not stored yet."""
        return sum(item.events for item in (*self.new, *self._group))

    @property
    def is_done(self) -> bool:
        """Whether there is nothing left to do."""
        return not (self.new or self.gone or self.is_busy)

    def put(self, item: Item, *, first: bool = False) -> None:
        """Store it, now or with the next commit."""
        (self.new.appendleft if first else self.new.append)(item)
        self._kick()

    def take_out(self, ids: Sequence[int]) -> None:
        """Take these out, with the next commit or soon."""
        self.gone += ids
        if self.new:
            self._kick()
        elif self._timer is None and not self._is_closing:
            self._later(LAZY)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that `close` waits for."""
        done = spawn(work)
        self._under_way.add(done)
        done.addErrback(self._failed).addBoth(lambda _: self._under_way.discard(done))

    def _failed(self, failure: Failure) -> None:
        if not isinstance(failure.value, StoreError):
            self._context.raised("{id}: the queue failed", failure)

    def _kick(self) -> None:
        if not (self.is_busy or self.trouble or self._is_closing):
            self._begin()

    def _begin(self) -> None:
        self._cancel()
        self.is_busy = True
        self.spawn(self._commit_all())

    def _later(self, seconds: float) -> None:
        self._cancel()
        self._timer = self._context.reactor.callLater(seconds, self._due)

    def _due(self) -> None:
        self._timer = None
        if not self.is_busy:
            self._begin()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _commit_all(self) -> None:
        try:
            while await self._commit():
                pass
        finally:
            self.is_busy = False
        self._owner.changed()
        if not (self.new or self.trouble or self._is_closing):
            await self._owner.tidy()

    async def _commit(self) -> bool:
        """Whether there may be more to do."""
        group, gone = self._next_group(), self.gone
        if not (group or gone or self.trouble):
            return False
        self.gone = []
        try:
            if self.trouble and not group and (lacks := await self._thread.lacks()):
                raise StoreFull(lacks)
            ids = await self._thread.commit([item.parts[0].request for item in group], gone)
        except StoreError as e:
            self._refused(e)
            return False
        self._committed(ids)
        return True

    def _next_group(self) -> list[Item]:
        size = 0
        while self.new and len(self._group) < _GROUP_ITEMS and size < _GROUP_BYTES:
            if not self._owner.fits(size, self.new[0].loaded_size):
                break
            size += self.new[0].loaded_size
            self._group.append(self.new.popleft())
        return self._group

    def _committed(self, ids: Sequence[int]) -> None:
        group, self._group = self._group, []
        if self.trouble:
            self._context.log.info("{id}: stores again", id=self._context.id)
            self.trouble = ""
        self._owner.stored(group, ids)

    def _refused(self, error: StoreError) -> None:
        """Nothing of the group is stored; what was to go is gone, or will be."""
        group, self._group = self._group, []
        if isinstance(error, StoreFull):
            group = list(self._owner.no_room(group))
        self.new.extendleft(reversed(group))
        if not self.trouble:
            self._context.log.error(
                "{id}: nothing can be stored, and it is tried again: {reason}",
                id=self._context.id,
                reason=str(error),
            )
        self.trouble = str(error)
        if not self._is_closing:
            self._later(AGAIN)

    async def close(self) -> Sequence[Item]:
        """Store what can be stored; what cannot is returned."""
        self._is_closing = True
        self._cancel()
        while self._under_way:
            await wait(DeferredList(list(self._under_way)))
        while await self._commit():
            pass
        lost = list(self.new)
        self.new.clear()
        return lost
