"""Letters of one component out of its files, the oldest first, and blanked when they are done.

1. What is written after they were opened is not read: what dies again is not replayed again.
2. A letter is taken out where it is, by spaces in its place. Nothing moves, so that another thread
   may append and rotate meanwhile. A file of nothing else is deleted.
3. What is no letter is counted and left: a crash leaves half a line, an editor anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from ...durable import sync_directory
from ...letter import Letter
from .file import LetterFile
from .line import decoded
from .names import files_of


class _Open:
    """A file as it was when it was opened."""

    def __init__(self, file: BufferedReader) -> None:
        self.file = file
        found = os.fstat(file.fileno())
        self.inode, self.size = found.st_ino, found.st_size
        #: Lines that are not blank, of those that were read; and whether that was all.
        self.lines = 0
        self.is_read = False


class Found(NamedTuple):
    """A letter and where it is."""

    letter: Letter
    file: _Open
    offset: int
    size: int


class Letters:
    """For one pass. To be closed. `writable`: they can be removed. May raise OSError."""

    def __init__(self, path: Path, *, writable: bool = False) -> None:
        self._path = path
        self._files: list[_Open] = []
        #: Lines that are no letters, so far.
        self.unreadable = 0
        # The newest first: one that is renamed meanwhile is met twice, and not missed.
        for name in files_of(path):
            with suppress(FileNotFoundError):
                opened = _Open(name.open("r+b" if writable else "rb"))  # type: ignore[arg-type]
                if opened.inode in {other.inode for other in self._files}:
                    opened.file.close()
                else:
                    self._files.insert(0, opened)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for opened in self._files:
            opened.file.close()

    def __iter__(self) -> Iterator[Found]:
        for opened in self._files:
            yield from self._of(opened)

    def _of(self, opened: _Open) -> Iterator[Found]:
        opened.lines = offset = 0
        opened.file.seek(0)
        while offset < opened.size and (line := opened.file.readline(opened.size - offset)):
            start, offset = offset, offset + len(line)
            if line.isspace():
                continue
            opened.lines += 1
            letter = decoded(line)
            if letter is None:
                self.unreadable += 1
            else:
                yield Found(letter, opened, start, len(line.rstrip(b"\n")))
        opened.is_read = True

    def remove(self, letters: Sequence[Found]) -> None:
        """Durably. Rule 2."""
        for found in letters:
            os.pwrite(found.file.file.fileno(), b" " * found.size, found.offset)
            found.file.lines -= 1
        for opened in {found.file for found in letters}:
            os.fsync(opened.file.fileno())

    def tidy(self, owner: LetterFile) -> None:
        """Delete the files that were read and have nothing left."""
        done = [opened for opened in self._files if opened.is_read and not opened.lines]
        empty = {opened.inode: opened.size for opened in done}
        with owner.lock:
            for name in files_of(self._path) if empty else ():
                with suppress(FileNotFoundError):
                    found = name.stat()
                    if empty.get(found.st_ino) == found.st_size:
                        name.unlink()
                        sync_directory(name.parent)

    def count(self) -> int:
        """Lines that are there; what is no letter counts too."""
        return sum(not line.isspace() for opened in self._files for line in opened.file)
