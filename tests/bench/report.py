"""Results as plain tables: units stand in the header, medians in the cells."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.measure import Result
from tests.bench.paths import PATHS

_MB = 1e6
_MIB = 1 << 20


def machine() -> str:
    """What the figures were measured on."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    cores = len(os.sched_getaffinity(0))
    busy = os.getloadavg()[0]
    shared = "" if cores > 1 else "; ONE core for collector, load and sink: not comparable"
    return (
        f"{model}, {cores} cores, Linux {platform.release()}, {platform.python_implementation()} "
        f"{platform.python_version()}, load average {busy:.1f}{shared}"
    )


def median(results: Sequence[Result], name: str) -> float:
    """Of a field, over the runs of one path."""
    return float(statistics.median(getattr(result, name) for result in results))


def paths(found: Mapping[str, Sequence[Result]]) -> str:
    """A line a path."""
    head = (
        "path", "", "sent/s", "CPU us/event", "events/s", "lost", "lost %", "duplicates",
        "disturbed %", "peak RSS MB", "wire MB",
    )  # fmt: skip
    rows = [_path(name, results) for name, results in found.items() if results]
    return table(head, rows)


def _path(name: str, results: Sequence[Result]) -> tuple[str, ...]:
    lost, sent = median(results, "lost"), median(results, "sent")
    return (
        name,
        PATHS[name].title,
        f"{median(results, 'sent_per_second'):,.0f}",
        f"{median(results, 'cpu_us'):.2f}",
        f"{median(results, 'per_second'):,.0f}",
        f"{lost:,.0f}",
        f"{100 * lost / max(1, sent):.2f}",
        f"{median(results, 'duplicates'):,.0f}",
        f"{median(results, 'disturbed'):.0f}",
        f"{median(results, 'peak_rss') / _MB:.0f}",
        f"{median(results, 'wire_bytes') / _MB:.1f}",
    )


def datagrams(found: Mapping[str, Sequence[Result]]) -> str:
    """What was lost of datagrams, beside what the collector's metric says the kernel dropped."""
    rows = [
        (
            name,
            str(run),
            f"{result.lost:,}",
            f"{result.kernel_dropped:,}",
            f"{result.unexplained:,}",
            f"{(result.receive_buffer or 0) / _MIB:.1f}",
        )
        for name, results in found.items()
        for run, result in enumerate(results, 1)
        if result.kernel_dropped is not None
    ]
    head = ("path", "run", "lost", "metric says", "unexplained", "receive buffer MiB")
    return table(head, rows) if rows else ""


def stages(runs: Sequence[Mapping[str, float]], end_to_end: float | None) -> str:
    """A line a stage, their sum, and what the whole process took."""
    spent = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    total = sum(spent.values())
    rows = [(name, f"{us:.3f}", f"{100 * us / total:.0f}") for name, us in spent.items()]
    rows.append(("sum of the stages", f"{total:.3f}", "100"))
    if end_to_end is not None:
        rows.append(
            ("end to end (path tcp)", f"{end_to_end:.3f}", f"{100 * end_to_end / total:.0f}")
        )
    return table(("stage", "CPU us/event", "%"), rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they must be; all but texts to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    texts = [not any(cell[:1].isdigit() for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if text else cell.rjust(width)
            for cell, width, text in zip(row, widths, texts, strict=True)
        ).rstrip()
        for row in (head, *rows)
    )
