"""`collector import`: a configuration of another collector, as one of ours."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from collector.api import Command, ConfigError

from .importing import Imported, imported


class ImportCommand(Command):
    """Make a configuration of what an OpenTelemetry Collector's says of logs.

    What cannot be carried is left out, and a comment in its place says why and what to do. The
    result passes `collector validate`. Exit code 1 when there is none, with the reason.

    example: collector import otelcol.yaml -o collector.yaml
    """

    help = "make a configuration of an OpenTelemetry Collector's"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        parser.add_argument("file", metavar="FILE", type=Path, help="its configuration, YAML")
        parser.add_argument(
            "-o", "--output", metavar="FILE", type=Path, help="a new file; else standard output"
        )

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        try:
            found = imported(arguments.file)
        except ConfigError as e:
            sys.stderr.write(f"{e}\n")
            return 1
        if arguments.output is None:
            sys.stdout.write(found.text)
        else:
            try:
                _write(arguments.output, found.text, arguments.file.stat().st_mode)
            except OSError as e:
                sys.stderr.write(f"cannot write {arguments.output}: {e.strerror}\n")
                return 1
        _tell(found, arguments.file)
        return 0


def _write(path: Path, text: str, mode: int) -> None:
    """Into a new file, which no more people may read than the other. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode & 0o666)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _tell(found: Imported, path: Path) -> None:
    for note in found.notes:
        sys.stderr.write(f"{path}:{note.line or 1}: {note.kind}: {note.text}\n")
    changed, left_out = found.count("changed"), found.count("left out")
    sys.stderr.write(f"{path}: {found.carried} carried, {changed} changed, {left_out} left out\n")
    if found.needed:
        names = ", ".join(sorted(found.needed))
        sys.stderr.write(f"{path}: it needs these, which were not looked at: {names}\n")
