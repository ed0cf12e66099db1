"""The durable store: what it said it has, it has."""

from __future__ import annotations

import base64
import gc
import os
import random
import sqlite3
import stat
import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from collector.outputs.store.errors import Damaged, Locked, StoreError
from collector.outputs.store.room import Room
from collector.outputs.store.schema import pragma
from collector.outputs.store.store import Store
from collector.request import Request


def opened(directory: Path, **options: Any) -> Store:
    """A store with a small reserve."""
    return Store.open(directory, **{"reserve": 1 << 16, **options})


def request(n: int, size: int = 100) -> Request:
    """One whose every field follows from its number."""
    body = random.Random(n).randbytes(size)
    headers = (("content-type", f"text/{n}"), ("x-ü", "\n"))
    return Request(
        body=body, events=n + 1, oldest_ns=n * 10, headers=headers, raw_size=n, encoding="gzip"
    )


def left_behind(store: Store) -> None:
    """As a process that is killed: nothing is closed in order, only the locks go."""
    db = store._file._db
    assert db is not None
    path = store.path
    log, data = Path(f"{path}-wal").read_bytes(), path.read_bytes()
    store._file.disconnect()
    path.write_bytes(data)
    Path(f"{path}-wal").write_bytes(log)
    os.close(store._lock)
    store._lock = -1


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "queue" / "dynatrace"


