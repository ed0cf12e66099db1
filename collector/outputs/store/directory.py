"""A directory of queue files: made, and locked against other processes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...durable import sync_directory
from .errors import Locked, StoreError


def queue_directory(data_dir: Path, exporter: str) -> Path:
    """Where the queue of an exporter is. No id has a plus sign, so no two have the same."""
    return data_dir / "queue" / exporter.replace("/", "+")


def make_directory(directory: Path) -> None:
    """For this user only. Raises StoreError."""
    try:
        fresh = not directory.exists()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if fresh:
            sync_directory(directory.parent)
    except OSError as e:
        raise StoreError(
            f"cannot make the queue {directory}: {e.strerror}; create it for this user, or name "
            "another one in service.data_dir"
        ) from e
    if not os.access(directory, os.W_OK | os.X_OK):
        raise StoreError(
            f"cannot write to the queue {directory}: give it to this user, or name another one in "
            "service.data_dir"
        )


def lock(directory: Path, *, shared: bool) -> int:
    """A descriptor that holds it until it is closed. Raises Locked."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as e:
        os.close(fd)
        if not isinstance(e, BlockingIOError):
            raise StoreError(f"cannot lock the queue {directory}: {e.strerror}") from e
        raise Locked(
            f"another process uses the queue {directory}: stop it, or name another directory in "
            "service.data_dir"
        ) from e
    return fd


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Workers share a directory; one at a time looks at what others left."""
    fd = os.open(directory / "open.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
