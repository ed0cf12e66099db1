"""`collector reload`: a running collector takes its configuration file as it is now."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

from ...command import Command
from ..control_client import ControlClient, ControlError
from ..unix_socket import SOCKET_NAME
from .place import Place, PlaceError

#: Seconds for an answer: new workers must have started.
_PATIENCE = 120.0
_OK = 200


class ReloadCommand(Command):
    """Let a running collector take its configuration file as it is now, like SIGHUP.

    The file is checked and started beside what runs, on the same sockets. Exit code 0 when it has
    taken over; 1, with what is wrong and where, when nothing has changed.

    example: collector reload collector.yaml
    """

    help = "let a running collector take its changed configuration"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("config", metavar="FILE", nargs="?", help="the configuration that runs")
        which.add_argument(
            "--data-dir",
            metavar="DIR",
            help="its data directory, where the file needs variables that only the service has",
        )

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        return await asyncio.to_thread(_reload, arguments.config, arguments.data_dir)


def _reload(config: str | None, data_dir: str | None) -> int:
    try:
        directory = Path(data_dir) if data_dir else Place.of(config or "").data_dir
        client = ControlClient(directory / SOCKET_NAME, timeout=_PATIENCE)
        meant = str(Path(config).resolve()).encode() if config else b""
        status, said = client.request("POST", "/reload", meant)
    except (PlaceError, ControlError) as e:
        sys.stderr.write(f"{e}\n")
        return 1
    (sys.stdout if status == _OK else sys.stderr).write(said.decode("utf-8", "replace"))
    return 0 if status == _OK else 1
