"""A broken file costs what is broken, and never more than a sentence in the log."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from collector.outputs.store.errors import Damaged
from collector.outputs.store.salvage import new_path
from collector.outputs.store.store import Store
from collector.request import Request

PENDING = 60


def opened(directory: Path) -> Store:
    return Store.open(directory, reserve=0)


def request(n: int) -> Request:
    body = random.Random(n).randbytes(20_000)
    return Request(body=body, events=n, headers=(("n", str(n)),), encoding="gzip")


def flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice([1, 1, 8])):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def zero(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data)) & ~4095
    data[at : at + 4096] = bytes(len(data[at : at + 4096]))


def cut(data: bytearray, chance: random.Random) -> None:
    del data[-chance.randrange(1, 200_000) :]


def swap(data: bytearray, chance: random.Random) -> None:
    one, two = (chance.randrange(len(data) // 16384) * 16384 for _ in range(2))
    data[one : one + 16384], data[two : two + 16384] = (
        data[two : two + 16384],
        data[one : one + 16384],
    )


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a store with requests that wait, and some that are done, by suffix."""
    directory = tmp_path_factory.mktemp("sound")
    store = opened(directory)
    for n in range(PENDING + 20):
        store.commit([request(n)], [])
    store.commit([], [entry.id for entry in store.entries()[10:30]])
    open_files = {suffix: Path(f"{store.path}{suffix}").read_bytes() for suffix in ("", "-wal")}
    store.close()
    return {"closed": store.path.read_bytes(), **open_files}


def drained(directory: Path) -> tuple[int, int, Store]:
    """What a queue would find: right ones, and those said to be damaged."""
    store = opened(directory)
    right = wrong = 0
    while entries := store.entries():  # healing while running may bring some back
        for entry in entries:
            try:
                found = store.load(entry.id)
            except Damaged:
                wrong += 1
            else:
                assert found == request(found.events)
                right += 1
                store.commit([], [entry.id])
    assert store.entries() == []
    assert store.bytes == 0
    (id,) = store.commit([request(5)], [])
    assert store.load(id) == request(5)
    return right, wrong, store


