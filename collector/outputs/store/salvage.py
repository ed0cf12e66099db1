"""A broken queue file in, a whole one out with every request that can still be read.

1. Skip and go on: reading that stops at the first error loses half (section 2.3).
2. The new file is complete and closed before the old one gets out of its way, so a crash at any
   point leaves the one or the other: `x.db.healing` counts only when there is no `x.db`.
3. The healed file has a new name: a log that is left of the old one must never meet it.
4. Ids stay, so whoever holds some can go on using them.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ...durable import sync_directory
from .errors import Damaged, is_damage
from .row import INSERT_BODY, INSERT_REQUEST, Row
from .schema import PAGE_SIZE, begin, connect, plain_connection, rollback

#: A group of rows in one transaction (section 2.5), so that the log does not grow with the file.
GROUP_ROWS, GROUP_BYTES = 64, 8 << 20
#: Ids tried one by one where a table cannot be walked.
_MAX_PROBES = 50_000
_SUFFIX = ".healing"
_THEIRS: frozenset[tuple[str, str]] = frozenset({("", "")})


@dataclass(frozen=True)
class Healed:
    """What became of a broken file."""

    found: int
    lost: int
    #: Of the lost ones, as far as it is known.
    lost_events: int
    #: Where the broken file is now.
    file: Path
    #: Whether more may be lost, of which nothing can be known.
    unsure: bool = False


@dataclass
class _Tally:
    found: int = 0
    lost: int = 0
    lost_events: int = 0
    unsure: bool = False


def new_path(directory: Path) -> Path:
    """Where a new file goes."""
    return directory / f"{uuid.uuid4()}.db"


def make_file(path: Path) -> None:
    """An empty file for this user only, whose name is durable."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    sync_directory(path.parent)


def remove(path: Path) -> None:
    """A file and its log."""
    for suffix in ("-wal", "-journal", ""):
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").unlink()


def heal(path: Path) -> tuple[Path, Healed]:
    """The new file's path. Nobody has the old one open. Raises OSError or sqlite3.Error."""
    healing = Path(f"{path}{_SUFFIX}")
    remove(healing)
    _pad(path)
    make_file(healing)
    try:
        with _first_page(path, healing):
            tally = _copy(path, healing)
    except BaseException:
        with suppress(OSError):
            remove(healing)
        raise
    new, bad = _replace(path, healing)
    return new, Healed(tally.found, tally.lost, tally.lost_events, bad, tally.unsure)


def finish_interrupted(directory: Path) -> None:
    """After a crash while healing. Rule 2."""
    for healing in directory.glob(f"*{_SUFFIX}"):
        path = Path(str(healing).removesuffix(_SUFFIX))
        if path.exists():
            remove(healing)
        else:
            _replace(path, healing)


def unfinished(directory: Path) -> Iterator[Path]:
    """Healed files that lack their names still, whole all the same. Rule 2."""
    for healing in sorted(directory.glob(f"*{_SUFFIX}")):
        if not Path(str(healing).removesuffix(_SUFFIX)).exists():
            yield healing


def bad_path(path: Path) -> Path:
    """Where a broken file is put, out of the way."""
    bad = Path(f"{path}.bad-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}")
    while bad.exists() or Path(f"{bad}-wal").exists():
        bad = Path(f"{bad}+")
    return bad


def _replace(path: Path, healing: Path) -> tuple[Path, Path]:
    bad = bad_path(path)
    for suffix in ("", "-wal"):
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{bad}{suffix}")
    sync_directory(path.parent)
    new = new_path(path.parent)
    healing.rename(new)
    sync_directory(path.parent)
    return new, bad


def _pad(path: Path) -> None:
    """Fill a cut file up to the size that its header says: SQLite refuses all of it otherwise."""
    with path.open("r+b") as file:
        header = file.read(100)
        size = int.from_bytes(header[16:18]) if header.startswith(b"SQLite format 3\0") else 0
        pages = int.from_bytes(header[28:32])
        have = os.fstat(file.fileno()).st_size
        # A damaged header may say anything; a tail of more than that was never cut.
        if size == PAGE_SIZE and have < pages * size < have + (1 << 34):
            file.truncate(pages * size)


