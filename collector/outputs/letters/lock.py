"""A lock on a directory that all workers write to, and all threads of each."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path


class DirectoryLock:
    """A context manager; the directory is made. May raise OSError."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._threads = threading.Lock()
        self._held = -1

    def __enter__(self) -> None:
        self._threads.acquire()
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._held = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            fcntl.flock(self._held, fcntl.LOCK_EX)
        except BaseException:
            self._release()
            raise

    def __exit__(self, *_: object) -> None:
        self._release()

    def _release(self) -> None:
        held, self._held = self._held, -1
        if held >= 0:
            os.close(held)
        self._threads.release()
