"""Queues without an exporter: each that holds something is named, and none is in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.outputs.store.directory import queue_directory
from collector.outputs.store.store import Store
from collector.request import Request
from collector.run import orphans as module
from collector.run.orphans import orphans, queue_names


def fill(data_dir: Path, exporter: str, requests: int) -> Store:
    store = Store.open(queue_directory(data_dir, exporter), reserve=0)
    if requests:
        store.commit([Request(body=b"x", events=1500)] * requests, [])
    return store


def test_each_that_holds_something_is_named_with_what_to_do(tmp_path: Path) -> None:
    for exporter, requests in (("dynatrace", 1), ("dynatrace/old", 2), ("empty", 0)):
        fill(tmp_path, exporter, requests).close()
    (tmp_path / "queue" / "file").touch()
    assert queue_names(tmp_path) == ["dynatrace", "dynatrace/old", "empty"]
    (said,) = orphans(tmp_path, {"dynatrace"})
    assert str(tmp_path / "queue" / "dynatrace+old") in said
    assert "holds 2 requests with 3,000 events" in said
    assert "configure dynatrace/old with a queue on the disk again" in said
    assert "collector queue export" in said
    assert orphans(tmp_path, {"dynatrace", "dynatrace/old"}) == []


def test_one_that_is_locked_or_damaged_is_named_all_the_same(tmp_path: Path) -> None:
    used = fill(tmp_path, "used", 1)
    broken = fill(tmp_path, "broken", 1)
    broken.close()
    broken.path.write_bytes(b"\xff" * 50_000)
    first, second = orphans(tmp_path, ())
    used.close()
    assert "is damaged and holds 0 requests" in first
    assert "cannot be read (another process uses the queue" in second


def test_a_large_one_is_not_counted_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, "large", 3).close()
    monkeypatch.setattr(module, "MOST", 2)
    assert "holds at least 2 requests with 3,000 events" in orphans(tmp_path, ())[0]


def test_without_queues_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert orphans(tmp_path, ()) == []


def test_a_name_cannot_steer_a_terminal(tmp_path: Path) -> None:
    fill(tmp_path, "a\x1b[31m", 1).close()
    assert "\x1b" not in orphans(tmp_path, ())[0]
