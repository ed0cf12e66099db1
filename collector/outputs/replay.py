"""Dead letters of an exporter, put into its queue again.

A letter is taken out when its row will not be lost any more: a crash in between sends it twice.
Files are read and written off the loop's thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import msgspec

from ..tasks import wait
from .letters.file import LetterFile
from .letters.reading import Found, Letters
from .letters.selection import Selection
from .outlet import NotTaken, Outlet

#: Rows of a request at most: as many go twice when a crash comes at the wrong moment.
MAX_ROWS = 1000


class Replayed(msgspec.Struct, frozen=True):
    """How many went, how many are in the files still, and why it did not go on."""

    replayed: int
    left: int
    trouble: str = ""


class Replay:
    """Of the letters that are there when it begins: those that die again meanwhile stay."""

    def __init__(self, outlet: Outlet, file: LetterFile, selection: Selection) -> None:
        self._outlet = outlet
        self._file = file
        self._selection = selection
        self._replayed = 0

    async def run(self) -> Replayed:
        """Once. Never raises: see `Replayed.trouble`."""
        trouble, left = "", 0
        try:
            trouble = await self._all()
            left = await asyncio.to_thread(self._left)
        except OSError as e:
            trouble = f"the dead letter {self._file.path} cannot be changed: {e.strerror or e}"
        return Replayed(self._replayed, left, trouble)

    async def _all(self) -> str:
        trouble = ""
        with await asyncio.to_thread(Letters, self._file.path, writable=True) as letters:
            found = iter(letters)
            while group := await asyncio.to_thread(self._group, found):
                try:
                    await wait(self._outlet.replay([each.letter for each in group]))
                except NotTaken as e:
                    trouble = str(e)
                    break
                await asyncio.to_thread(letters.remove, group)
                self._replayed += len(group)
            await asyncio.to_thread(letters.tidy, self._file)
        return trouble

    def _group(self, found: Iterator[Found]) -> Sequence[Found]:
        """What goes in the next request."""
        pace, limit, size = self._outlet.pace, self._selection.limit, 0
        room = min(MAX_ROWS, pace.max_events, limit - self._replayed if limit else MAX_ROWS)
        group = list[Found]()
        while len(group) < room and size < pace.max_bytes and (each := next(found, None)):
            letter = each.letter
            if letter.format == self._outlet.format and self._selection.takes(letter):
                group.append(each)
                size += len(letter.row)
        return group

    def _left(self) -> int:
        with Letters(self._file.path) as letters:
            return letters.count()
