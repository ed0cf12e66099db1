"""The last letters of every component, for somebody who looks now."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ...letter import Letter
from .line import decoded
from .names import components, files_of, path_of

#: Letters of a component, and bytes at the end of its newest file that they are looked for in.
MOST = 50
_TAIL = 1 << 20


def recent(data_dir: Path) -> Iterator[tuple[str, str, Letter]]:
    """Kind and id of the component, and the letter; the newest of each first. May raise OSError."""
    for kind, id_ in components(data_dir):
        for letter in _last(path_of(data_dir, kind, id_)):
            yield kind, id_, letter


def _last(path: Path) -> list[Letter]:
    for name in files_of(path):
        lines: list[bytes] = []
        with suppress(FileNotFoundError), name.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            lines = file.read(_TAIL).splitlines()
        found = [letter for line in reversed(lines) if (letter := decoded(line)) is not None]
        if found:
            return found[:MOST]
    return []
