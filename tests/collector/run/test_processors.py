"""`workers: auto`: the processors of the machine, and the limits of cgroups."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from collector.run.processors import usable


@pytest.fixture(autouse=True)
def _eight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


@pytest.mark.parametrize(
    ("quota", "expected"),
    [("max 100000", 8), ("200000 100000", 2), ("150000 100000", 1), ("50000 100000", 1), ("?", 8)],
)
def test_a_quota_of_version_2(tmp_path: Path, quota: str, expected: int) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "cpu.max").write_text(f"{quota}\n")
    ours = tmp_path / "cgroup"
    ours.write_text("0::/a/b\n")
    assert usable(tmp_path, ours) == expected


@pytest.mark.parametrize(("quota", "expected"), [("-1", 8), ("300000", 3)])
def test_a_quota_of_version_1(tmp_path: Path, quota: str, expected: int) -> None:
    group = tmp_path / "cpu,cpuacct" / "x"
    group.mkdir(parents=True)
    (group / "cpu.cfs_quota_us").write_text(quota)
    (group / "cpu.cfs_period_us").write_text("100000")
    ours = tmp_path / "cgroup"
    ours.write_text("5:memory:/x\n4:cpu,cpuacct:/x\n")
    assert usable(tmp_path, ours) == expected


def test_without_cgroups_affinity_counts(tmp_path: Path) -> None:
    assert usable(tmp_path, tmp_path / "none") == 8
