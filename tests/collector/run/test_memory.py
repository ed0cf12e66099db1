"""What a process keeps, and when it looks for garbage."""

from __future__ import annotations

import subprocess
import sys

_LIFE = """
import gc
from collector.run import fresh
print(gc.isenabled())
from collector.run.memory import freeze_started
freeze_started()
print(gc.isenabled(), gc.get_freeze_count() > 10_000)
"""


def test_a_worker_looks_for_garbage_once_it_has_started() -> None:
    command = [sys.executable, "-c", _LIFE]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False", "True", "True"]
