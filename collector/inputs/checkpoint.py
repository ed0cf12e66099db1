"""Where a source stands: a value in, the same value out after a restart, in a file of one owner.

1. A file is replaced whole, and flushed before that: after a crash there is the old value or the
   new one.
2. Only who has the lock reads and writes. The kernel frees it when its process ends, however.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

import msgspec

from ..durable import sync_directory

#: Bytes of a checkpoint.
LARGEST = 64 << 10


class CheckpointError(Exception):
    """A checkpoint cannot be kept, or cannot be read. Says what to do."""


def encoded(value: Any) -> bytes:
    """Anything that JSON can say. Raises CheckpointError."""
    try:
        data = msgspec.json.encode(value)
    except (TypeError, ValueError) as e:
        raise CheckpointError(f"this checkpoint is not JSON-like: {e}") from e
    if len(data) > LARGEST:
        raise CheckpointError(f"a checkpoint of {len(data):,} bytes: {LARGEST:,} are allowed")
    return data


class Checkpoint:
    """Of one receiver. All calls block; none takes long but `write`."""

    def __init__(self, data_dir: Path, id: str) -> None:
        """Makes the directory. Raises CheckpointError."""
        directory = data_dir / "checkpoints"
        self._path = directory / f"{id.replace('/', '+')}.json"  # no id has a plus sign
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(
                self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
        except OSError as e:
            raise CheckpointError(
                f"cannot keep a checkpoint in {directory}: {e.strerror}; give it to this user, or "
                "name another directory in service.data_dir"
            ) from e

    def take(self) -> bool:
        """Own it from now on. False: another worker does."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def read(self) -> Any:
        """What was written last; None: nothing was. Raises CheckpointError."""
        try:
            return msgspec.json.decode(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as e:
            raise CheckpointError(
                f"cannot read the checkpoint {self._path} ({type(e).__name__}): restore it, or "
                "delete it to begin anew"
            ) from e

    def write(self, data: bytes) -> None:
        """Durable when it returns. Raises CheckpointError."""
        new = self._path.with_suffix(".new")
        try:
            with open(new, "wb", opener=_private) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
            sync_directory(self._path.parent)
        except OSError as e:
            raise CheckpointError(f"cannot write {self._path}: {e.strerror}") from e

    def close(self) -> None:
        """Leave it to others."""
        os.close(self._lock)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)
