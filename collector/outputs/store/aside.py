"""What is left of a request that was taken out of the queue, kept as a JSON line beside it."""

from __future__ import annotations

import errno
import os
import time
from base64 import b64encode
from pathlib import Path

import orjson

#: The format of a line, written into each.
VERSION = 1


def keep(file: Path, id: int, reason: str, remains: tuple[object, ...]) -> None:
    """Append `events, headers, encoding, data` for the queue `file`, durably. Raises OSError."""
    events, headers, encoding, data = remains
    line = {
        "version": VERSION,
        "time": time.time_ns(),
        "id": id,
        "reason": _text(reason),
        "events": events if isinstance(events, int) else 0,
        "headers": _text(headers),
        "encoding": _text(encoding),
        "body": b64encode(data if isinstance(data, bytes) else b"").decode(),
    }
    _append(file.with_suffix(".bad.jsonl"), orjson.dumps(line) + b"\n")


def _text(value: object) -> str:
    return str(value).encode("utf-8", "backslashreplace").decode()


def _append(path: Path, line: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        end = os.fstat(fd).st_size
        try:
            if os.write(fd, line) != len(line):  # a full disk may write short (section 2.4)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(fd)
        except OSError:
            os.ftruncate(fd, end)
            raise
    finally:
        os.close(fd)
