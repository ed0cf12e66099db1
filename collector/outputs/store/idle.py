"""A queue that no process uses: looked at without a change to it, or emptied for good.

1. Looking leaves every row and the log as they are, and heals nothing. `Store.open` would join what
   several files hold and give new ids, and the id that was shown would be another request's.
2. What cannot be read is passed over and told; the next start of the collector heals it.
3. The directory is locked meanwhile, or a collector that starts would write to what is read.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ...request import Request
from .directory import lock
from .errors import Damaged, Locked, StoreError, code, said
from .file import PAGE
from .row import ENTRY_COLUMNS, Entry, Row
from .salvage import GROUP_ROWS, unfinished
from .schema import known_version, looking
from .store import Store

_ALL = (0, -1)
# What is damaged may be of any type.
_SUMS = (
    "SELECT count(*), ifnull(sum(n), 0), ifnull(sum(size), 0), ifnull(min(nullif(ns, 0)), 0) FROM "
    "(SELECT CAST(events AS INTEGER) n, CAST(size AS INTEGER) size, CAST(oldest_ns AS INTEGER) ns "
    "FROM request WHERE state=0 LIMIT ?)"
)
_BODIES = "SELECT count(*) FROM (SELECT 1 FROM body LIMIT ?)"


class Totals(NamedTuple):
    """Of all that waits."""

    requests: int = 0
    events: int = 0
    bytes: int = 0
    oldest_ns: int = 0


class IdleQueue:
    """The queue in a directory. Raises StoreError, or Locked when somebody uses it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        #: Why some of it could not be read, a sentence each, as far as it was looked at.
        self.damage: list[str] = []

    def totals(self, most: int = -1) -> Totals:
        """Added up by SQLite, over `most` requests in a file at most."""
        found = Totals()
        for path, db in self._files():
            with self._noted(path):
                more = Totals(*db.execute(_SUMS, (most,)).fetchone())
                if db.execute(_BODIES, (most,)).fetchone() != (more.requests,):
                    raise Damaged("the tables differ")  # a lost page reads as an empty one
                oldest = min(filter(None, (found.oldest_ns, more.oldest_ns)), default=0)
                found = Totals(
                    found.requests + more.requests,
                    found.events + more.events,
                    found.bytes + more.bytes,
                    oldest,
                )
        return found

    def entries(self) -> Iterator[Entry]:
        """What waits, by file and id."""
        for path, db in self._files():
            yield from self._entries(path, db)

    def requests(self, id: int | None = None) -> Iterator[tuple[Entry, Request]]:
        """The same with their bytes; all, or the one of this id."""
        for path, db in self._files():
            for entry in self._entries(path, db, id):
                with self._noted(path):
                    yield entry, _load(db, entry)

    def purge(self, ids: Collection[int] | None) -> list[Entry]:
        """Take out all, or these; what was there of them and is no more.

        It opens the queue as a collector does, and heals what is damaged.
        """
        paths = list(_paths(self.directory))
        if ids is not None and len(paths) > 1:
            raise StoreError(
                f"the queue {self.directory} has {len(paths)} files, in which one id may be there "
                "twice: start the collector once, which joins them, or purge all"
            )
        if not paths:
            return []
        store = Store.open(self.directory, reserve=0)  # which leaves the one that is there
        try:
            chosen = [entry for entry in store.entries() if ids is None or entry.id in ids]
            _take_out(store, chosen)
        finally:
            store.close()
        self.damage += _met(store)
        kept = {entry.id for entry in self.entries()}
        return [entry for entry in chosen if entry.id not in kept]

    def _files(self) -> Iterator[tuple[Path, sqlite3.Connection]]:
        if not self.directory.is_dir():
            raise StoreError(f"there is no queue {self.directory}")
        with said("read", self.directory, lambda: None):
            held = lock(self.directory, shared=True)
            try:
                for path in _paths(self.directory):
                    with looking(path) as db, self._noted(path):
                        if _has_tables(db, path):
                            yield path, db
            finally:
                os.close(held)

    def _entries(
        self, path: Path, db: sqlite3.Connection, id: int | None = None
    ) -> Iterator[Entry]:
        after, limit = _ALL if id is None else (id - 1, 1)
        query = f"SELECT {ENTRY_COLUMNS} FROM request WHERE state=0 {PAGE}"  # noqa: S608 ours
        with self._noted(path):
            for row in db.execute(query, (after, limit)):
                if id is None or row[0] == id:
                    with self._noted(path):
                        yield Entry.of(row)

    @contextmanager
    def _noted(self, path: Path) -> Iterator[None]:
        """Rule 2."""
        try:
            yield
        except Damaged as e:
            self.damage.append(f"{path}: {e}")
        except sqlite3.Error as e:
            if code(e) == sqlite3.SQLITE_BUSY:
                raise Locked(f"another process uses the queue {path}: stop it") from e
            self.damage.append(f"{path}: {e}")


def _paths(directory: Path) -> Iterator[Path]:
    """Its files, also one whose healing was interrupted at the last step."""
    yield from sorted(directory.glob("*.db"))
    yield from unfinished(directory)


def _take_out(store: Store, entries: Sequence[Entry]) -> None:
    """In groups, so that the log does not grow with the queue."""
    left = iter(entries)
    while group := [entry.id for entry in islice(left, GROUP_ROWS)]:
        store.commit((), group)
    while store.reclaim():
        pass


def _met(store: Store) -> Iterator[str]:
    """What was found damaged when it was opened."""
    for unread in store.unread:
        yield f"{unread.commits} commits of the log cannot be read; a copy is kept as {unread.file}"
    if store.lost_requests:
        yield f"{store.lost_requests} requests are damaged, and set aside beside the queue"


def _has_tables(db: sqlite3.Connection, path: Path) -> bool:
    """Whether it was ever written to."""
    version = known_version(db, path)
    return bool(version or db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def _load(db: sqlite3.Connection, entry: Entry) -> Request:
    query = "SELECT meta, meta_sum, data FROM body WHERE id=?"
    body = db.execute(query, (entry.id,)).fetchone()
    if not body:
        raise Damaged(f"request {entry.id} has no body")
    return Row.read(entry.id, body, entry.attempts, entry.id).request