@pytest.mark.parametrize("harm", [flip, zero, cut, swap])
def test_only_what_is_damaged_is_lost(
    sound: dict[str, bytes],
    tmp_path: Path,
    harm: Callable[[bytearray, random.Random], None],
) -> None:
    lost = []
    for seed in range(15):
        directory = tmp_path / str(seed)
        directory.mkdir()
        data = bytearray(sound["closed"])
        harm(data, random.Random(seed))
        new_path(directory).write_bytes(data)
        right, _, store = drained(directory)
        lost.append(PENDING - right)
        if right < PENDING:
            assert store.lost_requests or (store.healed and store.healed.unsure)
        store.close()
        again = opened(directory)
        assert again.waiting == 1
        again.close()
    print(harm.__name__, "lost", lost)
    assert sorted(lost)[len(lost) // 2] <= (20 if harm is cut else 4)


@pytest.mark.parametrize("harm", [flip, zero, cut])
def test_a_damaged_log_gives_nothing_wrong(
    sound: dict[str, bytes],
    tmp_path: Path,
    harm: Callable[[bytearray, random.Random], None],
) -> None:
    for seed in range(8):
        directory = tmp_path / str(seed)
        directory.mkdir()
        log = bytearray(sound["-wal"])
        harm(log, random.Random(seed))
        path = new_path(directory)
        path.write_bytes(sound[""])
        Path(f"{path}-wal").write_bytes(log)
        right, wrong, store = drained(directory)
        kept = [unread.file.read_bytes() for unread in store.unread]
        assert kept == [log][: len(kept)]
        if harm is not cut and right + wrong < PENDING and not store.lost_requests:
            assert kept  # a log that ends early is told from one that is broken
        store.close()


def test_a_log_that_a_crash_has_cut_short_is_no_damage(
    sound: dict[str, bytes], tmp_path: Path
) -> None:
    path = new_path(tmp_path)
    path.write_bytes(sound[""])
    whole = sound["-wal"]
    Path(f"{path}-wal").write_bytes(whole[: len(whole) - 20_000])
    right, _, store = drained(tmp_path)
    assert (right, store.unread) == (PENDING + 20, [])  # the last commit took 20 out
    store.close()


@pytest.mark.parametrize(
    "content",
    [b"", b"x" * 99, b"SQLite format 3\0", random.Random(1).randbytes(50_000), bytes(40_000)],
)
def test_what_is_no_queue_is_put_aside(tmp_path: Path, content: bytes) -> None:
    new_path(tmp_path).write_bytes(content)
    right, wrong, store = drained(tmp_path)
    assert (right, wrong) == (0, 0)
    bad = [path.read_bytes() for path in tmp_path.glob("*.bad-*")]
    assert bad == ([content] if content else [])
    store.close()


def test_the_database_of_another_program_is_put_aside(tmp_path: Path) -> None:
    db = sqlite3.connect(new_path(tmp_path))
    db.execute("CREATE TABLE theirs(x)")
    db.close()
    drained(tmp_path)[2].close()
    assert len(list(tmp_path.glob("*.bad-*"))) == 1


def test_damage_found_while_running_is_healed_and_ids_stay(
    sound: dict[str, bytes], tmp_path: Path
) -> None:
    path = new_path(tmp_path)
    path.write_bytes(sound["closed"])
    store = opened(tmp_path)
    before = store.entries()
    rows = store._file.db.execute("SELECT rootpage FROM sqlite_master WHERE name='body'")
    (root,) = rows.fetchone()
    store._file.disconnect()
    with path.open("r+b") as file:
        file.seek((root - 1) * 16384)
        file.write(bytes(16384))
    assert readable(store, before) == 0
    assert store.healed is not None
    assert store.healed.lost == PENDING
    assert store.lost_events == sum(entry.events for entry in before)
    (id,) = store.commit([request(5)], [])
    assert id > before[-1].id
    store.close()


def readable(store: Store, entries: Any) -> int:
    right = 0
    for entry in entries:
        with suppress(Damaged):
            right += store.load(entry.id) == request(entry.events)
    return right


@pytest.mark.parametrize("junk", [bytes(4096), random.Random(1).randbytes(16384)])
def test_the_first_page_is_not_needed(sound: dict[str, bytes], tmp_path: Path, junk: bytes) -> None:
    broken = junk + sound["closed"][len(junk) :]
    new_path(tmp_path).write_bytes(broken)
    right, _, store = drained(tmp_path)
    assert right == PENDING
    assert next(tmp_path.glob("*.bad-*")).read_bytes() == broken
    store.close()


def test_metadata_that_are_damaged_come_back_from_the_body(
    sound: dict[str, bytes], tmp_path: Path
) -> None:
    path = new_path(tmp_path)
    path.write_bytes(sound["closed"])
    db = sqlite3.connect(path)
    db.execute("UPDATE request SET events=7777 WHERE id=5")
    db.execute("UPDATE request SET headers=x'ff00', size='many' WHERE id=6")
    db.execute("DELETE FROM request WHERE id=7")
    db.commit()
    db.close()
    assert drained(tmp_path)[0] == PENDING


def test_a_row_with_wrong_bytes_is_set_aside(sound: dict[str, bytes], tmp_path: Path) -> None:
    path = new_path(tmp_path)
    path.write_bytes(sound["closed"])
    db = sqlite3.connect(path)
    db.execute("UPDATE body SET data=zeroblob(20000) WHERE id=5")
    db.commit()
    db.close()
    right, wrong, store = drained(tmp_path)
    assert (right, wrong) == (PENDING - 1, 1)
    assert (store.lost_requests, store.lost_events) == (1, 4)
    assert store.path.with_suffix(".bad.jsonl").stat().st_size > 20_000
    store.close()


@pytest.mark.parametrize("complete", [False, True])
def test_a_crash_while_healing_loses_nothing(
    sound: dict[str, bytes], tmp_path: Path, *, complete: bool
) -> None:
    path = new_path(tmp_path)
    Path(f"{path}.healing").write_bytes(sound["closed"] if complete else b"half")
    if complete:
        Path(f"{path}-wal").write_bytes(sound["-wal"])
    else:
        path.write_bytes(sound["closed"])
    assert drained(tmp_path)[0] == PENDING
    assert not list(tmp_path.glob("*.healing"))


def test_a_broken_name_of_a_column_is_no_reason_not_to_start(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.commit([request(1)], [])
    store.close()
    data = store.path.read_bytes()
    at = data.index(b" sum ")
    store.path.write_bytes(data[:at] + b" sun " + data[at + 5 :])
    store = opened(tmp_path)
    assert store.healed is not None
    assert [store.load(entry.id) for entry in store.entries()] == [request(1)]
    assert store.commit([request(2)], [])
    store.close()
