"""`collector dashboards`: what comes with the collector for Grafana and Prometheus, as files."""

from __future__ import annotations

import argparse
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

from ...command import Command


class DashboardsCommand(Command):
    """Write a dashboard for Grafana and alert rules for Prometheus into a directory.

    Files of the same names there are replaced.

    example: collector dashboards /etc/prometheus
    """

    help = "write a dashboard for Grafana and alert rules for Prometheus"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        parser.add_argument(
            "directory", metavar="DIR", nargs="?", default=".", type=Path, help="default: this one"
        )

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        for file in sorted(files("collector").joinpath("dashboards").iterdir(), key=str):
            path = arguments.directory / f"collector-{file.name}"
            try:
                path.write_bytes(file.read_bytes())
            except OSError as e:
                sys.stderr.write(f"{path}: {e.strerror}\n")
                return 1
            sys.stdout.write(f"{path}\n")
        return 0
