"""The thread that has a store: calls in, what they give out, and a word about what is damaged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from ..context import Context
from ..request import Request
from .store.errors import Damaged, StoreError
from .store.row import Entry
from .store.salvage import Healed
from .store.store import Store

#: Damage is found request by request; one line tells all that was found in so many seconds.
_QUIET = 60.0
P = ParamSpec("P")
T = TypeVar("T")


class StoreThread:
    """Runs one call after the other. What fails raises StoreError, or Damaged where it says so."""

    def __init__(self, context: Context, format: str) -> None:  # noqa: A002
        """`format`: of the rows that can be sent; what a store has of others is set aside."""
        self._context = context
        self._format = format
        self._pool = ThreadPoolExecutor(1, "queue")
        self._store: Store | None = None
        self._counted = 0
        self._told = 0
        self._quiet_until = 0.0
        self._healed: Healed | None = None

    async def open(self, open_store: Callable[[], Store]) -> Sequence[Entry]:
        """Open it: what is in it that can be sent."""
        store = self._store = await self._run(open_store)
        for warning in store.warnings:
            self._context.log.warn("{id}: {warning}", id=self._context.id, warning=warning)
        for unread in store.unread:
            self._context.count("unread_commits", unread.commits)
            self._context.log.error(
                "{id}: the log of the queue is damaged: {commits} commits at its end cannot be "
                "read, of which the last may have been under way; a copy is kept as {path}",
                id=self._context.id,
                commits=unread.commits,
                path=str(unread.file),
            )
        return await self._run(self._usable, store)

    def _usable(self, store: Store) -> Sequence[Entry]:
        entries, usable = store.entries(), []
        for entry in entries:
            if entry.format == self._format:
                usable.append(entry)
            else:
                why = f"rows of format {entry.format}, this exporter sends {self._format}"
                store.quarantine(entry.id, why)
        return usable

    async def commit(self, puts: Sequence[Request], gone: Sequence[int]) -> Sequence[int]:
        """See `Store`."""
        return await self._run(self._there.commit, puts, gone)

    async def replace(self, ids: Sequence[int], requests: Sequence[Request]) -> Sequence[int]:
        """See `Store`."""
        return await self._run(self._there.replace, ids, requests)

    async def load(self, id: int) -> Request:
        """See `Store`. Raises Damaged too."""
        return await self._run(self._there.load, id)

    async def page(self, after: int, limit: int) -> Sequence[Entry]:
        """See `Store`."""
        return await self._run(self._there.page, after, limit)

    async def attempted(self, ids: Sequence[int], error: str) -> None:
        """See `Store`. What cannot be noted is not worth an error."""
        try:
            await self._run(self._there.attempted, ids, error)
        except StoreError as e:
            self._context.log.debug("{id}: {reason}", id=self._context.id, reason=str(e))

    async def lacks(self) -> str:
        """Why nothing can be stored; empty when it can."""
        return await self._run(self._there.lacks)

    async def reclaim(self) -> None:
        """Give back what is not used, a step at a time; other calls go in between."""
        while await self._run(self._there.reclaim):
            pass

    async def adopted(self, *, anew: bool = False) -> Sequence[Entry]:
        """What others left and for which there was no room before; `anew`: look for more."""
        store = self._there
        return await self._run(partial(_adopted, store)) if anew or store.leftovers else ()

    async def close(self) -> None:
        """Let go of it. Calls after that raise StoreError."""
        store, self._store = self._store, None
        if store is not None:
            await self._run(store.close)
            self._quiet_until = 0
            self._tell(store)
        self._pool.shutdown(wait=False)

    @property
    def _there(self) -> Store:
        if self._store is None:
            raise StoreError("the queue is closed")
        return self._store

    async def _run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, partial(call, *args, **kwargs))
        except (StoreError, Damaged):
            raise
        except Exception as e:
            self._context.raised("{id}: the queue's store failed")
            raise StoreError(f"a fault in the queue's store: {type(e).__name__}") from e
        finally:
            if self._store is not None:
                self._tell(self._store)

    def _tell(self, store: Store) -> None:
        """Say what was found damaged since the last call."""
        healed, self._healed = self._healed, store.healed
        if store.healed is not None and store.healed is not healed and store.healed.unsure:
            self._context.log.error(
                "{id}: the queue was damaged so that nobody knows all that was in it; it is kept "
                "as {path}, and what can be read of it is sent",
                id=self._context.id,
                path=str(store.healed.file),
            )
        self._tell_lost(store)

    def _tell_lost(self, store: Store) -> None:
        if store.lost_requests != self._counted:
            self._context.count("quarantined_requests", store.lost_requests - self._counted)
            self._counted = store.lost_requests
        now = self._context.reactor.seconds()
        if self._told == self._counted or now < self._quiet_until:
            return
        requests, self._told = self._counted - self._told, self._counted
        self._quiet_until = now + _QUIET
        self._context.log.error(
            "{id}: {requests} requests in the queue were damaged, or are of no use any more; "
            "what is left of them is beside {path}, all others are kept",
            id=self._context.id,
            requests=requests,
            path=str(store.path),
        )


def _adopted(store: Store) -> Sequence[Entry]:
    known = {entry.id for entry in store.entries()}
    store.adopt()
    return [entry for entry in store.entries() if entry.id not in known]
