"""Where the limits of the cgroups that this process is in are written, of version 1 and 2."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OURS = Path("/proc/self/cgroup")


def groups(controller: str, cgroups: Path = CGROUPS, ours: Path = OURS) -> Iterator[Path]:
    """The folders of ours and of all that it is in: each may have a limit."""
    try:
        lines = ours.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, name = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = cgroups / controllers if controllers else cgroups
        group = top / name.lstrip("/")
        yield from (group, *(parent for parent in group.parents if parent.is_relative_to(top)))
