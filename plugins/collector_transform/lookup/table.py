"""The bytes of a CSV or JSON file in, the columns that are asked for by key out.

A cell that is empty, or null, or not there is None. Of two rows with one key the later counts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import orjson

Format = Literal["csv", "json"]
Row = tuple[Any, ...]
Rows = dict[str, Row]

MAX_ROWS = 1_000_000
MAX_KEY = 1024
#: Characters of one cell: it is copied to each event that finds its row.
MAX_CELL = 4096


class BadTable(Exception):
    """What is wrong with a file, in a sentence that shows nothing of what it holds."""


def rows(data: bytes, format_: Format, key: str, columns: Sequence[str]) -> Rows:
    """The rows. `key`: the column of the key. Raises BadTable."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise BadTable(f"byte {e.start} is not UTF-8") from None
    read = _of_csv if format_ == "csv" else _of_json
    found: Rows = {}
    for n, (place, name, row) in enumerate(read(text, key, columns), 1):
        if n > MAX_ROWS:
            raise BadTable(f"over {MAX_ROWS} rows")
        if len(name) > MAX_KEY:
            raise BadTable(f"{place}: a key over {MAX_KEY} characters")
        if any(isinstance(cell, str) and len(cell) > MAX_CELL for cell in row):
            raise BadTable(f"{place}: a value over {MAX_CELL} characters")
        if name:
            found[name] = row
    return found


_Read = Iterator[tuple[str, str, Row]]


def _of_csv(text: str, key: str, columns: Sequence[str]) -> _Read:
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = next(lines, None)
        if not head:
            raise BadTable("it is empty; its first line names the columns")
        at = _place(head, key) if key else 0
        places = [_place(head, name) if name else _other(head, at) for name in columns]
        for cells in lines:
            if len(cells) == len(head):
                row = tuple([cells[n] or None for n in places])
                yield f"line {lines.line_num}", cells[at], row
            elif cells:
                raise BadTable(f"line {lines.line_num} has {len(cells)} of {len(head)} columns")
    except csv.Error as e:
        raise BadTable(f"line {lines.line_num} is no CSV: {e}") from None


def _place(head: list[str], name: str) -> int:
    if head.count(name) != 1:
        raise BadTable(f"it has {'no column' if name not in head else 'two columns'} {name}")
    return head.index(name)


def _other(head: list[str], at: int) -> int:
    if len(head) != 2:
        raise BadTable(f"it has {len(head)} columns, so `source` must name the one that is meant")
    return 1 - at


def _of_json(text: str, key: str, columns: Sequence[str]) -> _Read:
    try:
        whole = orjson.loads(text)
    except orjson.JSONDecodeError as e:
        raise BadTable(f"line {e.lineno} is no JSON") from None
    if isinstance(whole, dict):
        pairs: Iterator[tuple[Any, Any]] = iter(whole.items())
    elif isinstance(whole, list) and key:
        pairs = ((one, one) for one in whole)
    else:
        raise BadTable("expected an object by key, or a list of objects and `source.key`")
    take = _taking(columns)
    for n, (name, one) in enumerate(pairs, 1):
        try:
            yield f"entry {n}", _key(name, key), take(one)
        except ValueError as e:
            raise BadTable(f"entry {n}: {e}") from None


def _taking(columns: Sequence[str]) -> Callable[[Any], Row]:
    """The cells of an object; of what is none, the one column without a name."""

    def take(one: Any) -> Row:
        if isinstance(one, dict):
            return tuple([_cell(one, name) for name in columns])
        return tuple([_cell({"": one}, name) for name in columns])

    return take


def _cell(one: dict[str, Any], name: str) -> Any:
    value = one.get(name)
    if isinstance(value, dict | list):
        raise ValueError("a value that is a map or a list")  # noqa: TRY004 all faults of a file are
    return None if value == "" else value


def _key(found: Any, column: str) -> str:
    """The key, or what stands in its column. A number is one as it is written."""
    if isinstance(found, str):
        return found
    name = _cell(found, column) if isinstance(found, dict) else None
    if name is None:
        raise ValueError("no key")
    return name if isinstance(name, str) else orjson.dumps(name).decode()
