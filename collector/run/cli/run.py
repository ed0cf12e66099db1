"""`collector run`: the main job."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from typing import Any

from twisted.logger import Logger

from ... import version
from ...command import Command
from ...config.description import Description
from ..instance import Instance
from ..memory import freeze_started, keep_heap
from ..process import allow_many_files
from .loading import loaded


class RunCommand(Command):
    """Run the collector on a configuration until SIGINT or SIGTERM.

    Exit code 1, and a sentence that says what to do, when the configuration has errors or
    something does not start.
    """

    help = "run the collector on a configuration file"
    _log = Logger(namespace="collector")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        parser.add_argument("config", metavar="FILE", help="the configuration, YAML")

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        description = loaded(arguments.config)
        if description is None:
            return 1
        allow_many_files()
        keep_heap()
        instance = Instance(description, reactor, arguments.config)
        try:
            await instance.start()
            self._greet(description, arguments.config)
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._hung_up)
            freeze_started()
            await asyncio.Event().wait()  # until a signal cancels it
        finally:
            await instance.stop()
        return 0

    def _hung_up(self) -> None:
        self._log.warn("SIGHUP is no reload yet: restart to apply another configuration")

    def _greet(self, description: Description, config: str) -> None:
        for warning in description.warnings:
            self._log.warn("{warning}", warning=warning)
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            self._log.warn("running as root; a user of its own is safer")
        self._log.info(
            "collector {version} with {config} started, pid {pid}",
            version=version(),
            config=config,
            pid=os.getpid(),
        )
