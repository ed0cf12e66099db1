"""docs/testing-a-configuration.md: its examples do what they show."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

_PAGE = (Path(__file__).parent.parent / "docs" / "testing-a-configuration.md").read_text()
_FILES = dict(re.findall(r"^`([\w.]+)`:\n\n```\w+\n(.*?)```$", _PAGE, re.MULTILINE | re.DOTALL))
_CONSOLE = re.findall(r"^```console\n\$ (.*?)\n(.*?)```$", _PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.system
@pytest.mark.parametrize(("command", "output"), _CONSOLE, ids=[one for one, _ in _CONSOLE])
def test_a_command_prints_what_the_page_shows(command: str, output: str, tmp_path: Path) -> None:
    for name, content in _FILES.items():
        (tmp_path / name).write_text(content)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["/bin/sh", "-c", f"exec 2>&1; {command}"],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "XDG_STATE_HOME": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert re.sub(r"\b[\d.]+ (us|s)\b", "T", ran.stdout) == re.sub(
        r"\b[\d.]+ (us|ms|s)\b", "T", output
    )
    assert not (tmp_path / "state").exists()


def test_the_page_has_files_and_commands() -> None:
    assert "events.jsonl" in _FILES
    assert _CONSOLE
