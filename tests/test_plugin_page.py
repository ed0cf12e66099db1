"""docs/writing-a-plugin.md: its code is the code that is tested, and as short as it promises."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from collector import api
from tests.pages import DOCS, Page

_PAGE = Page("writing-a-plugin.md")
#: A file that code is from, and that code: one block or several in a row.
_SHOWN = re.compile(
    r"\]\(\.\./([\w/]+\.py)\)[^`\[]*?(?:`[^`\n]+`[^`\[]*?)*\n\n((?:```python\n.*?^```\n+)+)",
    re.MULTILINE | re.DOTALL,
)
_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_QUOTED = [
    (file, code) for file, blocks in _SHOWN.findall(_PAGE.text) for code in _PYTHON.findall(blocks)
]
#: Lines of a class, docstrings and all.
_LONGEST = {"StreamReceiver": 25, "DatagramReceiver": 15, "PullReceiver": 25}


@pytest.mark.system
@pytest.mark.parametrize(("command", "output"), _PAGE.commands)
def test_a_command_prints_what_the_page_shows(command: str, output: str, tmp_path: Path) -> None:
    _PAGE.check(command, output, tmp_path)


@pytest.mark.parametrize(("file", "code"), _QUOTED)
def test_code_is_that_of_the_file_it_is_from(file: str, code: str) -> None:
    assert code in (DOCS.parent / file).read_text()


def test_no_code_is_from_nowhere() -> None:
    quoted = [code for _, code in _QUOTED]
    rest = [code for code in _PYTHON.findall(_PAGE.text) if code not in quoted]
    assert rest == [_PAGE.files["doors.py"]]
    examples = {path.name for path in (DOCS.parent / "examples").glob("*.py")}
    assert {Path(file).name for file, _ in _QUOTED} >= examples


def test_receivers_are_as_short_as_is_promised() -> None:
    lengths = {}
    for _, code in _QUOTED:
        if code.startswith("class "):
            (found,) = [node for node in ast.parse(code).body if isinstance(node, ast.ClassDef)][:1]
            base = ast.unparse(found.bases[0]).partition("[")[0]
            lengths[found.name, base] = len(code.splitlines())
    ours = {key: n for key, n in lengths.items() if key[1] in _LONGEST}
    assert len(ours) == 4
    assert {key: n for key, n in ours.items() if n > _LONGEST[key[1]]} == {}


@pytest.mark.parametrize("path", sorted((DOCS.parent / "examples").glob("*.py")))
def test_an_example_imports_what_authors_may(path: Path) -> None:
    modules = re.findall(r"^(?:from|import) (collector\S*)", path.read_text(), re.MULTILINE)
    assert modules == ["collector.api"]


def test_names_are_those_of_the_api() -> None:
    bases = re.findall(r"`(\w+Receiver|\w+Options|Lines|Delimited|LengthPrefixed)[`(]", _PAGE.text)
    assert {name for name in bases if not hasattr(api, name)} == set()
