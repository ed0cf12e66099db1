"""docs/testing-a-configuration.md: its examples do what they show."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages import Page

_PAGE = Page("testing-a-configuration.md")


@pytest.mark.system
@pytest.mark.parametrize(("command", "output"), _PAGE.commands)
def test_a_command_prints_what_the_page_shows(command: str, output: str, tmp_path: Path) -> None:
    _PAGE.check(command, output, tmp_path)


def test_the_page_has_files_and_commands() -> None:
    assert "events.jsonl" in _PAGE.files
    assert _PAGE.commands