class TestStore:
    def test_what_was_put_comes_back_to_the_bit(self, directory: Path) -> None:
        store = opened(directory)
        puts = [request(n) for n in range(5)]
        ids = store.commit(puts, [])
        assert ids == sorted(ids)
        assert [store.load(id) for id in ids] == puts
        store.close()
        store = opened(directory)
        assert [store.load(entry.id) for entry in store.entries()] == puts
        store.close()

    def test_an_entry_says_all_but_the_body(self, directory: Path) -> None:
        store = opened(directory, encoder="dynatrace/1")
        before = time.time_ns()
        (id,) = store.commit([request(3, 50)], [])
        (entry,) = store.entries()
        assert (entry.id, entry.events, entry.size, entry.oldest_ns) == (id, 4, 50, 30)
        assert (entry.raw_size, entry.encoding, entry.headers) == (3, "gzip", request(3).headers)
        assert (entry.attempts > 0, entry.format) == (False, "dynatrace/1")
        assert before <= entry.created_ns <= time.time_ns()
        store.close()

    def test_done_ones_are_gone_and_ids_are_never_used_again(self, directory: Path) -> None:
        store = opened(directory)
        ids = store.commit([request(n) for n in range(3)], [])
        assert store.commit([], ids) == []
        assert (store.bytes, store.waiting, store.entries()) == (0, 0, [])
        store.close()
        store = opened(directory)
        assert store.commit([request(9)], [])[0] > ids[-1]
        store.close()

    def test_an_unknown_id_is_no_error_to_take_out(self, directory: Path) -> None:
        store = opened(directory)
        store.commit([request(1)], [77, 77])
        assert store.waiting == 1
        store.close()

    def test_an_unknown_id_cannot_be_loaded_and_is_not_counted(self, directory: Path) -> None:
        store = opened(directory)
        with pytest.raises(Damaged):
            store.load(77)
        assert store.lost_requests == 0
        store.close()

    def test_attempts_survive(self, directory: Path) -> None:
        store = opened(directory)
        one, two = store.commit([request(1), request(2)], [])
        store.attempted([two], "status 503")
        store.close()
        store = opened(directory)
        assert [entry.attempts > 0 for entry in store.entries()] == [False, True]
        assert (store.load(one).attempted, store.load(two).attempted) == (False, True)
        store.close()

    def test_a_request_that_cannot_be_stored_leaves_no_trace(self, directory: Path) -> None:
        store = opened(directory)
        with pytest.raises(OverflowError):
            store.commit([request(1), Request(body=b"", events=1 << 64)], [])
        assert store.entries() == []
        assert store.commit([request(2)], [])
        store.close()

    def test_parts_are_where_the_whole_was(self, directory: Path) -> None:
        store = opened(directory)
        one, two, three = store.commit([request(n) for n in range(3)], [])
        created = store.entries()[1].created_ns
        halves = store.replace([two], [request(10), request(11)])
        assert [entry.id for entry in store.entries()] == [one, *halves, three]
        assert {entry.created_ns for entry in store.entries()[1:3]} == {created}
        (merged,) = store.replace([one, *halves], [request(12)])
        store.close()
        store = opened(directory)
        assert [entry.id for entry in store.entries()] == [merged, three]
        assert store.load(merged) == request(12)
        assert store.bytes == 200
        store.close()

    def test_a_request_set_aside_is_kept_beside_it(self, directory: Path) -> None:
        store = opened(directory)
        one, two = store.commit([request(1), request(2)], [])
        assert store.quarantine(one, "\udcffpoison")
        assert not store.quarantine(one, "again")
        (path,) = directory.glob("*.bad.jsonl")
        (line,) = path.read_bytes().splitlines()
        kept = orjson.loads(line)
        assert base64.b64decode(kept["body"]) == request(1).body
        assert (kept["events"], kept["reason"]) == (2, "\\udcffpoison")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert (store.lost_requests, store.lost_events) == (1, 2)
        assert [entry.id for entry in store.entries()] == [two]
        store.close()

    def test_only_the_owner_may_read_it(self, directory: Path) -> None:
        store = opened(directory)
        store.commit([request(1)], [])
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        modes = {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
        assert modes == {0o600}
        store.close()

    def test_the_settings_that_durability_rests_on_are_in_force(self, directory: Path) -> None:
        for _ in range(2):
            store = opened(directory)
            db = store._file.db
            store.commit([request(1)], [])
            expected = {
                "synchronous": 2,
                "journal_mode": "wal",
                "locking_mode": "exclusive",
                "page_size": 16384,
                "auto_vacuum": 2,
                "secure_delete": 0,
                "wal_autocheckpoint": 512,
                "journal_size_limit": 16 << 20,
                "cell_size_check": 1,
                "user_version": 1,
            }
            assert {name: pragma(db, name) for name in expected} == expected
            assert not list(directory.glob("*-shm"))
            store.close()

    def test_a_database_that_does_not_keep_its_settings_is_refused(
        self, directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("collector.outputs.store.schema._IN_FORCE", {"synchronous": 3})
        with pytest.raises(StoreError, match="does not keep synchronous=3"):
            opened(directory)

    def test_space_is_given_back(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("collector.outputs.store.room.IDLE", 1 << 20)
        store = opened(directory)
        ids = store.commit([request(n, 1 << 20) for n in range(20)], [])
        store.commit([], ids)
        steps = 1
        while store.reclaim():
            steps += 1
        assert steps > 1
        assert store.path.stat().st_size <= 4 << 20
        store.close()

    def test_closing_leaves_one_file_and_the_reserve(self, directory: Path) -> None:
        store = opened(directory)
        store.commit([request(1)], [])
        store.close()
        store.close()
        names = {path.suffix for path in directory.iterdir()}
        assert names == {".db", ".reserve", ".lock"}

    @pytest.mark.untraced
    def test_listing_takes_as_long_as_there_are_requests(self, tmp_path: Path) -> None:
        """Ten times as many, not a hundred times as long; what it takes is for `make bench`."""
        took = {}
        for number in (1_000, 10_000):
            store = opened(tmp_path / str(number))
            store.commit([request(n, 10) for n in range(number)], [])
            left_behind(store)
            gc.disable()  # what other tests have left is not ours to look through
            try:
                before = time.process_time()
                store = opened(tmp_path / str(number))
                assert len(store.entries()) == number
                took[number] = time.process_time() - before
            finally:
                gc.enable()
            store.close()
        assert took[10_000] < 30 * took[1_000] + 0.1, took

    def test_speed(self, directory: Path) -> None:
        store = opened(directory, reserve=32 << 20)
        puts = [request(n, 100_000) for n in range(8)]
        for group in (1, 8):
            took, ids = [], [0]
            start = time.perf_counter()
            for _ in range(60):
                before = time.perf_counter()
                ids = store.commit(puts[:group], ids)
                took.append(time.perf_counter() - before)
            rate = 60 * group * 0.1 / (time.perf_counter() - start)
            took.sort()
            print(
                f"groups of {group}: {rate:.0f} MB/s, p50 {took[30] * 1e3:.2f} ms, "
                f"p99 {took[-1] * 1e3:.2f} ms"
            )
        store.close()


class TestOpening:
    def test_a_second_owner_is_refused(self, directory: Path) -> None:
        store = opened(directory)
        with pytest.raises(Locked, match="another process uses the queue"):
            opened(directory)
        with pytest.raises(Locked):
            opened(directory, shared=True)
        store.close()
        opened(directory).close()

    def test_workers_share_a_directory_each_with_its_own_file(self, directory: Path) -> None:
        one, two = opened(directory, shared=True), opened(directory, shared=True)
        one.commit([request(1)], [])
        two.commit([request(2)], [])
        assert one.path != two.path
        assert (one.waiting, two.waiting) == (1, 1)
        assert two.adopt() == 0
        one.close()
        two.close()

    def test_files_of_several_processes_become_one(self, directory: Path) -> None:
        stores = [opened(directory, shared=True, encoder=f"v{n}") for n in range(3)]
        for n, store in enumerate(stores):
            store.commit([request(10 * n + m) for m in range(n + 1)], [])
        for store in stores:
            store.close()
        store = opened(directory)
        found = [(store.load(entry.id), entry.format) for entry in store.entries()]
        assert sorted(found, key=lambda pair: pair[0].events) == [
            (request(10 * n + m), f"v{n}") for n in range(3) for m in range(n + 1)
        ]
        assert len(list(directory.glob("*.db"))) == 1
        assert len(list(directory.glob("*.reserve"))) == 1
        store.close()

    def test_a_newer_format_is_refused_and_left_alone(self, directory: Path) -> None:
        store = opened(directory)
        store.commit([request(1)], [])
        store.close()
        db = sqlite3.connect(store.path)
        db.execute("PRAGMA user_version=2")
        db.close()
        with pytest.raises(StoreError, match=r"newer collector .format 2, this one knows 1"):
            opened(directory)
        assert [path.name for path in directory.glob("*.db*")] == [store.path.name]

    def test_a_place_that_cannot_be_written_is_refused_with_what_to_do(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(StoreError, match=r"cannot make the queue .*create it for this user"):
            opened(tmp_path / "file" / "queue")

    def test_a_remote_file_system_is_a_warning(
        self, directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = opened(directory)
        assert store.warnings == []
        store.close()
        monkeypatch.setattr("collector.outputs.store.disk.file_system", lambda _: "nfs4")
        store = opened(directory)
        assert "on nfs4" in store.warnings[0]
        store.close()


class _Failing:
    """A connection whose COMMIT fails, before or after it was done."""

    def __init__(self, db: sqlite3.Connection, error: int, *, after: bool) -> None:
        self._db, self._error, self._after = db, error, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def execute(self, query: str, *args: Any) -> Any:
        if query == "COMMIT":
            if self._after:
                self._db.execute(query)
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = self._error
            raise error
        return self._db.execute(query, *args)


@pytest.mark.parametrize(
    ("error", "after"),
    [
        (sqlite3.SQLITE_IOERR | 4 << 8, False),
        (sqlite3.SQLITE_IOERR | 4 << 8, True),  # fsync failed: the commit may have reached the log
        (sqlite3.SQLITE_BUSY, False),
    ],
)
class TestFailingCommit:
    def test_what_was_refused_is_not_there(
        self, directory: Path, error: int, *, after: bool
    ) -> None:
        store = opened(directory)
        (first,) = store.commit([request(1)], [])
        failing: Any = _Failing(store._file.db, error, after=after)
        store._file._db = failing
        with pytest.raises(StoreError, match="cannot write to the queue"):
            store.commit([request(2)], [])
        failing._error = 0
        store._file._db = None if error != sqlite3.SQLITE_BUSY else failing._db
        assert [entry.id for entry in store.entries()] == [first]
        (next_,) = store.commit([request(3)], [first])
        assert store.load(next_) == request(3)
        assert store.bytes == 100
        store.close()


class Model(RuleBasedStateMachine):
    """The store against a dict, over kills and restarts."""

    ids = Bundle("ids")
    numbers = 0

    def __init__(self) -> None:
        super().__init__()
        base = Path(f"model-{time.time_ns()}")
        self.store = opened(base, reserve=0)
        self.base = base
        self.model: dict[int, Request] = {}
        #: Of each id, which one's place it has.
        self.places: dict[int, int] = {}

    def some(self, count: int, size: int) -> list[Request]:
        Model.numbers += count
        return [request(Model.numbers + n, size) for n in range(count)]

    @rule(target=ids, count=st.integers(0, 4), size=st.sampled_from([0, 1, 5000, 40_000]), done=ids)
    def commit(self, count: int, size: int, done: int) -> Any:
        return self.put(self.some(count, size), [done])

    @rule(target=ids, count=st.integers(1, 4))
    def first(self, count: int) -> Any:
        return self.put(self.some(count, 10), [])

    def put(self, puts: list[Request], done: list[int]) -> Any:
        new = self.store.commit(puts, done)
        for id in done:
            self.model.pop(id, None)
        self.model.update(zip(new, puts, strict=True))
        self.places.update(zip(new, new, strict=True))
        return multiple(*new)

    @rule(target=ids, old=st.lists(ids, min_size=1, max_size=3), count=st.integers(1, 3))
    def replace(self, old: list[int], count: int) -> Any:
        made = self.some(count, 300)
        new = self.store.replace(old, made)
        place = min((self.places[id] for id in old if id in self.model), default=0)
        for id in old:
            self.model.pop(id, None)
        self.places.update({id: place or id for id in new})
        self.model.update(zip(new, made, strict=True))
        return multiple(*new)

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = opened(self.base, reserve=0)

    @rule()
    def kill(self) -> None:
        left_behind(self.store)
        self.store = opened(self.base, reserve=0)

    @rule(id=ids)
    def load(self, id: int) -> None:
        if id in self.model:
            assert self.store.load(id) == self.model[id]

    @invariant()
    def agrees(self) -> None:
        assert [entry.id for entry in self.store.entries()] == sorted(
            self.model, key=lambda id: (self.places[id], id)
        )
        assert self.store.bytes == sum(len(each.body) for each in self.model.values())
        assert self.store.waiting == len(self.model)
        assert self.store.healed is None

    def teardown(self) -> None:
        for id, wanted in self.model.items():
            assert self.store.load(id) == wanted
        self.store.close()


TestModel = Model.TestCase
TestModel.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_a_stopped_merge_goes_on_later(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stores = [opened(directory, shared=True) for _ in range(2)]
    stores[0].commit([request(n, 40_000) for n in range(4)], [])
    stores[1].commit([request(9)], [])
    for store in stores:
        store.close()
    with monkeypatch.context() as patch:
        patch.setattr(Room, "lacks", lambda _self, _group: "full")
        store = opened(directory)
    assert (store.waiting, len(store.leftovers)) == (4, 1)
    assert store.adopt() == 1
    assert (store.waiting, store.leftovers) == (5, [])
    store.close()
