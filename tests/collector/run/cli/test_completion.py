"""What a shell makes of the scripts that are installed for it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from collector.run.cli.completion import script
from collector.run.cli.main import parser

_COMPLETE = """
source {script}
COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_shtab_collector
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By shell."""
    directory, found = tmp_path_factory.mktemp("completion"), {}
    for shell in ("bash", "zsh", "fish"):
        found[shell] = directory / shell
        found[shell].write_text(script(parser(), shell))
    return found


def _completed(scripts: dict[str, Path], words: str, cwd: Path) -> list[str]:
    text = _COMPLETE.format(script=scripts["bash"], words=words)
    done = subprocess.run(["bash", "-c", text], capture_output=True, text=True, check=True, cwd=cwd)
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_subcommands(scripts: dict[str, Path], tmp_path: Path) -> None:
    assert _completed(scripts, "collector st", tmp_path) == ["status"]
    assert {"run", "sandbox", "ottl"} <= set(_completed(scripts, "collector ''", tmp_path))


def test_bash_completes_actions_and_options(scripts: dict[str, Path], tmp_path: Path) -> None:
    assert _completed(scripts, "collector queue ex", tmp_path) == ["export"]
    assert "--id" in _completed(scripts, "collector queue show --", tmp_path)
    assert _completed(scripts, "collector graph --format d", tmp_path) == ["dot"]


def test_bash_completes_files_where_one_is_meant(scripts: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "a.yaml").touch()
    for command in ("run", "import", "import -o"):
        assert _completed(scripts, f"collector {command} a", tmp_path) == ["a.yaml"], command


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_read_its_script(scripts: dict[str, Path], shell: str) -> None:
    if shutil.which(shell) is None:
        assert "collector" in scripts[shell].read_text()
        pytest.skip(f"{shell} is not installed")
    subprocess.run([shell, "-n", scripts[shell]], check=True)
