"""docs/ottl-functions.md has every function, and its examples do what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from collector_transform.command import Trial
from collector_transform.ottl.converters.every import CONVERTERS
from collector_transform.ottl.editors import EDITORS
from collector_transform.ottl.signature import REQUIRED, Function, Param

_PAGE = (Path(__file__).parents[5] / "docs" / "ottl-functions.md").read_text()
_CELL = r"`((?:[^`]|\\\|)*)`"
_EDITORS, _, _CONVERTERS = _PAGE.partition("## Converters")
_EDITED = re.findall(
    rf"^\| {_CELL} \| .* \| {_CELL} \| {_CELL} \| (.*) \|$", _EDITORS, re.MULTILINE
)
_CONVERTED = re.findall(rf"^\| {_CELL} \| .* \| {_CELL} \| {_CELL} \|$", _CONVERTERS, re.MULTILINE)


def _signature(function: Function, *first: str) -> str:
    said = [*first, *(_param(param) for param in function.params)]
    return f"{function.name}({', '.join(said)})"


def _param(param: Param) -> str:
    if param.default is REQUIRED:
        return param.name
    return f"{param.name}={'nil' if param.default is None else json.dumps(param.default)}"


def _ran(statement: str, attributes: object) -> Any:
    """The attributes after it; None: the event was dropped."""
    trial = Trial.of(statement.replace(r"\|", "|"), None)
    event = json.dumps({"body": "", "attributes": attributes})
    shown = [json.loads(line) for line in trial.over([event.encode()])]
    assert not any("failed" in said for said in trial.verdict())
    return shown[0].get("attributes", {}) if shown else None


def test_the_page_has_every_function_with_its_arguments_and_no_other() -> None:
    editors = {_signature(editor, "target") for editor in EDITORS.values()}
    assert {row[0] for row in _EDITED} == {*editors, "set(target, value)", "drop()"}
    assert {row[0] for row in _CONVERTED} == {_signature(one) for one in CONVERTERS.values()}


@pytest.mark.parametrize(
    ("statement", "before", "after"), [row[1:] for row in _EDITED], ids=[row[0] for row in _EDITED]
)
def test_an_editor_does_what_the_page_shows(statement: str, before: str, after: str) -> None:
    expected = None if after == "dropped" else json.loads(after.strip("`"))
    assert _ran(statement, json.loads(before)) == expected


@pytest.mark.parametrize(
    ("name", "expression", "gives"), _CONVERTED, ids=[row[0] for row in _CONVERTED]
)
def test_a_converter_gives_what_the_page_shows(name: str, expression: str, gives: str) -> None:
    assert name.split("(", maxsplit=1)[0] in expression
    found = _ran(f'set(log.attributes["it"], {expression})', {})
    assert found == {"it": json.loads(gives)}
