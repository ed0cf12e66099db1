"""The senders, in a process of their own: a file of messages in, sockets out.

usage: python -m tests.bench.load PORT FILE JSON   with the fields of `Load`; prints an `Achieved`.
"""

from __future__ import annotations

import gc
import json
import mmap
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from tests.bench.encrypting import Encrypted
from tests.bench.parcels import parcels
from tests.bench.posting import post

#: Every message of a corpus ends with its id.
_END = re.compile(rb"id=\d{12}\n?")
_CHUNK = 262_144
#: Paced senders look at the clock this often.
_TICK = 0.001
#: A sender that was held up catches up at this many times its rate, no faster.
_CATCHING_UP = 4


class Load(NamedTuple):
    """What to send, and how."""

    #: flood: the whole file over a few connections, as fast as it is taken.
    #: trickle: a line a write, over many connections in turn. datagrams: one a line.
    #: frames: a file of parcels, each over the next connection.
    #: acked: the same, each after the answer to the one before it.
    #: requests: HTTP, a connection waits for an answer before it sends again.
    #: calls: gRPC, the same.
    kind: Literal["flood", "trickle", "datagrams", "frames", "acked", "requests", "calls"]
    #: Connections, or source addresses of datagrams.
    senders: int
    #: Messages a second; 0: as fast as they are taken.
    rate: int = 0
    #: Of a flood: what a record of TLS holds.
    tls: Literal["none", "much", "line"] = "none"


class Achieved(NamedTuple):
    """What was sent. Times are of the clock that all processes of a machine share."""

    events: int
    first: float
    last: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.events / max(1e-9, self.last - self.first)


def parts(data: mmap.mmap, count: int) -> list[tuple[int, int]]:
    """The file cut into about equal parts at the ends of messages."""
    cuts = [0]
    for part in range(1, count):
        found = _END.search(data, max(cuts[-1], len(data) * part // count))
        cuts.append(found.end() if found else len(data))
    return list(zip(cuts, [*cuts[1:], len(data)], strict=True))


def flood(port: int, data: mmap.mmap, senders: int, tls: str = "none") -> Achieved:
    """A thread a connection: the kernel copies outside of the interpreter's lock."""
    shares = [
        [data[at : min(at + _CHUNK, end)] for at in range(start, end, _CHUNK)]
        for start, end in parts(data, senders)
    ]
    return _at_once(port, shares, len(_END.findall(data)), tls=tls)


def frames(port: int, data: mmap.mmap, senders: int, *, acked: bool) -> Achieved:
    """As a flood, of what is not cut at lines."""
    found = parcels(data[:])
    shares = [[frame for frame, _ in found[n::senders]] for n in range(senders)]
    return _at_once(port, shares, sum(events for _, events in found), acked=acked)


def requests(port: int, data: mmap.mmap, senders: int) -> Achieved:
    """HTTP requests, one at a time on each connection."""
    found = parcels(data[:])
    connections = _connections(port, senders)
    first = time.monotonic()
    post(connections, [request for request, _ in found])
    last = time.monotonic()
    _finish(connections)
    return Achieved(sum(events for _, events in found), first, last)


def calls(port: int, data: mmap.mmap, senders: int) -> Achieved:
    """gRPC, one call at a time on each channel."""
    from tests.bench.calling import call  # 20 MB that no other load needs

    found = parcels(data[:])
    first = time.monotonic()
    call(port, [message for message, _ in found], senders)
    return Achieved(sum(events for _, events in found), first, time.monotonic())


def _at_once(
    port: int,
    shares: Sequence[Sequence[bytes | memoryview]],
    events: int,
    *,
    acked: bool = False,
    tls: str = "none",
) -> Achieved:
    plain = _connections(port, len(shares))
    connections: Sequence[socket.socket | Encrypted] = plain
    if tls != "none":
        connections = [Encrypted(connection, by_line=tls == "line") for connection in plain]

    def send(connection: socket.socket | Encrypted, share: Sequence[bytes | memoryview]) -> None:
        for data in share:
            connection.sendall(data)
            if acked and not connection.recv(4096):
                raise ConnectionError

    threads = [
        threading.Thread(target=send, args=pair, daemon=True)
        for pair in zip(connections, shares, strict=True)
    ]
    first = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = time.monotonic()
    _finish(connections)
    return Achieved(events, first, last)


def trickle(port: int, data: mmap.mmap, senders: int, rate: int) -> Achieved:
    """Each connection in turn writes one line."""
    connections = _connections(port, senders)
    sends: list[Callable[[bytes], object]] = [connection.sendall for connection in connections]
    achieved = _paced(sends, data[:].splitlines(keepends=True), rate)
    _finish(connections)
    return achieved


def datagrams(port: int, data: mmap.mmap, senders: int, rate: int) -> Achieved:
    """Each address in turn sends one line, without its LF."""
    sockets = [_datagram_socket(port, n) for n in range(senders)]
    return _paced([sock.send for sock in sockets], data[:].splitlines(), rate)


def _datagram_socket(port: int, number: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((f"127.1.{number // 250}.{1 + number % 250}", 0))
    sock.connect(("127.0.0.1", port))
    return sock


def _connections(port: int, count: int) -> list[socket.socket]:
    found = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(count)]
    for connection in found:
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found


def _finish(connections: Sequence[socket.socket | Encrypted]) -> None:
    for connection in connections:
        connection.shutdown(socket.SHUT_WR)


def _paced(
    sends: Sequence[Callable[[bytes], object]], messages: Sequence[bytes], rate: int
) -> Achieved:
    """Every message by the next sender, a burst each tick."""
    gc.freeze()
    turns = _turns(sends)
    first, sent, most = time.monotonic(), 0, int(rate * _TICK * _CATCHING_UP)
    while sent < len(messages):
        began = time.monotonic()
        due = min(int((began - first + _TICK) * rate), sent + most)
        for message in messages[sent:due]:
            next(turns)(message)
        sent = min(due, len(messages))
        left = began + _TICK - time.monotonic()
        if left > 0:
            time.sleep(left)
    return Achieved(sent, first, time.monotonic())


def _turns(sends: Sequence[Callable[[bytes], object]]) -> Iterator[Callable[[bytes], object]]:
    while True:
        yield from sends


def run(port: int, path: Path, load: Load) -> Achieved:
    """Send it all."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        data.madvise(mmap.MADV_WILLNEED)
        if load.kind == "flood":
            return flood(port, data, load.senders, load.tls)
        unpaced = {"requests": requests, "calls": calls}
        if load.kind in unpaced:
            return unpaced[load.kind](port, data, load.senders)
        if load.kind in {"frames", "acked"}:
            return frames(port, data, load.senders, acked=load.kind == "acked")
        send = trickle if load.kind == "trickle" else datagrams
        return send(port, data, load.senders, load.rate)


if __name__ == "__main__":
    achieved = run(int(sys.argv[1]), Path(sys.argv[2]), Load(**json.loads(sys.argv[3])))
    sys.stdout.write(json.dumps(achieved) + "\n")
