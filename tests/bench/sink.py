"""A bare HTTP server as the destination: takes any POST, keeps the body, answers 204.

It counts only when asked, after the run, so that it costs the machine as little as can be.
`GET /count` says how much has come, `GET /report` unzips everything and looks for the ids.

usage: python -m tests.bench.sink; prints its port.
"""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import re
import sys
import time
from dataclasses import dataclass, field
from typing import Any

_ID = re.compile(rb"id=(\d{12})")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_GZIPPED = re.compile(rb"\r\ncontent-encoding: *gzip", re.IGNORECASE)
_EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass
class Kept:
    """All that has arrived, over every connection."""

    bodies: list[tuple[bytes, bool]] = field(default_factory=list)
    size: int = 0
    #: When the last body was complete, by the clock that all processes of a machine share.
    last: float = 0.0

    def add(self, body: bytes, *, gzipped: bool) -> None:
        """One request's."""
        self.bodies.append((body, gzipped))
        self.size += len(body)
        self.last = time.monotonic()

    def count(self) -> dict[str, Any]:
        """Cheap."""
        return {"requests": len(self.bodies), "wire_bytes": self.size, "last": self.last}

    def report(self) -> dict[str, Any]:
        """How many ids, and how many different ones."""
        seen: set[int] = set()
        found = json_bytes = 0
        for body, gzipped in self.bodies:
            plain = gzip.decompress(body) if gzipped else body
            json_bytes += len(plain)
            ids = _ID.findall(plain)
            found += len(ids)
            seen.update(map(int, ids))
        unique = len(seen)
        repeated = found - unique
        return {**self.count(), "unique": unique, "duplicates": repeated, "json_bytes": json_bytes}


class Channel(asyncio.Protocol):
    """HTTP/1.1 with a Content-Length, which is all that a collector sends."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._head = b""
        self._parts: list[bytes] = []
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        while data:
            if not self._missing:
                data = self._begin(data)
                continue
            part, data = data[: self._missing], data[self._missing :]
            self._parts.append(part)
            self._missing -= len(part)
            if not self._missing:
                self._finish()

    def _begin(self, data: bytes) -> bytes:
        """Read the head; give what follows it."""
        head, end, rest = (self._head + data).partition(b"\r\n\r\n")
        if not end:
            self._head = head
            return b""
        self._head = b""
        if head.startswith(b"GET "):
            self._answer(head.split(b" ")[1])
            return rest
        length = _LENGTH.search(head)
        self._missing = int(length[1]) if length else 0
        self._gzipped = _GZIPPED.search(head) is not None
        if not self._missing:
            self._finish()
        return rest

    def _finish(self) -> None:
        self._kept.add(b"".join(self._parts), gzipped=self._gzipped)
        self._parts.clear()
        self._transport.write(_EMPTY)

    def _answer(self, path: bytes) -> None:
        said = self._kept.report() if path == b"/report" else self._kept.count()
        body = json.dumps(said).encode()
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


async def _serve() -> None:
    kept = Kept()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Channel(kept), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    gc.disable()  # nothing here makes cycles
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
