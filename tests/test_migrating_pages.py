"""docs/migrating: what its pages show is valid, and does what they say."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from collector.config.load import load
from collector.run.trial import failures
from collector_import.importing import imported

_DOCS = Path(__file__).parent.parent / "docs"
_TESTS = Path(__file__).parent / "migrating"
_PAGES = sorted((_DOCS / "migrating").glob("*.md"))
_WORKED = [page for page in _PAGES if page.name != "index.md"]
_TOKEN = f"dt0c01.{'A' * 24}.{'B' * 64}"
_ENVIRONMENT = {"API_KEY": _TOKEN, "DT_API_TOKEN": _TOKEN, "HTTP_PASSWORD": "pass"}

each_worked = pytest.mark.parametrize("page", _WORKED, ids=lambda page: page.stem)


def shown(page: Path, title: str) -> str:
    """The first block of code below a heading."""
    found = re.search(
        rf"^## {title}\n.*?^```\w*\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL
    )
    assert found, f"{page.name} shows nothing {title.lower()}"
    return found[1]


@each_worked
def test_what_comes_after_does_what_came_before(page: Path, tmp_path: Path) -> None:
    """As far as the tests beside this one say."""
    path = tmp_path / "collector.yaml"
    path.write_text(shown(page, "After") + (_TESTS / f"{page.stem}.yaml").read_text())
    description = load(path, {"HOME": "/home/me", **_ENVIRONMENT})
    assert description.trials
    for trial in description.trials:
        assert asyncio.run(failures(description, trial)) == []


def test_an_opentelemetry_collector_s_is_what_import_makes_of_it(tmp_path: Path) -> None:
    page = _DOCS / "migrating" / "opentelemetry-collector.md"
    path = tmp_path / "otelcol.yaml"
    path.write_text(shown(page, "Before"))
    assert imported(path).text == shown(page, "After")


@each_worked
def test_a_page_says_what_carries_over_what_differs_and_what_does_not(page: Path) -> None:
    titles = re.findall(r"^## (.*)$", page.read_text(), re.MULTILINE)
    wanted = ["Before", "After", "What carries over", "What differs", "What has no counterpart"]
    assert titles == wanted


def test_every_page_is_in_the_index() -> None:
    index = (_DOCS / "migrating" / "index.md").read_text()
    assert [page.name for page in _WORKED if f"({page.name})" not in index] == []
