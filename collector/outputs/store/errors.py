"""What can go wrong with the store: SQLite's and the system's codes in, our exceptions out."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .disk import free

#: SQLite reports some failures of a full disk as I/O errors; with less room than this they are.
_FULL_BELOW = 1 << 20


class StoreError(Exception):
    """The store cannot do it; one sentence that says what to do."""


class StoreFull(StoreError):
    """There is no room on the disk. Nothing of what was put is stored."""


class Locked(StoreError):
    """Another process uses it."""


class Damaged(Exception):
    """A row is not what was stored. It is out of the store, counted, and kept beside it."""


def code(error: sqlite3.Error) -> int:
    """SQLite's primary result code; 0 when it is Python's own error."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is broken, as opposed to the disk or the request."""
    # Our tables are in every file: one without a column has lost it.
    missing = str(error).startswith(("no such column", "no such table"))
    return missing or code(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def damage(text: str) -> sqlite3.DatabaseError:
    """As SQLite says it."""
    error = sqlite3.DatabaseError(text)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def is_full(error: Exception, directory: Path) -> bool:
    """Whether it is for want of room on the disk."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    if not isinstance(error, sqlite3.Error):
        return False
    if code(error) != sqlite3.SQLITE_IOERR:
        return code(error) == sqlite3.SQLITE_FULL
    try:
        return free(directory) < _FULL_BELOW
    except OSError:
        return False


@contextmanager
def said(what: str, directory: Path, when_full: Callable[[], None]) -> Iterator[None]:
    """SQLite's errors and the system's as StoreError, in words."""
    try:
        yield
    except (sqlite3.Error, OSError) as e:
        if is_full(e, directory):
            when_full()
            raise StoreFull(f"the disk of {directory} is full: make room on it") from e
        reason = e.strerror or str(e) if isinstance(e, OSError) else str(e)
        raise StoreError(f"cannot {what} the queue {directory}: {reason}") from e
