"""Lines to standard error, which may be closed, full, or a pipe that nobody reads.

1. Nothing is raised: a log must not end what it tells of.
2. A reader that has stopped reading does not stop the collector: once its pipe is full it is
   waited for briefly, then not at all until there is room again. Lines are lost meanwhile.
3. A line goes out in one write where the kernel takes it, so that lines of several processes
   do not mix (a write of at most PIPE_BUF bytes is one piece).
"""

from __future__ import annotations

import os
import select
from typing import Protocol

#: PIPE_BUF of Linux. A pipe that poll() calls writable has room for as much.
_PIECE = 4096
#: Rule 2, in milliseconds.
_PATIENCE = 50


class TextStream(Protocol):
    """What is asked of a stream: `sys.stderr`, or a file in memory."""

    def write(self, text: str, /) -> object: ...
    def flush(self) -> None: ...
    def fileno(self) -> int: ...


class LogStream:
    """Where lines go."""

    def __init__(self, stream: TextStream | None) -> None:
        self._stream = stream
        self._fd = _descriptor(stream)
        self._stalled = False
        #: The last line could only be written in part.
        self._torn = False
        self._poll = select.poll() if self._fd is not None and hasattr(select, "poll") else None
        if self._poll is not None and self._fd is not None:
            self._poll.register(self._fd, select.POLLOUT)

    def write(self, line: str) -> bool:
        """Write the line and its end. False when it was lost, or a part of it."""
        try:
            if self._stream is None:  # a process without a console
                return False
            if self._fd is None:
                self._stream.write(f"{line}\n")
                self._stream.flush()
                return True
            start = "\n" if self._torn else ""
            return self._sent(self._fd, f"{start}{line}\n".encode("utf-8", "backslashreplace"))
        except (OSError, ValueError):  # EPIPE, EAGAIN, ENOSPC; a closed file
            return False

    def _sent(self, fd: int, data: bytes) -> bool:
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            if not self._has_room() or os.write(fd, piece) < len(piece):
                self._torn = self._torn or start > 0
                return False
        self._torn = False
        return True

    def _has_room(self) -> bool:
        if self._poll is None:
            return True
        room = bool(self._poll.poll(0 if self._stalled else _PATIENCE))
        self._stalled = not room
        return room


def _descriptor(stream: TextStream | None) -> int | None:
    try:
        return None if stream is None else stream.fileno()
    except (OSError, ValueError):  # in memory, or closed
        return None
