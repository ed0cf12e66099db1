"""Requests in, a promise out: what `commit` returned for is on the disk until it is done.

Synchronous, for one thread at a time; the queue above calls it from its executor.

1. One writer, one connection, one file: `<directory>/<uuid>.db`. Files that earlier processes
   left are taken over.
2. Taking out must work on a full disk, or a full disk would stay one: a reserve file is given up
   for that, and nothing is put before it is there again (section 2.5).
3. What cannot be read is kept beside the file, counted, and never a reason not to start.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

from ...durable import sync_directory
from ...request import Request
from .aside import keep
from .directory import alone, lock, make_directory
from .disk import warning
from .errors import Damaged, Locked, StoreError, StoreFull, said
from .file import StoreFile
from .leftovers import take_over
from .log import Unread
from .owed import Owed
from .room import Room, opened, reserve_of
from .row import Entry
from .salvage import Healed, finish_interrupted, remove

RESERVE = 32 << 20


class Store:
    """What of one exporter waits to be sent. `open` makes it."""

    def __init__(self, directory: Path, lock: int, reserve: int, *, shared: bool = False) -> None:
        self.directory = directory
        #: Sentences for the log, found while opening.
        self.warnings: list[str] = []
        #: The last time that a broken file was healed. When it changes while running, ask for
        #: `entries` again: ids stay, some are gone, and some may be back.
        self.healed: Healed | None = None
        #: Lost or set aside since opening, for any damage. Events as far as they are known.
        self.lost_requests = self.lost_events = 0
        #: What could not be read of logs when they were opened.
        self.unread: list[Unread] = []
        #: Files of earlier processes that could not be taken over yet, see `adopt`.
        self.leftovers: list[Path] = []
        self._lock = lock
        self._is_shared = shared
        self._reserve_size = reserve
        self._file: StoreFile
        self._room: Room
        self._owed: Owed

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        encoder: str = "",
        reserve: int = RESERVE,
        shared: bool = False,
    ) -> Store:
        """Make or take over what is there. Raises StoreError with what to do.

        `encoder` names the form of the bodies, for whoever reads them later. `shared`: other
        processes have files in the same directory, theirs are left alone; without it they
        are a reason to refuse.
        """
        make_directory(directory)
        store = cls(directory, lock(directory, shared=shared), reserve, shared=shared)
        try:
            with store._said("open"), alone(directory):
                store._begin(encoder)
        except BaseException:
            if hasattr(store, "_file"):
                store._file.disconnect()
            os.close(store._lock)
            raise
        return store

    def _begin(self, encoder: str) -> None:
        if text := warning(self.directory):
            self.warnings.append(text)
        finish_interrupted(self.directory)
        sizes = {path: path.stat().st_size for path in self.directory.glob("*.db")}
        for path in sorted(sizes, key=lambda path: sizes[path], reverse=True):
            with suppress(Locked):  # of another worker; without `shared` there is none
                if hasattr(self, "_file"):
                    self.leftovers.append(path)
                else:
                    self._file = opened(path, encoder)
        if not hasattr(self, "_file"):
            self._file = StoreFile.new(self.directory, encoder)
        self._encoder = encoder
        self._room = Room(self._file, self._reserve_size)
        self._owed = Owed(self._file, self._room, self._look)
        self._look()
        self._room.reserve.make()
        if not self._is_shared:  # else each of the others has one first
            self._adopt()

    @property
    def path(self) -> Path:
        """The file; another one after healing."""
        return self._file.path

    @property
    def bytes(self) -> int:
        """Of the bodies that wait."""
        return self._file.bytes - self._owed.bytes

    @property
    def waiting(self) -> int:
        """Requests that wait."""
        return self._file.count - len(self._owed)

    def commit(self, puts: Sequence[Request], done: Sequence[int]) -> list[int]:
        """Store the ones, take out the others, in one transaction; the new ids, in order.

        Durable when it returns. StoreFull or another StoreError: none of `puts` is stored;
        those `done` are out all the same, at the latest with the next commit.
        """
        gone = self._owed.with_done(done)
        if not puts:
            self._owed.take_out(gone)
            return []
        with self._said("write to"):
            full = self._room.lacks(sum(len(request.body) for request in puts))
        if full:
            self._owed.take_out(gone)
            raise StoreFull(full)
        try:
            with self._said("write to"):
                ids = self._file.put(puts, gone)
        except StoreError:
            self._owed.take_out(gone)
            raise
        self._owed.settled()
        return ids

    def lacks(self, size: int = 0) -> str:
        """Why so many bytes cannot be stored; empty when they can."""
        with self._said("look at"):
            return self._room.lacks(size)

    def _look(self, file: StoreFile | None = None) -> None:
        file = file or self._file
        unread, file.unread = file.unread, None
        if unread is not None:
            self.unread.append(unread)
        healed, file.healed = file.healed, None
        if healed is not None:
            self.healed = healed
            self._lost(healed.lost, healed.lost_events)
            # Its reserve has the old name.
            reserve_of(Path(str(healed.file).partition(".bad-")[0])).release()

    def _lost(self, requests: int, events: int) -> None:
        self.lost_requests += requests
        self.lost_events += events

    def entries(self) -> list[Entry]:
        """What waits, in the order in which it was put; no bodies."""
        with self._said("read"):
            found = self._file.entries()
        self._look()
        return [entry for entry in found if entry.id not in self._owed] if self._owed else found

    def page(self, after: int, limit: int) -> list[Entry]:
        """The next `limit` after an id, in order of their ids; for whoever wants to look."""
        with self._said("read"):
            found = self._file.page(after, limit)
        self._look()
        return found

    def load(self, id: int) -> Request:
        """The request as it was put, to the bit. Damaged: it is gone, and counted."""
        try:
            with self._said("read"):
                return self._file.load(id).request
        except Damaged as e:
            with suppress(StoreError):  # then it is found again at the next start
                self.quarantine(id, str(e))
            raise
        finally:
            self._look()

    def replace(self, old: Sequence[int], requests: Sequence[Request]) -> list[int]:
        """Others in the place of some: merged or split. All or nothing, like `commit`.

        They take the first place and the first time of the old ones, in order of their ids.
        StoreFull, StoreError: all is as it was.
        """
        with self._said("write to"):
            if full := self._room.lacks(sum(len(request.body) for request in requests)):
                raise StoreFull(full)
            place, created = self._file.first(old)
            ids = self._file.put(requests, old, created, place)
        self._look()
        return ids

    def quarantine(self, id: int, why: str) -> bool:
        """Set a request aside: a JSON line beside the file, then out. False: there was none.

        Raises StoreError when it cannot be kept; then it is still in the store.
        """
        with self._said("write to"):
            remains = self._file.remains(id)
            if not remains:
                return False
            try:
                keep(self.path, id, why, remains)
            except OSError:
                if not self._room.reserve.release():
                    raise
                keep(self.path, id, why, remains)
        events = remains[0]
        self._lost(1, events if isinstance(events, int) else 0)
        self._owed.take_out(self._owed.with_done([id]))
        return True

    def attempted(self, ids: Sequence[int], error: str = "") -> None:
        """These may have reached the destination. Raises StoreError."""
        with self._said("write to"):
            self._file.attempted(ids, error)

    def reclaim(self) -> bool:
        """Give one step of unused space back to the disk; whether there is more to give."""
        with self._said("write to"):
            return self._room.give_back()

    def adopt(self) -> int:
        """Take over what others left, behind what waits; how many requests that were.

        `open` does it where nobody shares the directory; call it again when `leftovers` is not
        empty and there is room, or when another process may be gone.
        """
        with self._said("take over"), alone(self.directory):
            if self._is_shared:
                files = sorted(self.directory.glob("*.db"))
                self.leftovers = [path for path in files if path != self.path]
            return self._adopt()

    def _adopt(self) -> int:
        self._file.guard = nullcontext  # whoever calls has it
        taken = 0
        for path in self.leftovers[:]:
            try:
                taken += self._merged(path)
            except Locked:  # its owner lives
                self.leftovers.remove(path)
            except StoreFull:
                break
        self._file.guard = lambda: alone(self.directory)
        return taken

    def _merged(self, path: Path) -> int:
        with self._said("take over"):
            old = opened(path, self._encoder)
            try:
                taken = take_over(old, self._file, self._room.lacks, self._lost)
            finally:
                old.disconnect()
                self._look(old)
                self.leftovers[self.leftovers.index(path)] = old.path
            self.leftovers.remove(old.path)
            remove(old.path)
            reserve_of(old.path).release()
            sync_directory(self.directory)
        return taken

    def close(self) -> None:
        """Let go of everything. Nothing is lost without it; it makes the next start quicker."""
        if self._lock < 0:
            return
        for _ in range(2):
            with suppress(sqlite3.Error, OSError, StoreError):
                self._file.checkpoint()
                break
            self._room.reserve.release()
        self._file.disconnect()
        self._room.reserve.make()  # the log is gone: rather that than another program's
        os.close(self._lock)
        self._lock = -1

    def _said(self, what: str) -> AbstractContextManager[None]:
        return said(what, self.directory, self._give_up)

    def _give_up(self) -> None:
        if hasattr(self, "_room"):
            self._room.reserve.release()
