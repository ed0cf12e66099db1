"""One run of one path: a sink, a collector and a load, and what it cost."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.corpus import Corpus
from tests.bench.load import Achieved
from tests.bench.paths import Path as Way
from tests.bench.process import cpu_seconds, cpus, peak_rss, running, waiting_seconds
from tests.bench.subject import Subject, collector, get

#: The drain has ended when nothing has arrived for so long; a gather waits up to 1 s.
_QUIET = 2.0
#: Paced senders must not be much slower than they were asked to be.
_TOO_SLOW = 0.95


@dataclass
class Result:
    """What a run has shown. Sizes in bytes, times in microseconds and seconds."""

    path: str
    sent: int
    sent_per_second: float
    unique: int
    duplicates: int
    cpu_us: float
    per_second: float
    #: Percent of the time in which others kept the collector from its CPU.
    disturbed: float
    peak_rss: int
    wire_bytes: int
    requests: int
    #: UDP: what the kernel counted as lost for want of room, and the room it gave.
    kernel_dropped: int | None = None
    receive_buffer: int | None = None

    @property
    def lost(self) -> int:
        """Events that were sent and did not arrive."""
        return self.sent - self.unique

    @property
    def unexplained(self) -> int:
        """What was lost and no counter tells of: there must be nothing."""
        return self.lost - (self.kernel_dropped or 0)


def measure(
    name: str,
    way: Way,
    corpus: Corpus,
    environment: Mapping[str, str] | None = None,
) -> Result:
    """Run it. Raises Failed when the collector does."""
    ours, others = cpus(way.cpus)
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        sink(others) as drain,
        collector(
            way.protocol,
            way.queue,
            drain,
            Path(folder),
            ours,
            environment,
            chain=way.chain,
            workers=way.workers,
        ) as subject,
    ):
        time.sleep(0.5)  # what starts with it has started
        used, waited = cpu_seconds(subject.pid), waiting_seconds(subject.pid)
        achieved = _loaded(way, corpus, subject, others)
        _drained(drain, subject)
        used = cpu_seconds(subject.pid) - used
        waited = waiting_seconds(subject.pid) - waited
        return _result(name, way, achieved, (used, waited), subject, drain)


@contextmanager
def sink(on: set[int]) -> Iterator[int]:
    """A sink's port."""
    with running(["-m", "tests.bench.sink"], on, stdout=subprocess.PIPE) as process:
        yield int(_line(process))


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args!r} said nothing; exit code {process.wait()}")
    return line


def _loaded(way: Way, corpus: Corpus, subject: Subject, on: set[int]) -> Achieved:
    arguments = [str(subject.port), corpus.path, json.dumps(way.load._asdict())]
    with running(["-m", "tests.bench.load", *arguments], on, stdout=subprocess.PIPE) as load:
        while True:
            try:
                load.wait(1.0)
            except subprocess.TimeoutExpired:
                subject.check()
            else:
                return Achieved(*json.loads(_line(load)))


def _drained(drain: int, subject: Subject) -> None:
    """Wait until nothing comes any more."""
    before, since = -1, time.monotonic()
    while time.monotonic() - since < _QUIET:
        subject.check()
        count = json.loads(get(drain, "/count"))["wire_bytes"]
        if count != before:
            before, since = count, time.monotonic()
        time.sleep(0.1)


def _result(
    name: str, way: Way, achieved: Achieved, cost: tuple[float, float], subject: Subject, drain: int
) -> Result:
    rss = peak_rss(subject.pid)
    said = json.loads(get(drain, "/report"))
    unique = said["unique"]
    used, waited = cost
    wall = max(1e-9, said["last"] - achieved.first)
    result = Result(
        path=name,
        sent=achieved.events,
        sent_per_second=achieved.rate,
        unique=unique,
        duplicates=said["duplicates"],
        cpu_us=used * 1e6 / max(1, unique),
        per_second=unique / wall,
        disturbed=100 * waited / wall,
        peak_rss=rss,
        wire_bytes=said["wire_bytes"],
        requests=said["requests"],
    )
    if way.protocol == "udp":
        result.kernel_dropped = int(subject.metric("receiver_kernel_dropped_datagrams_total"))
        result.receive_buffer = int(subject.metric("receiver_receive_buffer_bytes"))
    return result


def too_slow(result: Result, way: Way) -> bool:
    """Whether the load kept the pace that was asked of it."""
    return result.sent_per_second < way.load.rate * _TOO_SLOW
