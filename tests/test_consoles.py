"""Pages that show commands with what they print: they print that."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.documents import ROOT

_PAGES = ("testing-a-configuration", "recipes")
_FILE = re.compile(r"^`([\w.]+)`:\n\n```\w+\n(.*?)```$", re.MULTILINE | re.DOTALL)
_CONSOLE = re.compile(r"^```console\n\$ (.*?)\n(.*?)```$", re.MULTILINE | re.DOTALL)


class Console(NamedTuple):
    """A command, what a page shows of its output, and the files of the page."""

    command: str
    output: str
    files: dict[str, str]


def _consoles() -> list[Console]:
    found = []
    for name in _PAGES:
        page = (ROOT / "docs" / f"{name}.md").read_text()
        files = dict(_FILE.findall(page))
        found += [Console(said, shown, files) for said, shown in _CONSOLE.findall(page)]
    return found


@pytest.mark.system
@pytest.mark.parametrize("console", _consoles(), ids=lambda console: console.command)
def test_a_command_prints_what_the_page_shows(console: Console, tmp_path: Path) -> None:
    for name, content in console.files.items():
        (tmp_path / name).write_text(content)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["/bin/sh", "-c", f"exec 2>&1; {console.command}"],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "XDG_STATE_HOME": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert re.sub(r"\b[\d.]+ (us|s)\b", "T", ran.stdout) == re.sub(
        r"\b[\d.]+ (us|ms|s)\b", "T", console.output
    )
    assert not (tmp_path / "state").exists()


def test_the_pages_have_files_and_commands() -> None:
    names = {name for console in _consoles() for name in console.files}
    assert {"events.jsonl", "cisco.log", "fortigate.log"} <= names
