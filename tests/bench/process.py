"""Processes of a run: started on a CPU, ended in any case, and what Linux says of their cost."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent.parent
_TICKS = os.sysconf("SC_CLK_TCK")
_GRACE = 10.0


def cpus(number: int = 1) -> tuple[set[int], set[int]]:
    """So many for the collector, and everybody else's. The same when there are no more."""
    there = sorted(os.sched_getaffinity(0))
    return set(there[:number]), set(there[number:]) or set(there)


@contextmanager
def running(
    arguments: Sequence[object],
    on: set[int],
    *,
    stdout: int | IO[str] | None = None,
    stderr: IO[str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """Python with these arguments, in a session of its own so that Ctrl-C ends it only once."""
    process = subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        text=True,
        start_new_session=True,
    )
    try:
        # It is still starting the interpreter: what it will be and make inherits both.
        with suppress(ProcessLookupError):
            os.sched_setaffinity(process.pid, on)
            _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (hard, hard))
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[str]) -> None:
    """Ask it to stop; after a while, kill it and all that it has started."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    # Its session, though it may be gone by itself.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, 9)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for parent in found:
        found += children.get(parent, ())
    return found


def _stat(pid: int) -> list[str]:
    """The fields after the name, which stands in parentheses and may hold anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return []


def cpu_seconds(pid: int, *, alone: bool = False) -> float:
    """User and system time of the tree; that of children that have ended is with the parent.

    `alone`: of the process without its children.
    """
    if alone:
        return sum(map(int, _stat(pid)[11:13])) / _TICKS
    return sum(int(ticks) for one in tree(pid) for ticks in _stat(one)[11:15]) / _TICKS


def wakeups(pid: int) -> int:
    """How often all threads of a process have waited, and gone on."""
    found = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        for line in status.read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                found += int(line.split()[1])
    return found


def waiting_seconds(pid: int) -> float:
    """How long the tree's main threads could have run, and another process had the CPU."""
    waited = 0
    for one in tree(pid):
        with suppress(OSError):
            waited += int(Path(f"/proc/{one}/schedstat").read_text().split()[1])
    return waited / 1e9


def peak_rss(pid: int) -> int:
    """Bytes: the sum of the tree's peaks."""
    return _memory(tree(pid), "VmHWM:")


def rss(pid: int, *, alone: bool = False) -> int:
    """Bytes that the tree has now; `alone`: the process without its children."""
    return _memory([pid] if alone else tree(pid), "VmRSS:")


def _memory(pids: Sequence[int], name: str) -> int:
    kilobytes = 0
    for one in pids:
        with suppress(OSError):
            for line in Path(f"/proc/{one}/status").read_text().splitlines():
                if line.startswith(name):
                    kilobytes += int(line.split()[1])
    return kilobytes * 1024
