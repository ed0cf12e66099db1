"""Columns, sizes and ages as people read them."""

from __future__ import annotations

import pytest

from collector.run.cli import table as module
from collector.run.cli.table import shown_age, shown_size, table


def test_columns_are_as_wide_as_their_cells() -> None:
    rows = [("a", "1"), ("longer", "1,000")]
    assert list(table(("NAME ", "N"), rows)) == [
        "NAME        N",
        "a           1",
        "longer  1,000",
    ]


def test_rows_are_not_waited_for_and_widths_only_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AHEAD", 1)
    assert list(table(("N",), [("1",), ("100",), ("10",)])) == ["N", "1", "100", " 10"]


def test_without_rows_there_is_a_head() -> None:
    assert list(table(("NAME ", "N"), [])) == ["NAME  N"]


def test_cells_cannot_steer_a_terminal() -> None:
    assert list(table(("A ",), [("\x1b[2J\n",)]))[1] == r"\x1b[2J\n"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 KiB"),
        (1 << 30, "1.0 GiB"),
        (1 << 52, "4096.0 TiB"),
    ],
)
def test_sizes(size: int, text: str) -> None:
    assert shown_size(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-5, "0s"), (59, "59s"), (61, "1m"), (7200, "2h"), (1e6, "12d")]
)
def test_ages(seconds: float, text: str) -> None:
    assert shown_age(seconds) == text