@contextmanager
def _first_page(path: Path, healing: Path) -> Iterator[None]:
    """Lend a file whose first page is broken that of a new one: ours all have the same tables."""
    with closing(connect(healing)):
        pass
    pages = path.stat().st_size // PAGE_SIZE
    if not pages or _tables(path) in (_tables(healing), _THEIRS):
        yield
        return
    lent = bytearray(healing.read_bytes()[:PAGE_SIZE])
    lent[28:32] = pages.to_bytes(4)
    with path.open("r+b") as file:
        own = file.read(PAGE_SIZE)
    _overwrite(path, bytes(lent))
    try:
        yield
    finally:
        _overwrite(path, own)  # what is put aside is what was found


def _overwrite(path: Path, page: bytes) -> None:
    with path.open("r+b") as file:
        file.write(page)


def _tables(path: Path) -> frozenset[tuple[str, str]]:
    """The tables as the first page has them; `_THEIRS` if they are another program's."""
    with closing(plain_connection(path)) as db:
        try:
            db.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall()
            found = db.execute("SELECT name, sql FROM sqlite_master").fetchall()
        except sqlite3.Error as e:
            return frozenset() if is_damage(e) else _THEIRS
    names = {name for name, _ in found}
    return _THEIRS if found and names.isdisjoint({"request", "body"}) else frozenset(found)


def _copy(path: Path, healing: Path) -> _Tally:
    tally = _Tally()
    group: list[Row] = []
    with closing(plain_connection(path)) as old, closing(connect(healing)) as new:
        for row in _rows(old, tally):
            group.append(row)
            if len(group) >= GROUP_ROWS or sum(len(row.data) for row in group) >= GROUP_BYTES:
                _write(new, group)
                group = []
        _write(new, group)
        new.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    if Path(f"{healing}-wal").exists():  # closing could not empty it, and it will not be renamed
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return tally


def _write(db: sqlite3.Connection, rows: list[Row]) -> None:
    begin(db)
    try:
        db.executemany(INSERT_REQUEST, [row.request_columns for row in rows])
        db.executemany(INSERT_BODY, [row.body_columns for row in rows])
        db.execute("COMMIT")
    except sqlite3.Error:
        rollback(db)
        raise


def _rows(db: sqlite3.Connection, tally: _Tally) -> Iterator[Row]:
    """Each row that is whole."""
    with suppress(sqlite3.Error):
        db.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall()
    top = _highest(db)
    requests, all_requests = _ids(db, "request", top)
    bodies, all_bodies = _ids(db, "body", top)
    tally.unsure = not (all_requests or all_bodies)  # each names all that the other may miss
    for id in sorted({*requests, *bodies}):
        known = _probe(db, "SELECT attempts, place, events FROM request WHERE id=?", id)
        body = _probe(db, "SELECT meta, meta_sum, data FROM body WHERE id=?", id)
        attempts, place, events = known or (0, id, 0)
        with suppress(Damaged):
            if body:
                row = Row.read(id, body, attempts, place)
                tally.found += 1
                yield row
                continue
        if known or body:  # what is in neither was taken out, of both at once
            tally.lost += 1
            tally.lost_events += events if isinstance(events, int) and 0 < events < 1 << 32 else 0


def _probe(db: sqlite3.Connection, query: str, id: int) -> tuple[object, ...] | None:
    """The row, () when there is none, None when it cannot be read."""
    try:
        row: tuple[object, ...] | None = db.execute(query, (id,)).fetchone()
    except (sqlite3.Error, MemoryError):
        return None
    return row or ()


def _ids(db: sqlite3.Connection, table: str, top: int) -> tuple[list[int], bool]:
    """From both ends to where it breaks, between them any; and whether it did not break."""
    up, whole = _walk(db, f"SELECT id FROM {table} ORDER BY id")  # noqa: S608 our own names
    if whole:
        return up, True
    down, _ = _walk(db, f"SELECT id FROM {table} ORDER BY id DESC")  # noqa: S608
    last = down[-1] if down else top + 1
    first = up[-1] if up else max(0, last - _MAX_PROBES)
    return [*up, *range(first + 1, min(last, first + _MAX_PROBES)), *down], False


def _walk(db: sqlite3.Connection, query: str) -> tuple[list[int], bool]:
    found: list[int] = []
    try:
        for (id,) in db.execute(query):
            if found and abs(id - found[-1]) > 1 << 40:  # a damaged key
                return found, False
            found.append(id)
    except (sqlite3.Error, MemoryError):
        return found, False
    return found, True


def _highest(db: sqlite3.Connection) -> int:
    for query in ("SELECT seq FROM sqlite_sequence", "SELECT max(id) FROM request"):
        with suppress(sqlite3.Error, TypeError):
            (found,) = db.execute(query).fetchone()
            if isinstance(found, int) and found < 1 << 60:
                return found
    return 0
