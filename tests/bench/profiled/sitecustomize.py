"""Imported by every Python process that has this folder on its path: profiles it until it exits.

BENCH_PROFILE is the folder for the result. BENCH_PROFILE_KIND is `functions` for cProfile, which
counts every call and makes small functions look dearer than they are, or `lines` for a sample of
the running line at each tick of CPU time, which disturbs nothing but sees C code as the line that
called it.
"""

from __future__ import annotations

import atexit
import cProfile
import json
import os
import signal
from collections import Counter
from pathlib import Path
from types import FrameType

_TICK = 0.001  # the kernel makes 4 ms of it


def _functions(path: Path) -> None:
    profile = cProfile.Profile()

    def dump() -> None:
        profile.disable()
        profile.dump_stats(path.with_suffix(".prof"))

    atexit.register(dump)
    profile.enable()


def _lines(path: Path) -> None:
    seen: Counter[tuple[str, str, int]] = Counter()

    def sample(_: int, frame: FrameType | None) -> None:
        if frame is not None:
            seen[frame.f_code.co_filename, frame.f_code.co_qualname, frame.f_lineno] += 1

    def dump() -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        path.with_suffix(".lines").write_text(json.dumps(list(seen.items())))

    atexit.register(dump)
    signal.signal(signal.SIGPROF, sample)
    signal.siginterrupt(signal.SIGPROF, False)
    signal.setitimer(signal.ITIMER_PROF, _TICK, _TICK)


if "BENCH_PROFILE" in os.environ:
    _start = _functions if os.environ["BENCH_PROFILE_KIND"] == "functions" else _lines
    _start(Path(os.environ["BENCH_PROFILE"]) / str(os.getpid()))
