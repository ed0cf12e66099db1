"""What an earlier process left in a file of its own, moved into the one in use."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .aside import keep
from .errors import Damaged, StoreFull
from .file import StoreFile
from .row import Entry, Row
from .salvage import GROUP_BYTES, GROUP_ROWS


def take_over(
    old: StoreFile,
    into: StoreFile,
    no_room: Callable[[int], str],
    lost: Callable[[int, int], None],
) -> int:
    """How many requests were moved, in groups; all of them, or it raises StoreFull.

    A crash between a group's two transactions leaves it in both files: sent twice, not lost.
    """
    waiting = old.entries()
    taken = 0
    while waiting:
        group = _first(waiting)
        del waiting[: len(group)]
        if full := no_room(sum(entry.size for entry in group)):
            raise StoreFull(full)
        rows = _whole(old, into, group, lost)
        into.write(lambda first, rows=rows: _renumbered(first, rows), ())  # type: ignore[misc]
        old.put((), [entry.id for entry in group])
        taken += len(rows)
    return taken


def _first(entries: Sequence[Entry]) -> list[Entry]:
    size, group = 0, list[Entry]()
    for entry in entries[:GROUP_ROWS]:
        group.append(entry)
        size += entry.size
        if size >= GROUP_BYTES:
            break
    return group


def _whole(
    old: StoreFile, into: StoreFile, group: Sequence[Entry], lost: Callable[[int, int], None]
) -> list[Row]:
    rows = []
    for entry in group:
        try:
            rows.append(old.load(entry.id))
        except Damaged as e:
            remains = old.remains(entry.id)
            if remains:  # otherwise healing has taken it out, and counted it
                keep(into.path, entry.id, str(e), remains)
                lost(1, entry.events)
    return rows


def _renumbered(first: int, rows: Sequence[Row]) -> list[Row]:
    return [
        Row.of(id, row.request, row.meta.format, row.meta.created_ns)
        for id, row in enumerate(rows, first)
    ]
