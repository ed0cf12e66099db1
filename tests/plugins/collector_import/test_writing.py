"""Entries as text: what is read from it is what they hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.api import Source, read_yaml
from collector_import.comments import comments
from collector_import.entries import Block, Entry, Scalar
from collector_import.reading import tree
from collector_import.writing import written

TEXTS = st.text(max_size=20) | st.sampled_from(
    [
        "no",
        "null",
        "1e3",
        "0x1F",
        "- a",
        "a: b",
        "a #b",
        "'",
        '"',
        " a",
        "a ",
        "a\n",
        "\na",
        "\\",
        "~",
    ]
)
LEAVES = (
    TEXTS | st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False)
)
STYLES = st.sampled_from(["", "'", '"', "|", ">"])


@st.composite
def values(draw: st.DrawFn, depth: int = 3) -> tuple[Scalar | Block, Any]:
    kind = draw(st.sampled_from("slm" if depth else "s"))
    if kind == "s":
        value = draw(LEAVES)
        return Scalar(value, draw(STYLES)), value
    below = draw(st.lists(values(depth - 1), max_size=3))
    flow = draw(st.booleans())
    if kind == "l":
        entries = [Entry(None, value) for value, _ in below]
        return Block(listed=True, flow=flow, entries=entries), [plain for _, plain in below]
    keys = draw(st.lists(TEXTS, min_size=len(below), max_size=len(below), unique=True))
    entries = [Entry(key, value) for key, (value, _) in zip(keys, below, strict=True)]
    plain = {key: plain for key, (_, plain) in zip(keys, below, strict=True)}
    return Block(listed=False, flow=flow, entries=entries), plain


def read(path: Path, text: str) -> Source:
    file = path / "text.yaml"
    file.write_text(text, newline="")
    return read_yaml(file)


@settings(max_examples=150, deadline=None)
@given(values(), st.sampled_from(["bare", "noted"]))
def test_what_is_read_again_is_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, value: tuple[Scalar | Block, Any], notes: str
) -> None:
    entry = Entry("root", value[0])
    if notes == "noted":
        for below in entry.block.entries:
            below.above.append("# a comment")
            below.change("a note")
    text = written(Block(entries=[entry]), [])
    assert read(tmp_path_factory.getbasetemp(), text).value == {"root": value[1]}


PAGE = """# first

a:  # beside a
  # above b
  b: |  # beside the block
    # no comment
    text
  # above c
  c: "# none"
  d: [1, 2]  # beside d

  e:
    - x: 1  # beside x
      # above z
      z: 'it''s'
    # above the item
    - plain text
# last
"""


def test_comments_and_empty_lines_stay_where_they_were(tmp_path: Path) -> None:
    source = read(tmp_path, PAGE)
    root, last = tree(source)
    assert written(root, last) == PAGE


def test_lines_may_end_as_on_windows(tmp_path: Path) -> None:
    source = read(tmp_path, PAGE.replace("\n", "\r\n"))
    root, last = tree(source)
    assert written(root, last) == PAGE


def test_comments_belong_to_what_follows_or_to_their_line(tmp_path: Path) -> None:
    found = comments(read(tmp_path, PAGE))
    assert found.beside["a",] == "# beside a"
    assert found.above["a", "c"] == ["# above c"]
    assert found.above["a", "e", 1] == ["# above the item"]
    assert found.last == ["# last"]
