"""What disks and operators do to a queue's files, by chance."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType


def _flip(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 8, 64])):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def _cut(path: Path, chance: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: chance.randrange(len(data))])


#: By name: the suffix of the file, and what is done to it.
DAMAGE: Mapping[str, tuple[str, Callable[[Path, random.Random], None]]] = MappingProxyType(
    {
        "bits of the file": ("", _flip),
        "tail of the file": ("", _cut),
        "bits of the log": ("-wal", _flip),
        "tail of the log": ("-wal", _cut),
    }
)


def damage(queue: Path, kind: str, chance: random.Random) -> None:
    """Of the largest file of this queue."""
    suffix, work = DAMAGE[kind]
    work(max(queue.glob(f"*.db{suffix}"), key=lambda path: path.stat().st_size), chance)
