"""The same messages as HTTP requests, and a sender that waits for each answer.

A request has the headers that curl sends, and an array of records as shippers to Dynatrace write
them.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator, Sequence
from itertools import islice

import orjson

from tests.bench.lines import Line
from tests.bench.parcels import parcel

_LEVELS = ("emerg", "alert", "crit", "error", "warn", "notice", "info", "debug")
_HEAD = (
    b"POST /api/v2/logs/ingest HTTP/1.1\r\nHost: 127.0.0.1:8088\r\nUser-Agent: bench/1.0\r\n"
    b"Accept: */*\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n"
)
_TAKEN = b"HTTP/1.1 204 ", b"HTTP/1.1 200 "


def written(items: Iterator[Line], events: int) -> Iterator[bytes]:
    """Requests of so many events each."""
    while some := list(islice(items, events)):
        body = orjson.dumps([_record(line) for line in some])
        yield parcel(_HEAD % len(body) + body, len(some))


def _record(line: Line) -> dict[str, str]:
    second, fraction = divmod(line.time, 1)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
    return {
        "timestamp": f"{stamp}.{int(fraction * 1000):03d}Z",
        "loglevel": _LEVELS[line.priority % 8],
        "content": line.text,
        "host.name": line.host,
        "process.executable.name": line.program,
        "process.pid": line.pid,
    }


def post(connections: Sequence[socket.socket], requests: Sequence[memoryview]) -> None:
    """Each connection sends the next request when it has its answer. Raises at a refusal.

    One thread for all: it must cost less than the collector that answers.
    """
    poll, waiting = select.epoll(), iter(requests)
    asking = {}
    for connection in connections:
        request = next(waiting, None)
        if request is not None:
            connection.sendall(request)
            poll.register(connection, select.EPOLLIN)
            asking[connection.fileno()] = connection
    while asking:
        for fd, _ in poll.poll():
            answer = asking[fd].recv(65536)
            if not answer.startswith(_TAKEN):
                raise RuntimeError(f"the collector answered {answer[:500]!r}")
            request = next(waiting, None)
            if request is None:
                poll.unregister(fd)
                del asking[fd]
            else:
                asking[fd].sendall(request)
    poll.close()
