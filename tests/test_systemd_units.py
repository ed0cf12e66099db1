"""The unit files, by systemd's own judgement."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.metadata import entry_points
from pathlib import Path

import pytest

_UNITS = Path(__file__).parent.parent / "packaging" / "systemd"
_INSTALLED = "/opt/collector/bin/collector"
_WORST = 2.5


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is not installed")
    return found


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


def test_the_service_can_do_little(analyze: str) -> None:
    said = _run(analyze, "security", "--offline=true", str(_UNITS / "collector.service"))
    found = re.search(r"Overall exposure level for collector.service: ([\d.]+)", said)
    assert found is not None, said
    assert float(found[1]) < _WORST


def test_systemd_understands_the_units(analyze: str, tmp_path: Path) -> None:
    for unit in _UNITS.iterdir():
        text = unit.read_text().replace(_INSTALLED, "/bin/true")
        (tmp_path / unit.name).write_text(text)
    said = _run(analyze, "verify", *map(str, tmp_path.iterdir()))
    ours = [line for line in said.splitlines() if "collector." in line]
    assert ours == []


def test_the_service_runs_commands_that_there_are() -> None:
    text = (_UNITS / "collector.service").read_text()
    commands = re.findall(rf"^Exec\w+={_INSTALLED} (\w+)", text, re.MULTILINE)
    known = {point.name for point in entry_points(group="collector.commands")}
    assert commands == ["validate", "run", "reload"]
    assert set(commands) <= known
