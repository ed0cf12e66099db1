"""docs/getting-started.md: its commands print what it shows, from the configuration on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import ROOT
from tests.system.network import free_port

pytestmark = pytest.mark.system

_PAGE = (ROOT / "docs" / "getting-started.md").read_text()
_FILE = re.compile(r"^`collector.yaml`:\n\n```yaml\n(.*?)```$", re.MULTILINE | re.DOTALL)
_CONSOLE = re.compile(r"^```console\n(.*?)```$", re.MULTILINE | re.DOTALL)


def test_the_commands_print_what_the_page_shows(tmp_path: Path) -> None:
    page = _on_free_ports(_PAGE)
    file = _FILE.search(page)
    assert file is not None
    (tmp_path / "collector.yaml").write_text(file[1])
    lines = "".join(_CONSOLE.findall(page)).splitlines()
    commands = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    expected = [line for line in lines if not line.startswith("$ ")]
    assert len(expected) == 5
    ended = "trap 'kill $(jobs -p) 2> kill.log; wait' EXIT"
    ran = subprocess.run(
        ["/bin/bash", "-mc", "\n".join([ended, *commands])],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=90,
    )
    assert ran.stdout.splitlines() == expected


def _on_free_ports(page: str) -> str:
    """The page with ports that this machine has free; the sandbox must be told."""
    http, sandbox = str(free_port()), str(free_port())
    moved = page.replace("8088", http).replace("9999", sandbox)
    return moved.replace("collector sandbox >", f"collector sandbox --port {sandbox} >")
