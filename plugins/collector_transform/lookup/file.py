"""A file that may be replaced at any time in, its bytes whenever they are others out."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .table import BadTable

_State = tuple[int, ...]


class WatchedFile:
    """Reads the file when it is another one than at the last look. Blocks: for a thread."""

    def __init__(self, path: Path, max_size: int) -> None:
        self._path = path
        self._max_size = max_size
        self._seen: _State | None = ()  # what no file is like

    def changed(self) -> bytes | None:
        """What it holds now; None: it is the same still. Raises BadTable, once for each state."""
        try:
            state = _state(self._path.stat())
        except (OSError, ValueError):
            state = None
        if state == self._seen:
            return None
        self._seen = state
        try:
            return self._read()
        except OSError as e:
            raise BadTable(f"it cannot be read by this user: {e.strerror}") from None
        except ValueError:  # a NUL in the name
            raise BadTable("that is not the name of a file") from None

    def _read(self) -> bytes:
        # Not blocking: to open a named pipe would wait for its writer.
        descriptor = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise BadTable("it is not a regular file")
            data = file.read(self._max_size + 1)
        if len(data) > self._max_size:
            raise BadTable(f"it has over {self._max_size} bytes, which is its max_size")
        return data


def _state(found: os.stat_result) -> _State:
    return found.st_mtime_ns, found.st_ctime_ns, found.st_dev, found.st_ino, found.st_size
