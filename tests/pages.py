"""Pages of the documentation whose examples are run: files, and commands with what they print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
_FILE = re.compile(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (.*?)\n(.*?)(?=^\$ |\Z)", re.MULTILINE | re.DOTALL)
_TIME = re.compile(r"\b[\d.]+ (us|ms|s)\b")


class Page:
    """By its name in `docs`."""

    def __init__(self, name: str) -> None:
        self.text = (DOCS / name).read_text()
        #: What stands below the name of a file.
        self.files = dict(_FILE.findall(self.text))
        #: Each command, and what it prints.
        self.commands = [
            found for block in _CONSOLE.findall(self.text) for found in _COMMAND.findall(block)
        ]

    def check(self, command: str, output: str, directory: Path) -> None:
        """Run it where the page's files are, and compare; times may differ."""
        for name, content in self.files.items():
            (directory / name).write_text(content)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        ran = subprocess.run(
            ["/bin/sh", "-c", f"exec 2>&1; {command}"],
            cwd=directory,
            env={**os.environ, "PATH": path, "XDG_STATE_HOME": str(directory / "state")},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert _TIME.sub("T", ran.stdout) == _TIME.sub("T", output)
        assert not (directory / "state").exists()
