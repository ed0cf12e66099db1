"""`collector components`: what is installed."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from ...command import Command
from ...registry import Plugin, installed
from ..redactor import printable

_RED, _PLAIN = "\x1b[31m", "\x1b[0m"


class ComponentsCommand(Command):
    """List the installed receivers, processors, connectors and exporters, with their packages.

    A plugin that cannot be imported is shown in red with the reason; exit code 1 then.

    example: collector components
    """

    help = "list what is installed"

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        plugins = list(installed())
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        for plugin in plugins:
            sys.stdout.write(_line(plugin, colour=colour) + "\n")
        return 1 if any(plugin.error for plugin in plugins) else 0


def _line(plugin: Plugin, *, colour: bool) -> str:
    text = f"{plugin.kind:<11} {plugin.name:<18} {plugin.package} {plugin.version}"
    if not plugin.error:
        return text
    text += f"  BROKEN: {printable(plugin.error)}"
    return f"{_RED}{text}{_PLAIN}" if colour else text
