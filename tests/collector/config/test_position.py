"""Places inside of values: where a character of a value stands in the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.config.position import position
from collector.config.source import Source
from collector.config.syntax import compose
from collector.config.tree import fill


def place_of(text: str, mark: str = "X") -> tuple[str, str]:
    """What the file has at the place of the mark in the value of `k`, and at the right place."""
    source = Source("f", Path())
    root = compose(text)
    assert root is not None
    fill(source, root)
    value = source.value["k"]
    line, column = position(text, source.values["k",], value, value.index(mark))
    return text.splitlines()[line - 1][column - 1 :][:1], mark


@pytest.mark.parametrize(
    "text",
    [
        "k: abc X",
        "k: 'it''s X'",
        'k: "a\\\\b \\"c\\" \\x41 X"',
        "k: a\n  b\n  X",
        "k: |\n  a\n    X\n",
        "k: >-\n  a b\n  c\n\n  X\n",
    ],
)
def test_a_character_is_found_in_every_style(text: str) -> None:
    found, expected = place_of(text)
    assert found == expected


def test_a_doubled_dollar_is_one_character_of_the_value() -> None:
    assert position("k: a $$1 X", (1, 4), "a $1 X", 5) == (1, 10)


def test_what_came_from_elsewhere_has_the_place_of_the_value() -> None:
    assert position("k: ${env:A} X", (1, 4), "something X", 10) == (1, 4)
