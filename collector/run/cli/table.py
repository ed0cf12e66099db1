"""Rows to lines in columns, and numbers as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from ..redactor import printable

#: Rows that are looked at before they are written: columns are as wide as these need.
_AHEAD = 500
_STEP = 1024
_AGES = (("d", 86400), ("h", 3600), ("m", 60))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines, safe for a terminal. Columns whose head ends in a space are left-aligned."""
    left = [word.endswith(" ") for word in head]
    widths = [len(word.strip()) for word in head]
    source = iter(rows)
    ahead = [[printable(cell) for cell in row] for row in islice(source, _AHEAD)]
    pending = [[word.strip() for word in head], *ahead]
    while pending:
        widths = [max(widths[i], *(len(row[i]) for row in pending)) for i in range(len(widths))]
        yield from (_line(row, widths, left) for row in pending)
        pending = [[printable(cell) for cell in row] for row in islice(source, _AHEAD)]


def _line(row: Sequence[str], widths: Sequence[int], left: Sequence[bool]) -> str:
    cells = (
        cell.ljust(width) if is_left else cell.rjust(width)
        for cell, width, is_left in zip(row, widths, left, strict=True)
    )
    return "  ".join(cells).rstrip()


def shown_size(bytes: int) -> str:  # noqa: A002 that is what they are
    """Bytes with the largest unit that leaves a number: `1.5 MiB`."""
    size, unit = float(bytes), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < _STEP:
            break
        size, unit = size / _STEP, larger
    return f"{bytes} B" if unit == "B" else f"{size:.1f} {unit}"


def shown_age(seconds: float) -> str:
    """A duration in its largest unit: `3m`, `2h`, `12d`."""
    for unit, length in _AGES:
        if seconds >= length:
            return f"{seconds / length:.0f}{unit}"
    return f"{max(0.0, seconds):.0f}s"
