"""A receiver of one file, beside its configuration, that reads a real Redis while all is killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.redis_server import redis_server
from tests.system.collecting import Collector
from tests.system.process import PYTHON, Process
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

_EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "redis_stream.py"
_STREAM = "orders"
_KILLS = 2
#: Entries between two kills, and how many the receiver takes at a time.
_ENTRIES, _COUNT = 800, 5


class Home:
    """A configuration with the receiver's file beside it, and what arrived."""

    def __init__(self, directory: Path, url: str) -> None:
        self.config = directory / "collector.yaml"
        self.arrived = directory / "arrived.jsonl"
        self.data_dir = directory / "data"
        self._directory = directory
        self._url = url
        self._starts = 0
        shutil.copy(_EXAMPLE, directory)
        self.configure(workers=2)

    def configure(self, workers: int) -> None:
        orders = {"url": self._url, "stream": _STREAM, "count": _COUNT, "consumer": "us"}
        said = {
            "receivers": {"orders": {"type": "redis_stream:RedisStreamReceiver", **orders}},
            "exporters": {"file": {"path": str(self.arrived)}},
            "service": {
                "data_dir": str(self.data_dir),
                "workers": workers,
                "pipelines": {"logs": {"receivers": ["orders"], "exporters": ["file"]}},
            },
        }
        self.config.write_text(json.dumps(said))

    @contextmanager
    def running(self) -> Iterator[Collector]:
        """A collector on it."""
        self._starts += 1
        process = Process((*PYTHON, "run", self.config), self._directory / f"life-{self._starts}")
        try:
            eventually(lambda: " started, pid " in process.stderr or not process.alive)
            assert process.alive, process.stderr
            yield Collector(process, 0, self.data_dir)
        finally:
            process.kill()

    def rows(self) -> list[dict[str, Any]]:
        """What arrived, so far as lines are whole."""
        if not self.arrived.exists():
            return []
        whole = self.arrived.read_bytes().rpartition(b"\n")[0]
        return [json.loads(line) for line in whole.splitlines()]


class Stream:
    """Entries of the stream, which are numbered."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.added = 0

    def add(self, entries: int) -> None:
        pipe = self._redis.pipeline()
        for n in range(self.added, self.added + entries):
            pipe.xadd(_STREAM, {"message": f"order {n}"})
        pipe.execute()
        self.added += entries

    @property
    def acknowledged(self) -> int:
        """Entries that Redis will never give again."""
        groups: Any = self._redis.xinfo_groups(_STREAM) if self._redis.exists(_STREAM) else []
        return sum((group["entries-read"] or 0) - group["pending"] for group in groups)


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Stream]:
    with redis_server(tmp_path) as url, Redis.from_url(url) as redis:
        yield Stream(redis)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "json.py").write_text("raise SystemExit('the working directory was looked into')")
    directory = tmp_path / "home"
    directory.mkdir()
    return Home(directory, f"unix://{tmp_path / 'redis.sock'}")


def test_nothing_that_was_acknowledged_is_lost_when_the_collector_is_killed(
    stream: Stream, home: Home
) -> None:
    in_the_middle = 0
    for _ in range(_KILLS):
        before = stream.acknowledged
        stream.add(_ENTRIES)
        with home.running() as source:
            eventually(lambda before=before: stream.acknowledged > before)  # type: ignore[misc]
            source.process.send(signal.SIGKILL)
            source.process.wait()
        in_the_middle += stream.acknowledged < stream.added
    assert in_the_middle, "it was never killed in the middle"
    with home.running() as source:
        eventually(lambda: stream.acknowledged == stream.added)
        everything = {f"order {n}" for n in range(stream.added)}
        eventually(lambda: {row["body"] for row in home.rows()} == everything)
        assert source.process.stop() == 0, source.log
    ids = {row["attributes"]["log.record.uid"] for row in home.rows()}
    assert len(ids) == stream.added, "a copy has another id than its original"


def test_one_worker_reads_and_another_goes_on_when_it_is_gone(stream: Stream, home: Home) -> None:
    with home.running() as source:

        def all_is_acknowledged() -> None:
            stream.add(_COUNT)
            eventually(lambda: stream.acknowledged == stream.added)

        all_is_acknowledged()
        for pid in source.worker_pids():  # one of them is the reader
            os.kill(pid, signal.SIGKILL)
            all_is_acknowledged()
        home.configure(workers=1)
        source.process.send(signal.SIGHUP)
        eventually(lambda: "reloaded" in source.log)
        eventually(lambda: len(source.worker_pids()) == 1)
        all_is_acknowledged()
        assert source.process.stop() == 0, source.log
    assert {row["body"] for row in home.rows()} == {f"order {n}" for n in range(stream.added)}
