"""What a command reads from standard input: lines in batches, as they come.

A read that waits in the reactor's thread keeps a signal from ending the command, and one that waits
in a pool's thread keeps the process from ending: each has a thread of its own, which nobody joins.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator

_READ = 1 << 18
#: A longer line is taken in parts, so that input without a line end fills no memory.
LONGEST = 16 << 20


async def standard_bytes(fd: int = 0) -> AsyncIterator[bytes]:
    """Bytes as they come."""
    while data := await _read(fd):
        yield data


async def standard_lines(fd: int = 0) -> AsyncIterator[list[bytes]]:
    """Lines without their LF or CRLF, some at a time; empty ones are left out."""
    rest = b""
    async for data in standard_bytes(fd):
        *lines, rest = (rest + data).split(b"\n")
        if len(rest) > LONGEST:
            lines, rest = [*lines, rest], b""
        if found := _without_ends(lines):
            yield found
    if found := _without_ends([rest]):
        yield found


def _without_ends(lines: list[bytes]) -> list[bytes]:
    return [line for line in (each.removesuffix(b"\r") for each in lines) if line]


async def _read(fd: int) -> bytes:
    loop = asyncio.get_running_loop()
    found: asyncio.Future[bytes] = loop.create_future()

    def give(data: bytes) -> None:
        if not found.done():
            found.set_result(data)

    def read() -> None:
        try:
            data = os.read(fd, _READ)
        except OSError:  # it was closed before we began, or is a directory
            data = b""
        loop.call_soon_threadsafe(give, data)

    threading.Thread(target=read, daemon=True).start()
    return await found
