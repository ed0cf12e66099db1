"""Receivers of one file each, beside their configuration, that get data while all is killed.

One reads a real Redis, the other polls an API.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from redis import Redis

from tests.redis_server import redis_server
from tests.system.collecting import Collector
from tests.system.process import PYTHON, Process
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

_EXAMPLES = Path(__file__).parent.parent.parent / "examples"
_STREAM = "orders"
_KILLS = 2
#: Seconds for a start, of which there are several in a test.
_START = 60.0
#: Entries before a kill, and how many are taken at a time, of the stream and of the API.
_ENTRIES, _COUNT, _PAGE = 500, 2, 20


class Home:
    """A configuration with the receiver's file beside it, and what arrived."""

    def __init__(self, directory: Path, url: str, api: str) -> None:
        self.config = directory / "collector.yaml"
        self.arrived = directory / "arrived.jsonl"
        self.data_dir = directory / "data"
        self._directory = directory
        self._url = url
        self._api = api
        self._starts = 0
        for name in ("redis_stream.py", "http_poll.py"):
            shutil.copy(_EXAMPLES / name, directory)
        self.configure(workers=2)

    def configure(self, workers: int) -> None:
        orders = {"url": self._url, "stream": _STREAM, "count": _COUNT, "consumer": "us"}
        audit = {"url": self._api, "token": "x", "interval": "10ms"}
        said = {
            "receivers": {
                "orders": {"type": "redis_stream:RedisStreamReceiver", **orders},
                "audit": {"type": "http_poll:PollReceiver", **audit},
            },
            "exporters": {"file": {"path": str(self.arrived)}},
            "service": {
                "data_dir": str(self.data_dir),
                "workers": workers,
                "pipelines": {"logs": {"receivers": ["orders", "audit"], "exporters": ["file"]}},
            },
        }
        self.config.write_text(json.dumps(said))

    @contextmanager
    def running(self) -> Iterator[Collector]:
        """A collector on it."""
        self._starts += 1
        process = Process((*PYTHON, "run", self.config), self._directory / f"life-{self._starts}")
        try:
            eventually(
                lambda: " started, pid " in process.stderr or not process.alive, within=_START
            )
            assert process.alive, process.stderr
            yield Collector(process, 0, self.data_dir)
        finally:
            process.kill()

    def rows(self, what: str) -> list[dict[str, Any]]:
        """What arrived of `order` or `entry`, so far as lines are whole."""
        if not self.arrived.exists():
            return []
        whole = self.arrived.read_bytes().rpartition(b"\n")[0]
        rows = [json.loads(line) for line in whole.splitlines()]
        return [row for row in rows if row["body"].startswith(what)]

    def has_all(self, what: str, count: int) -> bool:
        """Whether each of so many has arrived."""
        return {row["body"] for row in self.rows(what)} == {f"{what} {n}" for n in range(count)}


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


class Api(ThreadingHTTPServer):
    """Entries in pages, which are numbered; the cursor is how many there were before."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.added = 0
        #: Of all requests.
        self.cursors: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/audit"

    def handle_error(self, *_: Any) -> None:
        """Of clients that are killed."""


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Api

    def do_GET(self) -> None:
        first = int(self.path.partition("after=")[2] or 0)
        self.server.cursors.append(first)
        page = range(first, min(first + _PAGE, self.server.added))
        entries = [{"time": 1, "text": f"entry {n}"} for n in page]
        body = json.dumps({"entries": entries, "next": str(first + len(page))}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Stream]:
    with redis_server(tmp_path) as url, Redis.from_url(url) as redis:
        yield Stream(redis)


@pytest.fixture
def home(tmp_path: Path, api: Api) -> Home:
    (tmp_path / "json.py").write_text("raise SystemExit('the working directory was looked into')")
    directory = tmp_path / "home"
    directory.mkdir()
    return Home(directory, f"unix://{tmp_path / 'redis.sock'}", api.url)


def test_nothing_is_lost_when_the_collector_is_killed(stream: Stream, api: Api, home: Home) -> None:
    in_the_middle = 0
    for _ in range(_KILLS):
        before = stream.acknowledged
        api.added += _ENTRIES
        stream.add(_COUNT)
        with home.running() as source:
            eventually(lambda before=before: stream.acknowledged > before)  # type: ignore[misc]
            stream.add(_ENTRIES)
            source.process.send(signal.SIGKILL)
            source.process.wait()
        in_the_middle += stream.acknowledged < stream.added
    assert in_the_middle, "it was never killed in the middle"
    with home.running() as source:
        eventually(lambda: stream.acknowledged == stream.added)
        eventually(lambda: home.has_all("order", stream.added))
        eventually(lambda: home.has_all("entry", api.added))
        assert source.process.stop() == 0, source.log
    ids = {row["attributes"]["log.record.uid"] for row in home.rows("order")}
    assert len(ids) == stream.added, "a copy has another id than its original"
    assert api.cursors == sorted(api.cursors), "it was asked again for a page that was stored"


def test_one_worker_gets_data_and_another_goes_on_when_it_is_gone(
    stream: Stream, api: Api, home: Home
) -> None:
    with home.running() as source:

        def all_is_had() -> None:
            stream.add(_COUNT)
            api.added += _PAGE
            eventually(lambda: stream.acknowledged == stream.added)
            eventually(lambda: home.has_all("entry", api.added))

        all_is_had()
        for pid in source.worker_pids():  # one of them is the reader
            os.kill(pid, signal.SIGKILL)
            all_is_had()
        home.configure(workers=1)
        source.process.send(signal.SIGHUP)
        eventually(lambda: "reloaded" in source.log)
        eventually(lambda: len(source.worker_pids()) == 1)
        all_is_had()
        assert source.process.stop() == 0, source.log
    assert home.has_all("order", stream.added)
    assert api.cursors == sorted(api.cursors), "two workers asked at a time"
