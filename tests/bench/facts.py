"""What a queue on the disk costs those who wait: for an answer, and for a start."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from collector.outputs.store.store import Store
from collector.request import Request
from collector_dynatrace.exporter import DynatraceExporter
from tests.bench.idle import idle
from tests.bench.measure import sink
from tests.bench.process import cpus, rss
from tests.bench.processors import processors
from tests.bench.report import table
from tests.bench.statements import ottl
from tests.bench.subject import collector, free_port

_ROUNDS, _WARM = 500, 50
_LINE = b"an event of about two hundred bytes " + b"." * 170
_QUEUED = 10_000
#: Requests in a commit while that queue is made.
_GROUP = 500


def ack_latency() -> str:
    """From sending one event to its acknowledgement, one at a time: median and p99 in ms."""
    found = {f"acknowledged, queue: {queue}": _waits(queue) for queue in ("disk", "memory")}
    found["a commit of one request"] = _commits()
    rows = [(name, *_shown(seconds)) for name, seconds in found.items()]
    return table(("one event at a time", "median ms", "p99 ms"), rows)


def _shown(seconds: Sequence[float]) -> tuple[str, str]:
    ordered = sorted(seconds)
    return (
        f"{ordered[len(ordered) // 2] * 1e3:.2f}",
        f"{ordered[len(ordered) * 99 // 100] * 1e3:.2f}",
    )


def _waits(queue: str) -> Sequence[float]:
    """A memory queue answers when the destination has taken the event."""
    ours, others = cpus()
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        sink(others) as drain,
        collector("acknowledged", queue, drain, Path(folder), ours) as subject,
        socket.create_connection(("127.0.0.1", subject.port), 30) as connection,
        connection.makefile("rb") as answers,
    ):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def ask() -> None:
            connection.sendall(_LINE + b"\n")
            answers.readline()

        return _timed(ask)


def _commits() -> Sequence[float]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        store = Store.open(Path(folder) / "queue")
        try:
            return _timed(lambda: store.commit([Request(body=_LINE, events=1)], []))
        finally:
            store.close()


def _timed(work: Callable[[], object]) -> Sequence[float]:
    found = []
    for _ in range(_WARM + _ROUNDS):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return found[_WARM:]


def start() -> str:
    """Seconds until it takes messages, and its memory then, with nothing and much in the queue."""
    rows = []
    for number in (0, _QUEUED):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            filled(Path(folder) / "data" / "queue" / "dynatrace", number)
            ours, _ = cpus()
            with collector("tcp", "disk", free_port(), Path(folder), ours) as subject:
                memory = rss(subject.pid) / 1e6
                rows.append((f"{number:,}", f"{subject.seconds:.2f}", f"{memory:.1f}"))
    return table(("requests queued", "seconds to start", "RSS MB"), rows)


def filled(directory: Path, number: int) -> None:
    """A queue with so many requests of a dead destination."""
    directory.mkdir(parents=True)
    store = Store.open(directory, encoder=DynatraceExporter.format)
    row = b'[{"content":"%b"}]' % _LINE
    request = Request(body=row, events=1, raw_size=len(row), attempted=True)
    for _ in range(0, number, _GROUP):
        store.commit([request] * _GROUP, [])
    store.close()


#: By name.
FACTS: Mapping[str, Callable[[], str]] = {
    "ack-latency": ack_latency,
    "start-10000": start,
    "idle": idle,
    "ottl": ottl,
    "processors": processors,
}
