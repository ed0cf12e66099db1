"""`collector run`: the main job."""

from __future__ import annotations

import argparse
from typing import Any

from ...command import Command
from ..supervisor import Supervisor


class RunCommand(Command):
    """Run the collector on a configuration until SIGINT or SIGTERM.

    Exit code 1, and a sentence that says what to do, when the configuration has errors or
    something does not start.

    example: collector run collector.yaml
    """

    help = "run the collector on a configuration file"

    def __init__(self) -> None:
        self._supervisor: Supervisor | None = None

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        parser.add_argument("config", metavar="FILE", help="the configuration, YAML")

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        self._supervisor = Supervisor(reactor, arguments.config)
        return await self._supervisor.run()

    def leave(self) -> None:
        """See `Command`."""
        if self._supervisor is not None:
            self._supervisor.kill()
