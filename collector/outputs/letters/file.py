"""Letters in, kept in files: one write and one fsync for all that come together.

The newest file is appended to. When it is full, all of them move on by one name, and the oldest
goes when there is no name left.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from twisted.logger import Logger

from ...durable import sync_directory
from ...letter import Letter
from .line import encoded
from .lock import DirectoryLock
from .names import FILES, files_of

MAX_SIZE = 256 << 20


class LetterFile:
    """See `collector.letter.DeadLetter`. Blocks for one fsync; dead letters are rare.

    `max_size` is for all files of the component. `shown` takes secrets out of what servers said,
    `discarded` is told how many letters have gone for want of room.
    """

    def __init__(
        self,
        path: Path,
        component: str,
        max_size: int = MAX_SIZE,
        shown: Callable[[str], str] = str,
        discarded: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.path = path
        self._component = component
        self._file_size = max_size // FILES
        self._shown = shown
        self._discarded = discarded
        self._log = Logger(namespace="collector.deadletter", source=component)
        #: Held while names change or something is appended.
        self.lock = DirectoryLock(path.parent)

    def write(self, letters: Sequence[Letter]) -> int:
        """See `DeadLetter`."""
        now, kept = time.time_ns(), 0
        lines = [self._line(letter, now) for letter in letters]
        fitting = [line for line in lines if len(line) <= self._file_size]
        if len(fitting) < len(lines):
            self._lose("a record is larger than a file of it; raise service.dead_letter.max_size")
        try:
            for group in _groups(fitting, self._file_size):
                with self.lock:
                    self._append(group)
                kept += len(group)
        except OSError as e:
            why = e.strerror or str(e)
            self._lose(f"{why}; make room there, or let this user write to it")
        return kept

    def _lose(self, why: str) -> None:
        self._log.error(
            "{id}: the dead letter {path} cannot be written, and what it should keep is lost: "
            "{why}",
            id=self._component,
            path=str(self.path),
            why=why,
        )

    def _line(self, letter: Letter, now: int) -> bytes:
        time, text = letter.time or now, self._shown(letter.text)
        return encoded(msgspec.structs.replace(letter, time=time, text=text), self._component)

    def _append(self, lines: Sequence[bytes]) -> None:
        data = b"".join(lines)
        fd = self._opened()
        try:
            end = os.fstat(fd).st_size
            if end and end + len(data) > self._file_size:
                os.close(fd)
                fd = -1
                self._rotate()
                fd, end = self._opened(), 0
            _write(fd, data, end)
        finally:
            if fd >= 0:
                os.close(fd)

    def _opened(self) -> int:
        is_new = not self.path.exists()
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        if is_new:
            sync_directory(self.path.parent)
        return fd

    def _rotate(self) -> None:
        """Free the first name, by moving on those up to the next free one."""
        names = files_of(self.path)
        free = next((n for n, path in enumerate(names) if not path.exists()), FILES - 1)
        if names[free].exists():
            self._discard(names[free])
        for n in range(free, 0, -1):
            names[n - 1].replace(names[n])

    def _discard(self, path: Path) -> None:
        with path.open("rb") as file:
            number = sum(not line.isspace() for line in file)
        self._discarded(number)
        self._log.error(
            "{id}: the dead letter {path} is full: its {number} oldest records are gone; replay or "
            "delete what it has, or raise service.dead_letter.max_size",
            id=self._component,
            path=str(self.path),
            number=number,
        )


def _groups(lines: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    """What goes in one file together."""
    group, used = list[bytes](), 0
    for line in lines:
        if group and used + len(line) > size:
            yield group
            group, used = [], 0
        group.append(line)
        used += len(line)
    if group:
        yield group


def _write(fd: int, data: bytes, end: int) -> None:
    """Append all of it, durably; or nothing."""
    if end and os.pread(fd, 1, end - 1) != b"\n":  # a crash has left half a line
        data = b"\n" + data
    try:
        if os.write(fd, data) != len(data):
            raise OSError("there is no room")
        os.fsync(fd)
    except OSError:
        with contextlib.suppress(OSError):  # half a line would be read as no letter
            os.ftruncate(fd, end)
        raise
