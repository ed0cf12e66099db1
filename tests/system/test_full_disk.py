"""A full disk: senders wait, nothing that was promised is lost, and it goes on by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.small_disk import fill, missing, small_disk
from tests.system.collecting import Account, Collector
from tests.system.killing import Load, verdict, victim, writing
from tests.system.sandbox import sandbox
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

#: MB; the queue keeps 32 MiB of it for bad times.
_DISK = 48
_SIZE = 900


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """For the queue only: logs and sandbox have their own."""
    if reason := missing():
        pytest.skip(reason)
    try:
        with small_disk(tmp_path / "disk", _DISK) as point:
            yield point
    except OSError as e:
        pytest.skip(str(e))


def _full(source: Collector) -> None:
    eventually(lambda: source.metrics()("exporter_queue_failed"))
    status, said = source.ask("/healthz")
    assert status == 503
    assert "is full: make room on it" in said
    assert source.metrics()("receiver_paused")


def _stalled(load: Load) -> int:
    """What is promised when nothing more is."""
    seen: list[int] = []

    def still() -> bool:
        seen.append(load.promised)
        return len(seen) > 10 and len(set(seen[-10:])) == 1

    eventually(still)
    return seen[-1]


def test_what_was_promised_arrives_and_senders_go_on_by_themselves(
    tmp_path: Path, disk: Path
) -> None:
    with (
        sandbox(tmp_path) as destination,
        victim(tmp_path, destination, disk / "data", compression="none") as prey,
    ):
        destination.fail({"status": 503, "count": 0})
        source = prey.start()
        with writing(prey, _SIZE) as load:
            eventually(lambda: load.promised)
            theirs = fill(disk)
            _full(source)
            theirs.unlink()
            eventually(lambda: "stores again" in source.log)
            _full(source)
            promised = _stalled(load)
            assert Account(source.metrics(), "dynatrace").waiting >= promised > 1000
            prey.kill()
            source = prey.start()
            assert source.metrics()("exporter_recovered_log_records") >= promised
            _full(source)
            destination.relent()
            eventually(lambda: load.promised > promised + 500)
            eventually(lambda: source.ask("/healthz")[0] == 200)
        account = source.settled()
        found = verdict(load, destination.events(), prey.kills)
    assert (found.lost, found.invented, found.unexplained) == ([], [], [])
    assert account.dropped == 0
