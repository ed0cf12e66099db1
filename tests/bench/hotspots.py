"""Where a collector spends its time: one path under two profilers, as text.

The collector is started as always; `profiled/sitecustomize.py` on its path does the profiling, in
every process that it may have.
"""

from __future__ import annotations

import io
import json
import os
import pstats
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.bench.corpus import Corpus
from tests.bench.measure import measure
from tests.bench.paths import Path as Way
from tests.bench.process import ROOT

_HOOK = Path(__file__).parent / "profiled"
_SHOWN = 40


def hotspots(name: str, way: Way, corpus: Corpus) -> Iterator[str]:
    """A text for each profiler, each after a run of its own."""
    for kind, show in (("functions", _functions), ("lines", _lines)):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            path = os.pathsep.join(filter(None, (str(_HOOK), os.environ.get("PYTHONPATH"))))
            said = {"BENCH_PROFILE": folder, "BENCH_PROFILE_KIND": kind, "PYTHONPATH": path}
            result = measure(name, way, corpus, said)
            yield (
                f"{name}, by {kind}: {result.cpu_us:.2f} us an event while profiled, "
                f"{result.lost} lost\n\n{show(Path(folder))}"
            )


def _functions(folder: Path) -> str:
    """CProfile's table, by the time in a function itself; all processes added up."""
    out = io.StringIO()
    found = sorted(map(str, folder.glob("*.prof")))
    if not found:
        return "no profile was written: did the collector end in time?"
    stats = pstats.Stats(*found, stream=out)
    stats.sort_stats("tottime").print_stats(_SHOWN)
    return out.getvalue().replace(f"{ROOT}/", "").strip()


def _lines(folder: Path) -> str:
    """Samples by line, and by function."""
    seen: Counter[tuple[str, str, int]] = Counter()
    for path in folder.glob("*.lines"):
        for (file, function, line), times in json.loads(path.read_text()):
            seen[_short(file), function, line] += times
    by_function: Counter[str] = Counter()
    for (file, function, _), times in seen.items():
        by_function[f"{file}:{function}"] += times
    total = max(1, seen.total())
    lines = [
        f"{100 * times / total:5.1f} %  {file}:{line} {function}"
        for (file, function, line), times in seen.most_common(_SHOWN)
    ]
    functions = [
        f"{100 * times / total:5.1f} %  {name}" for name, times in by_function.most_common(_SHOWN)
    ]
    parts = [f"{seen.total()} samples", "by function:", *functions, "", "by line:", *lines]
    return "\n".join(parts)


def _short(file: str) -> str:
    return file.removeprefix(f"{ROOT}/").rpartition("site-packages/")[2]
