"""Where the time of the RFC 5424 TCP path goes: every stage's own code, called by itself.

The bytes of a corpus go through the stages in one process, read by read and gather by gather as
in the collector, so that what one stage leaves in the CPU's caches is there for the next.

usage: python -m tests.bench.stages FILE SINK_PORT CPUS_OF_THE_LOAD; prints JSON, us an event.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import orjson
from twisted.logger import Logger

from collector.api import Batch, Config, Context, Exporter, Frames, Request, Resource
from collector.delivery import Deadlines
from collector.outputs.options import OutletOptions
from collector.outputs.outlet import Outlet
from collector.outputs.rows import Rows
from collector.pipeline import Fanout, Pipeline
from collector.run.loop import install_reactor
from collector.run.memory import freeze_started, keep_heap
from collector.run.process import run_until_stopped
from collector_dynatrace.exporter import DynatraceConfig, DynatraceExporter
from collector_syslog.options import SyslogConfig
from collector_syslog.receiver import SyslogReceiver
from tests.bench.load import Load
from tests.bench.process import running

#: In the order of the way.
STAGES = ("receive", "frame", "parse", "pipeline", "rows", "JSON", "gzip", "send")
_READ = 262_144
_GATHER = 5000
T = TypeVar("T")


class Clock:
    """Adds up CPU time by stage."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()

    def time(self, stage: str, call: Callable[[], T]) -> T:
        """What the call gives."""
        before = time.process_time_ns()
        result = call()
        self.spent[stage] += time.process_time_ns() - before
        return result

    async def wait(self, stage: str, awaitable: Awaitable[T]) -> T:
        """What it gives, when it does."""
        before = time.process_time_ns()
        result = await awaitable
        self.spent[stage] += time.process_time_ns() - before
        return result


class _Peer:
    """A connection that brings frames."""

    resource = Resource({"net.peer.ip": "127.0.0.1", "net.peer.port": 1, "net.transport": "tcp"})

    def write(self, data: bytes) -> None:
        """Nothing answers syslog."""


class _Instant(Exporter[Config]):
    """Costs nothing, so that what remains is the way to it and from it."""

    def encode(self, batches: Sequence[Batch]) -> list[Request]:
        """See `Exporter`."""
        return [Request(body=b"0", events=sum(map(len, batches)))]

    def unpack(self, request: Request) -> list[bytes]:
        """See `Exporter`."""
        return []

    def pack(self, rows: Sequence[bytes]) -> Request:
        """See `Exporter`."""
        return Request(body=b"0", events=len(rows))

    async def send(self, request: Request) -> None:
        """See `Exporter`."""


class _Way:
    """The stages of one process, put together."""

    def __init__(self, reactor: Any, sink: int) -> None:
        self.clock = Clock()
        self.events = 0
        self._receiver = SyslogReceiver(
            SyslogConfig.model_validate({"tcp": {"endpoint": "127.0.0.1:0"}}),
            Context("syslog", "receiver", reactor, Logger()),
        )
        token = f"dt0c01.{'A' * 24}.{'B' * 64}"
        options = {"endpoint": f"http://127.0.0.1:{sink}", "api_token": token}
        context = Context("dynatrace", "exporter", reactor, Logger())
        model = DynatraceConfig.model_validate(options)
        self._exporter = DynatraceExporter(model, context)
        self._rows = Rows(self._exporter, "fast")
        instant = _Instant(Config(), Context("instant", "exporter", reactor, Logger()))
        self._outlet = Outlet(instant, OutletOptions())
        pipeline = Pipeline("logs", reactor, [], [self._outlet])
        self._deadlines = Deadlines(reactor)
        self._output = Fanout(self._receiver.context, [pipeline], self._deadlines)

    async def go(self, path: Path) -> None:
        """Every read of a file, as far as the destination."""
        await self._exporter.start()
        framing, gathered, events = self._receiver.framing(), list[Batch](), 0
        with path.open("rb") as file:
            while read := file.read(_READ):
                cut = self.clock.time("frame", lambda read=read: framing.feed(read))  # type: ignore[misc]
                frames = Frames([(_Peer(), cut)], len(read))
                batch = self._parsed(frames)
                self.clock.time("pipeline", lambda batch=batch: self._output.send(batch))  # type: ignore[misc]
                gathered.append(batch)
                events += len(batch)
                if events >= _GATHER:
                    await self._gone(gathered)
                    gathered, events = [], 0
        await self._gone(gathered)
        await self._exporter.stop()
        await self._outlet.stop()
        self._deadlines.stop()

    def _parsed(self, frames: Frames) -> Batch:
        clock = self.clock
        clock.time("frame", frames.lines)
        events = clock.time("parse", lambda: self._receiver.parse(frames))
        clock.time("parse", lambda: frames.attach(events))
        self.events += len(events)
        return Batch(events, frames.size)

    async def _gone(self, gathered: list[Batch]) -> None:
        clock = self.clock
        requests = clock.time("rows", lambda: list(self._exporter.encode(gathered)))
        for request in requests:
            body = request.body
            clock.time("gzip", lambda request=request: self._rows.compressed(request))  # type: ignore[misc]
            await clock.wait("send", self._exporter.send(request))
            self._split_json(orjson.loads(body))
        await clock.wait("pipeline", asyncio.sleep(0))

    def _split_json(self, rows: Any) -> None:
        """Take what JSON costs out of what `encode` cost."""
        before = self.clock.spent["JSON"]
        self.clock.time("JSON", lambda: orjson.dumps(rows))
        self.clock.spent["rows"] -= self.clock.spent["JSON"] - before


def receive(path: Path, others: set[int]) -> tuple[float, int]:
    """CPU nanoseconds of reading a file's bytes from a connection, and the events."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        said = json.dumps(Load("flood", 1)._asdict())
        arguments = ["-m", "tests.bench.load", str(server.getsockname()[1]), path, said]
        with running(arguments, others, stdout=subprocess.PIPE) as load:
            connection, _ = server.accept()
            before = time.process_time_ns()
            with connection:
                while connection.recv(_READ):
                    pass
            spent = time.process_time_ns() - before
            assert load.stdout is not None
            return spent, json.loads(load.stdout.readline())[0]


def main(path: Path, sink: int, others: set[int]) -> int:
    """Measure, and print."""
    reactor = install_reactor()
    way = _Way(reactor, sink)

    async def go() -> int:
        keep_heap()
        freeze_started()
        await way.go(path)
        return 0

    code = run_until_stopped(reactor, go)
    spent = {stage: way.clock.spent[stage] / 1000 / max(1, way.events) for stage in STAGES}
    read, events = receive(path, others)
    spent["receive"] = read / 1000 / events
    sys.stdout.write(json.dumps(spent) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), {int(n) for n in sys.argv[3].split(",")}))
