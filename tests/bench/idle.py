"""What a collector of the quickstart configuration costs while nothing comes."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.process import ROOT, cpu_seconds, cpus, rss, running, tree, wakeups
from tests.bench.report import table
from tests.bench.subject import Subject, free_port

_CONFIGURATION = ROOT / "conf" / "quickstart.yaml"
_LOCAL = re.compile(r"(?<=127\.0\.0\.1:)\d+")
_HEAD = ("process", "start s", "RSS MB", "wakes/s", "of a core")
#: Seconds until what the start has left to do is done, and seconds of looking.
_SETTLED, _LOOKED = 5.0, 60.0


def idle() -> str:
    """CPU of the start, then RSS, wake-ups and the part of a core of a minute, by process."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        config, log, admin = folder / "collector.yaml", folder / "collector.log", free_port()
        text = _CONFIGURATION.read_text().replace("127.0.0.1:8787", "ADMIN")
        text = _LOCAL.sub(_other_ports(), text)
        config.write_text(text.replace("ADMIN", f"127.0.0.1:{admin}"))
        there = {"COLLECTOR_DATA_DIR": str(folder / "data")}
        command = ["-m", "collector", "run", config]
        with (
            log.open("w") as out,
            running(command, cpus()[0], stdout=out, stderr=out, environment=there) as process,
        ):
            Subject(process, 0, admin, log).wait()
            return table(_HEAD, _rows(process.pid))


def _other_ports() -> Callable[[re.Match[str]], str]:
    """The same port has the same stand-in: syslog is on one for TCP and UDP."""
    ports: dict[str, str] = {}
    return lambda found: ports.setdefault(found[0], str(free_port()))


def _rows(supervisor: int) -> list[tuple[str, ...]]:
    """The supervisor and its workers, each alone."""
    pids = tree(supervisor)
    start = {pid: cpu_seconds(pid, alone=True) for pid in pids}
    time.sleep(_SETTLED)
    before = {pid: (cpu_seconds(pid, alone=True), wakeups(pid)) for pid in pids}
    time.sleep(_LOOKED)
    rows: list[tuple[str, ...]] = []
    for pid in pids:
        cpu, woken = before[pid]
        rows.append(
            (
                "supervisor" if pid == supervisor else "worker",
                f"{start[pid]:.2f}",
                f"{rss(pid, alone=True) / 1e6:.1f}",
                f"{(wakeups(pid) - woken) / _LOOKED:.1f}",
                f"{(cpu_seconds(pid, alone=True) - cpu) / _LOOKED:.2%}",
            )
        )
    return rows
