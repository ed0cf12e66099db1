"""A queue that no process uses: looking leaves it as it is, purging takes out what was named."""

from __future__ import annotations

import sqlite3
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from collector.outputs.store.errors import Locked, StoreError
from collector.outputs.store.idle import IdleQueue, Totals
from collector.outputs.store.store import Store
from collector.request import Request
from tests.collector.outputs.store.test_store import left_behind, opened, request


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "queue" / "dynatrace"


def content(directory: Path) -> dict[str, bytes]:
    """Every file."""
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def filled(directory: Path, number: int, *, killed: bool = False) -> Path:
    """A queue with these requests; where it is."""
    store = opened(directory)
    store.commit([request(n) for n in range(number)], [])
    path = store.path
    (left_behind if killed else Store.close)(store)
    return path


def spoil(path: Path, change: str) -> None:
    """As a disk that lies."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(change)


class TestLooking:
    @pytest.mark.parametrize("killed", [False, True])
    def test_gives_what_was_put_and_changes_no_byte(self, directory: Path, *, killed: bool) -> None:
        path = filled(directory, 5, killed=killed)
        assert (Path(f"{path}-wal").exists()) is killed
        before, queue = content(directory), IdleQueue(directory)
        assert [entry.id for entry in queue.entries()] == [1, 2, 3, 4, 5]
        assert [whole for _, whole in queue.requests()] == [request(n) for n in range(5)]
        assert [whole for _, whole in queue.requests(3)] == [request(2)]
        assert list(queue.requests(9)) == []
        assert queue.totals() == Totals(5, 15, 500, 10)
        assert queue.totals(2).requests == 2
        assert queue.damage == []
        assert content(directory) == before

    def test_the_next_owner_finds_what_a_look_that_was_killed_has_left(
        self, directory: Path
    ) -> None:
        path = filled(directory, 2, killed=True)
        Path(f"{path}-shm").write_bytes(b"x" * 32768)
        assert IdleQueue(directory).totals().requests == 2
        assert not Path(f"{path}-shm").exists()

    def test_what_is_damaged_is_passed_over_and_told(self, directory: Path) -> None:
        path = filled(directory, 4)
        spoil(path, "UPDATE body SET data=x'00' WHERE id=2")
        spoil(path, "UPDATE request SET events=77 WHERE id=3")
        spoil(path, "DELETE FROM body WHERE id=4")
        before, queue = content(directory), IdleQueue(directory)
        assert [entry.id for entry, _ in queue.requests()] == [1]
        assert [line.partition(": ")[2] for line in queue.damage] == [
            "the bytes of request 2 are damaged",
            "the metadata of request 3 are damaged",
            "request 4 has no body",
        ]
        queue = IdleQueue(directory)
        queue.totals()
        assert len(queue.damage) == 1
        assert content(directory) == before

    def test_totals_are_numbers_whatever_the_disk_has_made_of_them(self, directory: Path) -> None:
        path = filled(directory, 2)
        spoil(path, "UPDATE request SET events='x', size=x'ff', oldest_ns='z' WHERE id=2")
        assert IdleQueue(directory).totals() == Totals(2, 1, 100, 0)

    def test_a_file_that_is_none_is_told(self, directory: Path) -> None:
        filled(directory, 1)
        (directory / "0.db").write_bytes(b"no queue" * 100)
        (directory / "1.db").touch()  # made, and never written to
        queue = IdleQueue(directory)
        assert len(list(queue.entries())) == 1
        assert len(queue.damage) == 1

    def test_what_was_healed_but_for_its_name_is_seen(self, directory: Path) -> None:
        path = filled(directory, 3)
        path.rename(f"{path}.healing")
        assert IdleQueue(directory).totals().requests == 3

    def test_a_newer_format_and_no_queue_are_refused(self, directory: Path) -> None:
        path = filled(directory, 1)
        spoil(path, "PRAGMA user_version=99")
        with pytest.raises(StoreError, match="newer collector"):
            IdleQueue(directory).totals()
        with pytest.raises(StoreError, match="there is no queue"):
            IdleQueue(directory / "other").totals()

    def test_one_that_is_in_use_is_refused_and_two_may_look(self, directory: Path) -> None:
        filled(directory, 2)
        one: Iterator[object] = IdleQueue(directory).entries()
        next(one)
        assert IdleQueue(directory).totals().requests == 2
        with pytest.raises(Locked, match="another process uses the queue"):
            opened(directory)
        del one
        with closing(opened(directory)), pytest.raises(Locked):
            IdleQueue(directory).totals()

    @pytest.mark.untraced
    def test_10_000_requests_take_little_time_and_memory(self, directory: Path) -> None:
        store = opened(directory)
        store.commit([Request(body=b"x" * 200, events=1) for _ in range(10_000)], [])
        store.close()
        began = time.monotonic()
        assert sum(1 for _ in IdleQueue(directory).requests()) == 10_000
        assert time.monotonic() - began < 10  # 0.3 s
        tracemalloc.start()
        for at, _ in enumerate(IdleQueue(directory).entries()):
            if at == 1000:
                tracemalloc.reset_peak()
                early = tracemalloc.get_traced_memory()[0]
        late = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert late - early < 200_000


class TestPurging:
    def test_takes_out_what_is_named_for_good(self, directory: Path) -> None:
        filled(directory, 5, killed=True)
        gone = IdleQueue(directory).purge({2, 4, 99})
        assert [(entry.id, entry.events) for entry in gone] == [(2, 2), (4, 4)]
        assert [entry.id for entry in IdleQueue(directory).entries()] == [1, 3, 5]
        assert len(IdleQueue(directory).purge(None)) == 3
        assert IdleQueue(directory).purge(None) == []
        assert IdleQueue(directory).totals() == Totals()

    def test_what_is_damaged_is_healed_and_told(self, directory: Path) -> None:
        spoil(filled(directory, 3), "UPDATE request SET events=77 WHERE id=3")
        spoil(next(directory.glob("*.db")), "UPDATE body SET data=x'00' WHERE id=3")
        queue = IdleQueue(directory)
        assert [entry.id for entry in queue.purge({2, 3})] == [2]
        assert queue.damage == ["1 requests are damaged, and set aside beside the queue"]
        assert [entry.id for entry in IdleQueue(directory).entries()] == [1]

    def test_an_id_that_may_be_of_two_requests_is_refused(self, directory: Path) -> None:
        path = filled(directory, 2)
        path.rename(directory.parent / path.name)
        filled(directory, 3)
        (directory.parent / path.name).rename(path)
        with pytest.raises(StoreError, match="has 2 files"):
            IdleQueue(directory).purge({1})
        assert IdleQueue(directory).totals().requests == 5
        assert len(IdleQueue(directory).purge(None)) == 5
        assert IdleQueue(directory).totals().requests == 0
