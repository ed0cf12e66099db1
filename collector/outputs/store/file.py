"""One SQLite file of requests: transactions that are on the disk when they return.

1. A commit that failed stored nothing, also when SQLite cannot say so: after an I/O error the
   file is read anew, and what is beyond the last id that was reported is taken out.
2. A file that turns out to be broken is healed at once and the transaction tried again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import TypeVar

from ...request import Request
from .errors import Damaged, code, damage, is_damage
from .log import Unread, set_aside
from .row import ENTRY_COLUMNS, INSERT_BODY, INSERT_REQUEST, Entry, Row
from .salvage import Healed, heal, make_file, new_path
from .schema import PAGE_SIZE, begin, connect, pragma, rollback

T = TypeVar("T")
#: By id, which stays while places change: the next page begins where the last has ended.
PAGE = "AND id>? ORDER BY id LIMIT ?"


class StoreFile:
    """Raises sqlite3.Error and OSError as they come, and Locked."""

    def __init__(self, path: Path, encoder: str) -> None:
        self.path = path
        #: What was healed since the last look.
        self.healed: Healed | None = None
        #: What of its log could not be read when it was opened.
        self.unread: Unread | None = None
        #: Keeps other processes from what is being healed.
        self.guard: Callable[[], AbstractContextManager[None]] = nullcontext
        self._encoder = encoder
        self._db: sqlite3.Connection | None = None
        self._last = 0
        #: Bytes and number of the requests in it.
        self.bytes = self.count = 0

    @classmethod
    def new(cls, directory: Path, encoder: str) -> StoreFile:
        """An empty one."""
        path = new_path(directory)
        make_file(path)
        return cls.open(path, encoder)

    @classmethod
    def open(cls, path: Path, encoder: str) -> StoreFile:
        """One that is there, healed if need be."""
        file = cls(path, encoder)
        file._healing(file._connected)
        return file

    @property
    def db(self) -> sqlite3.Connection:
        """The connection; after an I/O error a new one."""
        return self._db or self._connected()

    def _connected(self) -> sqlite3.Connection:
        db = connect(self.path)
        try:
            self._look_behind(db)
            self._measure(db)
        except sqlite3.Error:
            rollback(db)
            db.close()
            raise
        self._db = db
        return db

    def _look_behind(self, db: sqlite3.Connection) -> None:
        """Before anything is written over the log."""
        with suppress(sqlite3.Error, OSError):
            _, frames, _ = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self.unread = self.unread or set_aside(self.path, max(0, frames))

    def _measure(self, db: sqlite3.Connection) -> None:
        if self._last:  # rule 1
            begin(db)
            for table in ("request", "body"):
                db.execute(f"DELETE FROM {table} WHERE id>?", (self._last,))  # noqa: S608 ours
            db.execute("COMMIT")
        self.bytes = self.count = 0
        for entry in _entries(db):
            self.bytes += entry.size
            self.count += 1
        # A page that lost its cells reads as empty, without an error; the other table knows.
        if db.execute("SELECT count(*) FROM body").fetchone() != (self.count,):
            raise damage("the tables differ")
        highest = "SELECT max(ifnull((SELECT max(seq) FROM sqlite_sequence), 0), "
        highest += "ifnull((SELECT max(id) FROM request), 0), "
        highest += "ifnull((SELECT max(id) FROM body), 0))"
        self._last = max(self._last, *db.execute(highest).fetchone())

    def _healing(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except sqlite3.Error as e:
            if self._db is not None:
                rollback(self._db)
            if not is_damage(e):
                if code(e) == sqlite3.SQLITE_IOERR:
                    self.disconnect()
                raise
        except BaseException:
            if self._db is not None:
                rollback(self._db)
            raise
        with self.guard():
            self.disconnect()
            self.path, self.healed = heal(self.path)
        return work()

    def write(self, rows: Callable[[int], Sequence[Row]], done: Sequence[int]) -> list[int]:
        """One transaction: the rows, which are told their first id, in; those done out."""
        return self._healing(lambda: self._write(rows, done))

    def _write(self, make: Callable[[int], Sequence[Row]], done: Sequence[int]) -> list[int]:
        db = self.db
        rows = make(self._last + 1)
        begin(db)
        count, size = self._take_out(db, done)
        db.executemany(INSERT_REQUEST, (row.request_columns for row in rows))
        db.executemany(INSERT_BODY, (row.body_columns for row in rows))
        db.execute("COMMIT")
        self._last += len(rows)
        self.count += len(rows) - count
        self.bytes += sum(len(row.data) for row in rows) - size
        return [row.meta.id for row in rows]

    def _take_out(self, db: sqlite3.Connection, ids: Sequence[int]) -> tuple[int, int]:
        count = size = 0
        for id in dict.fromkeys(ids):
            row = db.execute("SELECT size FROM request WHERE id=?", (id,)).fetchone()
            if row:
                count, size = count + 1, size + row[0]
                db.execute("DELETE FROM request WHERE id=?", (id,))
                db.execute("DELETE FROM body WHERE id=?", (id,))
        return count, size

    def put(
        self,
        requests: Sequence[Request],
        done: Sequence[int],
        created_ns: int = 0,
        place: int = 0,
    ) -> list[int]:
        """New requests in, those done out. 0: the time of now, a place at the end."""

        def rows(first: int) -> list[Row]:
            return [
                Row.of(id, request, self._encoder, created_ns, place)
                for id, request in enumerate(requests, first)
            ]

        return self.write(rows, done)

    def sizes(self, ids: Sequence[int]) -> int:
        """Bytes of these."""
        return self._healing(lambda: self._sizes(ids))

    def _sizes(self, ids: Sequence[int]) -> int:
        query = "SELECT ifnull(sum(size), 0) FROM request WHERE id=?"
        return sum(self.db.execute(query, (id,)).fetchone()[0] for id in dict.fromkeys(ids))

    def first(self, ids: Sequence[int]) -> tuple[int, int]:
        """The first place and the first time of these; 0 where there are none."""
        return self._healing(lambda: self._first(ids))

    def _first(self, ids: Sequence[int]) -> tuple[int, int]:
        query = "SELECT place, created_ns FROM request WHERE id=?"
        found = [row for id in ids for row in self.db.execute(query, (id,))]
        return min((row[0] for row in found), default=0), min((row[1] for row in found), default=0)

    def entries(self) -> list[Entry]:
        """What waits, in order."""
        return self._healing(lambda: list(_entries(self.db)))

    def page(self, after: int, limit: int) -> list[Entry]:
        """The next so many after an id, in order of their ids."""
        return self._healing(lambda: list(_entries(self.db, PAGE, (after, limit))))

    def load(self, id: int) -> Row:
        """Raises Damaged, also when there is none."""
        return self._healing(lambda: self._load(id))

    def _load(self, id: int) -> Row:
        query = "SELECT attempts, place FROM request WHERE id=?"
        known = self.db.execute(query, (id,)).fetchone()
        query = "SELECT meta, meta_sum, data FROM body WHERE id=?"
        body = self.db.execute(query, (id,)).fetchone()
        if not known or not body:
            raise Damaged(f"request {id} is not in the queue")
        return Row.read(id, body, *known)

    def remains(self, id: int) -> tuple[object, ...]:
        """Whatever there is of a row: events, headers, data. Empty when it is not there."""
        query = "SELECT events, headers, encoding, data FROM request LEFT JOIN body USING(id) "
        query += "WHERE id=?"
        return self._healing(lambda: self.db.execute(query, (id,)).fetchone() or ())

    def attempted(self, ids: Sequence[int], error: str) -> None:
        """One more try of each."""

        def work() -> None:
            db = self.db
            begin(db)
            query = "UPDATE request SET attempts=attempts+1, last_error=? WHERE id=?"
            db.executemany(query, [(error, id) for id in ids])
            db.execute("COMMIT")

        self._healing(work)

    def idle_bytes(self) -> tuple[int, int]:
        """Bytes of the file that hold nothing, and all of them."""
        pages = (pragma(self.db, name) for name in ("freelist_count", "page_count"))
        idle, every = (int(n) * PAGE_SIZE for n in pages)
        return idle, every

    def vacuum(self, pages: int) -> None:
        """Give some back to the file system, at the next checkpoint."""
        # execute() would stop after the first page (section 2.3).
        self.db.executescript(f"PRAGMA incremental_vacuum({pages})")

    def checkpoint(self) -> None:
        """The log into the file, and empty."""
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def disconnect(self) -> None:
        """Let go of it; the next use opens it again."""
        if self._db is not None:
            with suppress(sqlite3.Error):
                self._db.close()
            self._db = None


def _entries(
    db: sqlite3.Connection, which: str = "ORDER BY place, id", values: tuple[int, ...] = ()
) -> Iterator[Entry]:
    query = f"SELECT {ENTRY_COLUMNS} FROM request WHERE state=0 {which}"  # noqa: S608 ours
    try:
        for row in db.execute(query, values):
            yield Entry.of(row)
    except Damaged as e:
        raise damage(str(e)) from e  # `body` repeats them: healing brings them back
