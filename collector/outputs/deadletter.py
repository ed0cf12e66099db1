"""What can never be delivered, kept: JSON lines, fsynced before the original goes.

One file a component, `data_dir/deadletter/<kind>-<id>.jsonl`, mode 0600, bounded.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Any

import orjson

from .encoding import plain

#: The format of a line, written into each.
VERSION = 1
MAX_SIZE = 256 << 20


class DeadLetterFile:
    """See `collector.component.DeadLetter`. Blocks for one fsync; dead letters are rare."""

    def __init__(self, path: Path, component: str, max_size: int = MAX_SIZE) -> None:
        self._path = path
        self._component = component
        self._max_size = max_size

    @classmethod
    def of(cls, data_dir: Path, kind: str, id: str) -> DeadLetterFile:
        """The file of a component."""
        name = f"{kind}-{id.replace('/', '.')}.jsonl"
        return cls(data_dir / "deadletter" / name, id)

    def write(self, raw: bytes, reason: str, **facts: Any) -> bool:
        """See `DeadLetter`."""
        line = self._line(raw, reason, facts)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError:
            return False
        try:
            if os.fstat(fd).st_size + len(line) > self._max_size:
                return False
            return self._append(fd, line)
        finally:
            os.close(fd)

    def _append(self, fd: int, line: bytes) -> bool:
        end = os.fstat(fd).st_size
        try:
            whole = os.write(fd, line) == len(line)
            os.fsync(fd)
        except OSError:
            whole = False
        if not whole:  # half a line would spoil the next
            with contextlib.suppress(OSError):
                os.ftruncate(fd, end)
        return whole

    def _line(self, raw: bytes, reason: str, facts: dict[str, Any]) -> bytes:
        text = raw.decode("utf-8", "backslashreplace")
        entry = {
            "version": VERSION,
            "time": time.time_ns(),
            "component": self._component,
            "reason": reason,
            "row": text,
            **facts,
        }
        return orjson.dumps(plain(entry)) + b"\n"
