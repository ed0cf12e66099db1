"""A full disk: nothing new, nothing lost, and what was sent goes."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.outputs.store.disk import Reserve, file_system
from collector.outputs.store.errors import StoreError, StoreFull
from collector.outputs.store.store import Store
from collector.request import Request
from tests.small_disk import fill, missing, small_disk

#: More than the log, which is 8 MiB and a group when nobody stops it.
RESERVE = 16 << 20


def request(n: int) -> Request:
    return Request(body=random.Random(n).randbytes(100_000), events=1, raw_size=n)


def opened(directory: Path) -> Store:
    return Store.open(directory, reserve=RESERVE)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small one of its own."""
    if reason := missing():
        pytest.skip(reason)
    try:
        with small_disk(tmp_path / "disk", 48) as point:
            yield point
    except OSError as e:
        pytest.skip(str(e))


def put_until_full(store: Store) -> dict[int, Request]:
    stored: dict[int, Request] = {}
    for n in range(1000):
        try:
            (id,) = store.commit([request(n)], [])
        except StoreFull:
            return stored
        stored[id] = request(n)
    raise AssertionError("never full")


def check(store: Store, stored: dict[int, Request]) -> None:
    assert [entry.id for entry in store.entries()] == list(stored)
    assert all(store.load(id) == wanted for id, wanted in stored.items())


def test_a_queue_that_fills_the_disk_refuses_and_goes_on_when_there_is_room(disk: Path) -> None:
    store = opened(disk / "queue")
    stored = put_until_full(store)
    assert len(stored) > 100
    check(store, stored)
    for id in list(stored):
        store.commit([], [id])
    assert (store.waiting, store.bytes) == (0, 0)
    assert store.commit([request(1)], [])
    store.close()


def test_what_was_sent_goes_while_another_program_fills_the_disk(disk: Path) -> None:
    store = opened(disk / "queue")
    stored = put_until_full(store)
    theirs = fill(disk)
    ids = list(stored)
    for n, id in enumerate(ids[:10]):
        with pytest.raises(StoreFull, match="is full: make room on it"):
            store.commit([request(n)], [id])
        del stored[id]
    check(store, stored)
    store.close()
    fill(disk)
    store = opened(disk / "queue")
    check(store, stored)
    for id in list(stored)[:10]:
        store.commit([], [id])
        del stored[id]
    check(store, stored)
    theirs.unlink()
    (id,) = store.commit([request(7)], [])
    stored[id] = request(7)
    check(store, stored)
    assert store._room.reserve.held
    store.close()


def test_what_was_sent_makes_room_also_when_not_a_byte_is_left(disk: Path) -> None:
    store = opened(disk / "queue")
    ids = [id for n in range(100) for id in store.commit([request(n)], [])]
    store.commit([], ids)
    assert store._room.reserve.held
    store._file.checkpoint()
    fill(disk)
    assert store.lacks() == ""
    (id,) = store.commit([request(1)], [])
    check(store, {id: request(1)})
    assert store._room.reserve.held
    store.close()


def test_a_start_after_a_kill_on_a_full_disk_finds_all(disk: Path) -> None:
    store = opened(disk / "queue")
    stored = put_until_full(store)
    log, data = Path(f"{store.path}-wal").read_bytes(), store.path.read_bytes()
    store.close()
    store.path.write_bytes(data)
    Path(f"{store.path}-wal").write_bytes(log)
    fill(disk)
    store = opened(disk / "queue")
    check(store, stored)
    store.commit([], list(stored))
    assert store.waiting == 0
    store.close()


def test_a_first_start_on_a_full_disk_says_so(disk: Path) -> None:
    theirs = fill(disk)
    with pytest.raises(StoreError, match="is full: make room"):
        opened(disk / "queue")
    theirs.unlink()
    store = opened(disk / "queue")
    assert store.commit([request(1)], [])
    store.close()


def test_healing_on_a_full_disk_waits_for_room_and_loses_nothing(disk: Path) -> None:
    store = opened(disk / "queue")
    stored = put_until_full(store)
    store.close()
    with store.path.open("r+b") as file:
        file.truncate(store.path.stat().st_size - 40_000)
    theirs = fill(disk)
    with pytest.raises(StoreFull):
        opened(disk / "queue")
    theirs.unlink()
    shutil.copytree(disk / "queue", disk.parent / "roomy")
    store = opened(disk.parent / "roomy")
    assert store.healed is not None
    assert store.waiting >= len(stored) - 2
    store.close()


def test_a_request_is_not_set_aside_unless_it_is_kept(disk: Path) -> None:
    store = opened(disk / "queue")
    stored = put_until_full(store)
    store._room._size = 0
    Path(store.path).with_suffix(".reserve").unlink()
    fill(disk)
    with pytest.raises(StoreFull):
        store.quarantine(next(iter(stored)), "poison")
    check(store, stored)
    store.close()


def test_the_reserve_is_real(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve", 1 << 20)
    assert not reserve.held
    assert reserve.make()
    assert reserve.path.stat().st_blocks * 512 >= 1 << 20
    os.truncate(reserve.path, 1000)
    assert not reserve.held
    assert reserve.make()
    assert reserve.release()
    assert not reserve.release()


def test_a_disk_has_a_kind(disk: Path) -> None:
    assert file_system(disk) == "tmpfs"
