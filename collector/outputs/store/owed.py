"""What is done and could not be taken out of the file yet: owed, and tried again with the next."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from .errors import StoreError
from .file import StoreFile
from .room import Room


class Owed:
    """Of one file. What is lost of it by a crash is sent twice, at worst."""

    def __init__(self, file: StoreFile, room: Room, look: Callable[[], None]) -> None:
        """`look` is called when the file has been changed, or may have been healed."""
        self._file = file
        self._room = room
        self._looked = look
        self._ids: dict[int, None] = {}
        #: Of their bodies.
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, id: int) -> bool:
        return id in self._ids

    def with_done(self, done: Iterable[int]) -> list[int]:
        """What is to be taken out when these are done too, each once."""
        return list(dict.fromkeys((*self._ids, *done)))

    def take_out(self, ids: Sequence[int]) -> None:
        """Take these out, on a full disk too; what fails is owed from now on."""
        for _ in range(2):
            try:
                if ids:
                    self._file.put((), ids)
            except (sqlite3.Error, OSError, StoreError):
                self._looked()
                if not self._room.reserve.release():
                    break
            else:
                self.settled()
                return
        self._ids = dict.fromkeys(ids)
        with suppress(sqlite3.Error, OSError, StoreError):
            self.bytes = self._file.sizes(ids)

    def settled(self) -> None:
        """All of it is out."""
        self._ids.clear()
        self.bytes = 0
        self._looked()
