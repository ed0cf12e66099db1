"""A queue whose items are on the disk before their deliveries settle.

1. A stored item that has ended is deleted with the next commit or soon: what is lost of that by a
   crash is sent twice, with the same record ids.
2. Bytes of what waits stay in memory up to `_CACHE`; beyond it they are read when their turn comes.
3. While nothing can be stored, what is new may be sent from memory; it settles when it was.
4. An item that is no more what the store has (divided, merged, restamped) is stored anew when it is
   given back; until then the rows that it was made of are still there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ..context import Context
from ..delivery import Outcome
from ..request import Request
from .commits import Commits
from .item import Item
from .queue import Waiting
from .store.errors import Damaged, StoreError
from .store.row import Entry
from .store.store import Store
from .store_thread import StoreThread

_CACHE = 16 << 20


class DiskQueue:
    """See `Queue`. `changed` is called when items were stored, or could not be.

    `no_room` is told the items for which the disk has none, and returns those to keep. `format`
    is that of the rows which can be sent.
    """

    is_durable = True

    def __init__(
        self,
        open_store: Callable[[], Store],
        context: Context,
        max_size: int,
        format: str,  # noqa: A002 as it is called everywhere
        changed: Callable[[], None],
        no_room: Callable[[Sequence[Item]], Sequence[Item]],
    ) -> None:
        self._open_store = open_store
        self._context = context
        self._max_size = max_size
        self.changed = changed
        self.no_room = no_room
        self._thread = StoreThread(context, format)
        self._commits = Commits(self._thread, context, self)
        self._waiting = Waiting()
        self._changing: set[Item] = set()
        self._cached = self._stored = 0
        self.bytes = 0

    # --- what waits -------------------------------------------------------------------------------

    @property
    def trouble(self) -> str:
        """See `Queue`."""
        return self._commits.trouble

    @property
    def in_memory(self) -> int:
        """See `Queue`. The cache is not: it never grows beyond its size."""
        return self._commits.bytes

    @property
    def waiting(self) -> int:
        """See `Queue`. Rule 3."""
        return len(self._waiting) + (len(self._commits.new) if self.trouble else 0)

    @property
    def waiting_events(self) -> int:
        """See `Queue`."""
        changing = sum(item.events for item in self._changing)
        return self._waiting.events + self._commits.events + changing

    @property
    def stored_events(self) -> int:
        """See `Queue`."""
        return self._waiting.events

    @property
    def oldest_ns(self) -> int:
        """See `Queue`."""
        return self._waiting.oldest_ns

    @property
    def is_idle(self) -> bool:
        """See `Queue`."""
        return not (self._commits.is_busy or self.trouble)

    @property
    def is_stored(self) -> bool:
        """See `Queue`."""
        return self._commits.is_done and not self._changing

    async def open(self) -> None:
        """See `Queue`."""
        self._recover(await self._thread.open(self._open_store))

    def _recover(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            item = Item(entry.stub, ids=[entry.id])
            item.size, item.attempts = entry.size, entry.attempts
            self.bytes += item.size
            self._stored += item.size
            self._waiting.add(item)
            self._context.count("recovered_log_records", entry.events)
        if entries:
            self.changed()

    def put(self, item: Item) -> None:
        """See `Queue`."""
        self.bytes += item.size
        self._commits.put(item)

    def take(self) -> Item | None:
        """See `Queue`."""
        item = self._waiting.take()
        if item is None:
            new = self._commits.new
            return new.popleft() if self.trouble and new else None
        self._cached -= item.loaded_size
        return item

    def peek(self) -> Item | None:
        """See `Queue`."""
        return self._waiting.peek()

    def newest(self) -> Iterator[Item]:
        """See `Queue`."""
        return self._waiting.newest()

    def lease(self, items: Iterable[Item]) -> None:
        """See `Queue`."""
        self._waiting.remove(items)
        self._cached -= sum(item.loaded_size for item in items)

    async def load(self, item: Item) -> None:
        """See `Queue`."""
        if item.is_loaded:
            return
        try:
            (part,), (id,) = item.parts, item.ids
            part.request.body = (await self._thread.load(id)).body
        except Damaged:
            self._forget(item)
            raise

    # --- what comes back --------------------------------------------------------------------------

    def give_back(self, item: Item) -> None:
        """See `Queue`."""
        error, item.last_error = item.last_error, ""
        item.attempts += bool(error)
        if not item.ids:
            self._commits.put(item, first=True)
        elif item.is_changed:
            self._changing.add(item)
            self._commits.spawn(self._store_anew(item))
        else:
            self._insert(item)
            if error:
                self._commits.spawn(self._thread.attempted(item.ids, error))

    def _insert(self, item: Item) -> None:
        if not item.is_changed and self._cached + item.size > _CACHE:
            item.parts[0].request.body = b""
        self._cached += item.loaded_size
        self._waiting.insert(item)

    async def _store_anew(self, item: Item) -> None:
        """Rule 4. What cannot be stored so stays as it is, in memory."""
        requests = [part.request for part in reversed(item.parts)]
        try:
            ids = await self._thread.replace(item.ids, requests)
        except StoreError as e:
            self._context.log.warn("{id}: {reason}", id=self._context.id, reason=str(e))
            self._changing.discard(item)
            self._insert(item)
        else:
            self._changing.discard(item)
            self._succeed(item, ids, requests)
        self.changed()

    def _succeed(self, item: Item, ids: Sequence[int], requests: Sequence[Request]) -> None:
        for gathered in item.gathered:
            gathered.split(len(requests) - 1)
        for id, request in zip(ids, requests, strict=True):
            new = Item(request, item.gathered, ids=[id], due=item.due)
            new.place, new.is_last, new.worst = item.place, item.is_last, item.worst
            if request.attempted:
                new.attempts = max(new.attempts, item.attempts)
            self._insert(new)
        size = sum(len(request.body) for request in requests)
        self.bytes += size - item.size
        self._stored += size - item.size

    def done(self, item: Item, outcome: Outcome) -> None:
        """See `Queue`. Rule 1."""
        self._forget(item)
        if item.ids:
            self._commits.take_out(item.ids)
        item.ended(outcome)

    def _forget(self, item: Item) -> None:
        self.bytes -= item.size
        if item.ids:
            self._stored -= item.size

    def purge(self, ids: frozenset[int] | None) -> Sequence[Item]:
        """See `Queue`."""
        found = [item for item in self._waiting if ids is None or ids.issuperset(item.ids)]
        self.lease(found)
        for item in found:
            self.done(item, Outcome.DELIVERED)
        return found

    async def page(self, after: int, limit: int) -> Sequence[Entry]:
        """What the store holds after an id, to be looked at."""
        entries = await self._thread.page(after, limit)
        gone = set(self._commits.gone)
        return [entry for entry in entries if entry.id not in gone]

    @property
    def waiting_ids(self) -> set[int]:
        """Of all that wait, which takes its time."""
        return {id for item in self._waiting for id in item.ids}

    async def request(self, id: int) -> Request:
        """One of them, whole. Raises Damaged."""
        return await self._thread.load(id)

    # --- what its commits ask and tell ------------------------------------------------------------

    def fits(self, before: int, size: int) -> bool:
        """See `Owner`. One that is larger than all that is allowed does not wait for ever."""
        there = self._stored + before
        return not there or there + size <= self._max_size

    def stored(self, items: Sequence[Item], ids: Sequence[int]) -> None:
        """See `Owner`."""
        for item, id in zip(items, ids, strict=True):
            size = item.loaded_size
            self.bytes += size - item.size
            self._stored += size
            item.size, item.ids, item.place = size, (id,), 0
            self._insert(item)
            for gathered in item.gathered:
                gathered.stored()
        self.changed()

    async def tidy(self) -> None:
        """See `Owner`."""
        if not self._waiting:
            await self._thread.reclaim()
        self._recover(await self._thread.adopted())

    async def adopt(self) -> None:
        """Take over the files of workers that are gone."""
        self._recover(await self._thread.adopted(anew=True))

    async def close(self) -> Sequence[Item]:
        """See `Queue`."""
        lost = await self._commits.close()
        await self._thread.close()
        return lost
