"""`collector queue` on a collector that runs, on one that has stopped, and on what is left over."""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from collector.outputs.store.directory import queue_directory
from collector.outputs.store.store import Store
from collector.request import Request
from collector.run.cli.queue import QueueCommand
from tests.system.collecting import Collector, collector, configuration
from tests.system.network import lines, send_stream, texts
from tests.system.process import PYTHON, finished
from tests.system.sandbox import TOKEN
from tests.system.waiting import eventually
from tests.system.way import a_way

pytestmark = pytest.mark.system

_NUMBER = 20


class _Queue:
    """The command, here or as a process of its own; what it said is kept to look for secrets."""

    def __init__(self, home: Path, data_dir: Path, capture: pytest.CaptureFixture[str]) -> None:
        self._home, self._data_dir, self._capture = home, data_dir, capture
        self.said = ""

    def process(self, action: str, *words: object) -> str:
        """Its standard output."""
        command = (*PYTHON, "queue", action, self._data_dir, *words)
        return self._ended(*finished(command, self._home / f"queue-{len(self.said)}"))

    def __call__(self, action: str, *words: object) -> str:
        parser, command = argparse.ArgumentParser(), QueueCommand()
        command.arguments(parser)
        said = parser.parse_args([action, str(self._data_dir), *map(str, words)])
        return self._ended(asyncio.run(command.run(said, None)), *self._capture.readouterr())

    def _ended(self, code: int, output: str, errors: str) -> str:
        assert code == 0, errors
        self.said += output + errors
        return output


def _json(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def _contents(exported: str) -> list[str]:
    """Of every event in an export."""
    bodies = [_body(line) for line in _json(exported)]
    return sorted(event["content"] for body in bodies for event in json.loads(body))


def _body(line: dict[str, Any]) -> bytes:
    body: bytes = line["body"].encode() if "body" in line else b64decode(line["body_base64"])
    return gzip.decompress(body) if line["encoding"] == "gzip" else body


def test_a_held_queue_is_seen_exported_and_purged_running_and_stopped(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with a_way(tmp_path) as way:
        source, queue = way.collector, _Queue(tmp_path, way.collector.data_dir, capfd)
        way.sandbox.fail({"status": 401, "count": 0})
        for first in range(0, _NUMBER, 10):  # the one that was tried is merged with none
            send_stream(way.port, lines("queued", range(first, first + 10)))
            eventually(lambda: _held(source) == first + 10)  # noqa: B023 called at once
        assert _contents(queue.process("export", "dynatrace")) == texts("queued", range(_NUMBER))
        assert "held" in queue("ls").splitlines()[1].split()

        shown = _json(queue("show", "dynatrace", "--json"))
        assert sum(each["events"] for each in shown) == _NUMBER
        last = shown[-1]
        assert "queued-0000" in queue("show", "dynatrace", "--id", last["id"])

        output = queue("purge", "dynatrace", "--id", last["id"])
        assert output == f"purged 1 requests with {last['events']} events\n"
        left, account = _NUMBER - last["events"], source.metrics()
        assert account("exporter_dropped_log_records", reason="purged") == last["events"]
        assert source.process.stop() == 0

    (stopped,) = _json(queue.process("ls", "--json"))
    assert (stopped["state"], stopped["events"]) == ("stopped", left)
    assert len(_contents(queue("export", "dynatrace"))) == left > 0
    assert TOKEN not in queue.said


def _held(source: Collector) -> int:
    """Events in the queue of an exporter that is on hold."""
    (queue,) = json.loads(source.ask("/queue")[1])
    events: int = queue["events"] + queue["in_flight"]
    return events if queue["state"] == "held" else 0


def test_what_no_exporter_has_any_more_is_told_at_start_and_can_be_purged(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    store = Store.open(queue_directory(tmp_path / "data", "dynatrace/old"), reserve=0)
    store.commit([Request(body=b"[]", events=7)], [])
    store.close()

    def configure(port: int, _: Path) -> str:
        return configuration(port, tmp_path / "data", {"dynatrace": {"endpoint": "http://[::1]:9"}})

    with collector(tmp_path, configure) as source:
        (line,) = [line for line in source.log.splitlines() if " WARN " in line and "queue" in line]
        assert "holds 1 requests with 7 events: configure dynatrace/old" in line
        queue = _Queue(tmp_path, tmp_path / "data", capfd)
        assert {each["exporter"]: each["state"] for each in _json(queue("ls", "--json"))} == {
            "dynatrace": "running",
            "dynatrace/old": "not configured",
        }
        assert queue("purge", "dynatrace/old", "--all") == "purged 1 requests with 7 events\n"
