"""Whether a write-ahead log holds more than SQLite reads of it: commits behind a damaged frame.

SQLite reads a log up to the first frame whose sum is wrong and takes that for its end, without a
word (the format is https://www.sqlite.org/fileformat2.html, section 4). A crash leaves such a frame
at the end of what was never reported as stored; behind it there is no second commit.
"""

from __future__ import annotations

import struct
from pathlib import Path
from shutil import copyfile
from typing import NamedTuple

from .salvage import bad_path
from .schema import PAGE_SIZE

_HEADER = struct.Struct(">8I")
_FRAME = struct.Struct(">6I")
_FRAME_SIZE = _FRAME.size + PAGE_SIZE
_MAGIC = 0x377F0682  # the last bit: sums are of big-endian words


class Unread(NamedTuple):
    """Commits of a log that cannot be read."""

    #: The one that was being written when the process died may be among them.
    commits: int
    #: A copy of the log.
    file: Path


def set_aside(path: Path, frames: int) -> Unread | None:
    """Keep the log of a queue file if it has commits behind the `frames` that SQLite has read."""
    commits = _unread(Path(f"{path}-wal"), frames)
    if not commits:
        return None
    copy = Path(f"{bad_path(path)}-wal")
    copyfile(f"{path}-wal", copy)
    return Unread(commits, copy)


def _unread(log: Path, frames: int) -> int:
    if not log.exists() or log.stat().st_size <= _HEADER.size:
        return 0
    with log.open("rb") as file:
        head = file.read(_HEADER.size)
        salts = _salts(head)
        size, found = log.stat().st_size, 0
        for number in range(frames, (size - _HEADER.size) // _FRAME_SIZE):
            file.seek(_HEADER.size + number * _FRAME_SIZE)
            _, pages, *theirs, _, _ = _FRAME.unpack(file.read(_FRAME.size))
            # A header that is damaged itself says nothing; then everything in it is unread.
            found += bool(pages) and (salts is None or salts == tuple(theirs))
    return found


def _salts(head: bytes) -> tuple[int, int] | None:
    """Those of the frames that count; None when the header is damaged."""
    magic, _, page_size, _, *salts, one, two = _HEADER.unpack(head)
    words = struct.unpack(f"{'>' if magic & 1 else '<'}6I", head[:24])
    if magic | 1 != _MAGIC | 1 or page_size != PAGE_SIZE or (one, two) != _sums(words):
        return None
    return salts[0], salts[1]


def _sums(words: tuple[int, ...]) -> tuple[int, int]:
    one = two = 0
    for a, b in zip(words[::2], words[1::2], strict=True):
        one = (one + a + two) & 0xFFFFFFFF
        two = (two + b + one) & 0xFFFFFFFF
    return one, two
