"""A path in, an SQLite connection out that keeps what it is told; and what can go wrong with it.

The settings and their order are those measured in the reliability study, section 2.5. Exclusive
locking comes first: it makes this the only connection, which keeps clear of SQLite's WAL-reset
bug, and needs no shared memory file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from .errors import Locked, StoreError, code, damage

#: The format of the file. A newer one is refused, an older one would be changed in place.
VERSION = 1
PAGE_SIZE = 16384

_LOCK = "locking_mode=EXCLUSIVE"
#: Of a new file; in an old one they would be written anew, over what its log may have.
_OF_NEW = (f"page_size={PAGE_SIZE}", "auto_vacuum=INCREMENTAL")
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    # Debian's SQLite zeroes what is freed: 1.28 to 1.52 times slower (section 2.2).
    "secure_delete=OFF",
    "wal_autocheckpoint=512",
    f"journal_size_limit={16 << 20}",
    "cell_size_check=ON",
)
#: What must be in force, or nothing that we acknowledge would be durable.
_IN_FORCE = {"synchronous": 2, "journal_mode": "wal", "locking_mode": "exclusive"}

# `body` is apart so that touching a request's row never rewrites its bytes. It repeats what is
# known of them: a damaged page of `request` costs 100 rows, which `body` gives back.
_TABLES = (
    (
        "CREATE TABLE request(id INTEGER PRIMARY KEY AUTOINCREMENT, created_ns INTEGER, "
        "oldest_ns INTEGER, events INTEGER, size INTEGER, raw_size INTEGER, encoding TEXT, "
        "headers TEXT, format TEXT, sum INTEGER, history TEXT, state INTEGER, attempts INTEGER, "
        "last_error TEXT, place INTEGER, meta_sum INTEGER)"
    ),
    "CREATE TABLE body(id INTEGER PRIMARY KEY, meta TEXT, meta_sum INTEGER, data BLOB)",
)


def plain_connection(path: Path, mode: str = "rw") -> sqlite3.Connection:
    """A connection that reads whatever can be read. It never makes the file."""
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=0,
        isolation_level=None,  # our BEGIN and COMMIT only: Python's would end groups by itself
        check_same_thread=False,  # opened on one thread, used by the executor's
    )
    db.text_factory = _text
    return db


@contextmanager
def looking(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing, for a file that nobody writes to.

    SQLite reads a log only with shared memory beside it. Where there is no log, `immutable` keeps
    it from making one; where there is, the memory that it has made goes when we do.
    """
    log, memory = Path(f"{path}-wal"), Path(f"{path}-shm")
    with suppress(OSError):
        memory.unlink()  # an owner needs none: it is of somebody who looked, and was killed
    has_log = log.exists() and log.stat().st_size > 0
    try:
        with closing(plain_connection(path, "ro" if has_log else "ro&immutable=1")) as db:
            yield db
    finally:
        with suppress(OSError):
            memory.unlink()


def connect(path: Path) -> sqlite3.Connection:
    """The connection of an owner. Raises Locked, StoreError or sqlite3.Error."""
    db = plain_connection(path)
    try:
        _prepare(db, path)
    except sqlite3.Error as e:
        db.close()
        if code(e) == sqlite3.SQLITE_BUSY:
            raise Locked(f"another process uses the queue {path}: stop it") from e
        raise
    except StoreError:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    db.execute(f"PRAGMA {_LOCK}").fetchall()
    version = known_version(db, path)
    for setting in (*(() if version else _OF_NEW), *_PRAGMAS):
        db.execute(f"PRAGMA {setting}").fetchall()
    for name, value in _IN_FORCE.items():
        if pragma(db, name) != value:
            raise StoreError(f"SQLite does not keep {name}={value} for {path}: is its disk local?")
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    if not version and not tables:
        _create(db)
    elif version != VERSION or not {"request", "body"} <= tables:
        raise damage("not a queue file")


def known_version(db: sqlite3.Connection, path: Path) -> int:
    """The format of the file, 0 when it has none yet. Raises StoreError when it is a newer one."""
    version: int = pragma(db, "user_version")
    if version > VERSION:
        raise StoreError(
            f"the queue {path} was written by a newer collector (format {version}, this one knows "
            f"{VERSION}): run that one, or move the file away"
        )
    return version


def _create(db: sqlite3.Connection) -> None:
    begin(db)
    for table in _TABLES:
        db.execute(table)
    db.execute(f"PRAGMA user_version={VERSION}")  # in the transaction: never half a file
    db.execute("COMMIT")


def begin(db: sqlite3.Connection) -> None:
    """Start a transaction; the lock is ours already."""
    db.execute("BEGIN IMMEDIATE")


def rollback(db: sqlite3.Connection) -> None:
    """After an error; some end the transaction by themselves."""
    with suppress(sqlite3.Error):
        if db.in_transaction:
            db.execute("ROLLBACK")


def pragma(db: sqlite3.Connection, name: str) -> Any:
    """The value of a setting."""
    return db.execute(f"PRAGMA {name}").fetchone()[0]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")  # damaged text is found by its sum, not by an exception
