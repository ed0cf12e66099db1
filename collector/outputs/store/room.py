"""Whether a disk can take a group, and the reserve that keeps it possible to take some out."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

from .disk import Reserve, free
from .errors import is_full
from .file import StoreFile

#: Room beyond a group for the pages around it (section 2.5).
_MARGIN = 1 << 20
#: Space is given back above this much, and above half of the file; in steps of about 10 ms.
IDLE, STEP = 64 << 20, 256


class Room:
    """Of one file, and its reserve."""

    def __init__(self, file: StoreFile, reserve: int) -> None:
        self._file = file
        self._size = reserve

    @property
    def reserve(self) -> Reserve:
        """Beside the file, which has another name after healing."""
        return reserve_of(self._file.path, self._size)

    def lacks(self, group: int) -> str:
        """Why the disk cannot take these bytes; empty when it can."""
        if self._has(group):
            return ""
        with suppress(sqlite3.Error):  # what was sent may have left room in our own file
            self._shrink()
            if self._has(group):
                return ""
        return f"the disk of {self._file.path.parent} is full: make room on it"

    def _has(self, group: int) -> bool:
        # Once for the log, and once for the file unless it has pages that hold nothing; and what
        # the log has that the file has not yet grown for, or no checkpoint would ever succeed.
        idle, every = self._file.idle_bytes()
        grows = max(0, every - self._file.path.stat().st_size)
        need = group + max(0, group - idle) + grows + _MARGIN
        reserve = self.reserve
        if not reserve.held:
            need += reserve.size
        return free(self._file.path.parent) >= need and reserve.make()

    def _shrink(self) -> None:
        """One step, which writes before it frees: on a full disk the reserve lends room for it."""
        try:
            self._step()
        except sqlite3.Error:
            idle, _ = self._file.idle_bytes()
            if not idle or not self.reserve.release():
                raise
            self._step()
            self.reserve.make()

    def _step(self) -> None:
        self._file.vacuum(STEP)
        self._file.checkpoint()

    def give_back(self) -> bool:
        """One step of what the file has and does not use; whether there is more."""
        if not self._idle():
            return False
        self._file.vacuum(STEP)
        if self._idle():
            return True
        self._file.checkpoint()
        return False

    def _idle(self) -> bool:
        idle, every = self._file.idle_bytes()
        return idle > IDLE and idle * 2 > every


def reserve_of(file: Path, size: int = 0) -> Reserve:
    """That of a queue file."""
    return Reserve(file.with_suffix(".reserve"), size)


def opened(path: Path, encoder: str) -> StoreFile:
    """A queue file, on a full disk too: then its reserve is given up for that."""
    try:
        return StoreFile.open(path, encoder)
    except (sqlite3.Error, OSError) as e:
        if not is_full(e, path.parent) or not reserve_of(path).release():
            raise
        return StoreFile.open(path, encoder)
