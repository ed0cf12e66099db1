"""Events in a file, a line of JSON each."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from collector.api import Batch, Config, Exporter, Request, Retry, Row

from .row import body, lines, packed, unpacked


class FileConfig(Config):
    """Where to."""

    #: The file, such as `/var/log/collected.jsonl`; made with mode 0640 where it is missing. It
    #: may be moved away at any time.
    path: Path
    #: Whether an event counts as delivered only when the disk has it.
    fsync: bool = True


class FileExporter(Exporter[FileConfig]):
    """Opens the file for each request, so that a rotated one is let go; writes in a thread."""

    def __init__(self, config: FileConfig, context: Any) -> None:
        super().__init__(config, context)
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """See `Component`. Raises OSError when the file cannot be written."""
        try:
            await asyncio.to_thread(_end_last_line, self.config.path)
        except OSError as e:
            raise OSError(f"cannot write to {self.config.path}: {e.strerror}") from e

    def encode(self, batches: Sequence[Batch]) -> list[Request]:
        """See `Exporter`."""
        return [packed(lines(batches))]

    def unpack(self, request: Request) -> list[Row]:
        """See `Exporter`."""
        return unpacked(request)

    def pack(self, rows: Sequence[Row]) -> Request:
        """See `Exporter`."""
        return packed(rows)

    async def send(self, request: Request) -> None:
        """See `Exporter`."""
        path = self.config.path
        async with self._turn:
            try:
                await asyncio.to_thread(append, path, body(request), sync=self.config.fsync)
            except OSError as e:
                raise Retry(f"cannot write to {path}: {e.strerror}") from e


def append(path: Path, data: bytes, *, sync: bool) -> None:
    """All of it or nothing, as far as the file system allows. Raises OSError."""
    fd = _opened(path)
    try:
        status = os.fstat(fd)
        try:
            _write_all(fd, data)
            if sync and stat.S_ISREG(status.st_mode):  # a pipe has nothing to sync
                os.fsync(fd)
        except OSError:
            with contextlib.suppress(OSError):  # it comes again: leave no half of it
                os.ftruncate(fd, status.st_size)
            raise
    finally:
        os.close(fd)


def _opened(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)


def _write_all(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def _end_last_line(path: Path) -> None:
    """A process that was killed may have left half a line: the next must not hang on it."""
    fd = _opened(path)
    try:
        regular = stat.S_ISREG(os.fstat(fd).st_mode)
        if regular and path.stat().st_size and _last_byte(path) != b"\n":
            _write_all(fd, b"\n")
    finally:
        os.close(fd)


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)
