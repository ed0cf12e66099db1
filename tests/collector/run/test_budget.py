"""What may wait in memory: by the machine, by cgroups, and what happens above it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from twisted.internet.task import Clock

from collector.run.budget import Budget, available, limit_of

_MACHINE = available(Path("/nowhere"), Path("/nowhere"))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"memory.max": "max"}, _MACHINE),
        ({"memory.max": "268435456"}, 256 << 20),
        ({"memory.max": "268435456", "memory.high": "134217728"}, 128 << 20),
    ],
)
def test_a_limit_of_version_2(tmp_path: Path, files: dict[str, str], expected: int) -> None:
    (tmp_path / "pod" / "container").mkdir(parents=True)
    for name, text in files.items():
        (tmp_path / "pod" / name).write_text(f"{text}\n")
    ours = tmp_path / "cgroup"
    ours.write_text("0::/pod/container\n")
    assert available(tmp_path, ours) == expected


@pytest.mark.parametrize(
    ("limit", "expected"), [("9223372036854771712", _MACHINE), ("104857600", 100 << 20)]
)
def test_a_limit_of_version_1(tmp_path: Path, limit: str, expected: int) -> None:
    group = tmp_path / "memory" / "x"
    group.mkdir(parents=True)
    (group / "memory.limit_in_bytes").write_text(limit)
    ours = tmp_path / "cgroup"
    ours.write_text("5:memory:/x\n4:cpu,cpuacct:/x\n")
    assert available(tmp_path, ours) == expected


def test_workers_share_what_is_said_or_half_of_what_there_is() -> None:
    assert limit_of(1 << 30, 4) == 256 << 20
    assert limit_of("auto", 2) == pytest.approx(available() / 4, abs=2)


class Noted(list[bool]):
    """A valve."""

    def squeeze(self, *, is_over: bool) -> None:
        self.append(is_over)


def test_receivers_pause_above_it_and_go_on_well_below() -> None:
    clock, valve = Clock(), Noted()
    outlets: Any = [SimpleNamespace(in_memory=0), SimpleNamespace(in_memory=400)]
    budget = Budget(clock, 1000, outlets, [valve])  # type: ignore[list-item]
    budget.start()
    for used, pause, expected in (
        (601, 0.1, [True]),  # it was looked at soon, for there was much
        (400, 0.1, [True]),
        (340, 0.1, [True, False]),
        (100, 0.1, [True, False]),
        (900, 0.1, [True, False, True]),
    ):
        outlets[0].in_memory = used
        clock.advance(pause)
        assert valve == expected, used
    budget.stop()
    assert not clock.getDelayedCalls()


def test_it_is_seldom_looked_at_while_there_is_little() -> None:
    clock, valve = Clock(), Noted()
    outlets: Any = [SimpleNamespace(in_memory=0)]
    budget = Budget(clock, 1000, outlets, [valve])  # type: ignore[list-item]
    budget.start()
    outlets[0].in_memory = 2000
    clock.advance(0.9)
    assert valve == []
    clock.advance(0.1)
    assert valve == [True]
    budget.stop()
