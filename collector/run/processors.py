"""How many processors this process may use: the machine's, less what affinity and cgroups take."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .cgroups import CGROUPS, OURS, groups


def usable(cgroups: Path = CGROUPS, ours: Path = OURS) -> int:
    """At least 1. Of a quota for one and a half, the half would be waited for: 1."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quotas = [quota for group in groups("cpu", cgroups, ours) for quota in _quota(group)]
    return max(1, int(min([count or 1, *quotas])))


def _quota(group: Path) -> Iterator[float]:
    try:
        if (limit := group / "cpu.max").exists():  # version 2
            quota, period = limit.read_text().split()
        else:
            quota = (group / "cpu.cfs_quota_us").read_text().strip()
            period = (group / "cpu.cfs_period_us").read_text().strip()
    except (OSError, ValueError):
        return
    if quota.isdigit() and period.isdigit() and int(period):  # else "max", or -1
        yield int(quota) / int(period)
