"""A small file system of its own for tests of a full disk, and another program that fills it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def missing() -> str:
    """Why there can be none here; empty when there can."""
    if shutil.which("mount") is None or os.geteuid():
        return "only root may mount a tmpfs"
    return ""


@contextmanager
def small_disk(point: Path, megabytes: int) -> Iterator[Path]:
    """A tmpfs there. Raises OSError where it is not allowed."""
    point.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(point)]
    made = subprocess.run(command, capture_output=True, check=False)
    if made.returncode:
        raise OSError(f"no tmpfs here: {made.stderr.decode().strip()}")
    try:
        yield point
    finally:
        subprocess.run(["umount", "-l", str(point)], check=True)


def fill(disk: Path) -> Path:
    """Another program takes the rest, to the last byte."""
    path = disk / "theirs"
    with path.open("ab", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            with suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass
    return path
