"""`collector components`: what is installed, and what a configuration brings itself."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from typing import Any

from ...command import Command
from ...config.description import Description
from ...registry import Plugin, installed
from ..redactor import printable
from .loading import loaded

_RED, _PLAIN = "\x1b[31m", "\x1b[0m"


class ComponentsCommand(Command):
    """List the installed receivers, processors, connectors and exporters, with their packages.

    With a file, also the classes that it names itself (`type: module:Class`), with their modules.
    A plugin that cannot be imported is shown in red with the reason; exit code 1 then.

    example: collector components
    """

    help = "list what is installed"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        parser.add_argument("config", metavar="FILE", nargs="?", help="a configuration, YAML")

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        description = loaded(arguments.config) if arguments.config else None
        if arguments.config and description is None:
            return 1
        plugins = [*installed(), *(_own(description) if description else ())]
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        for plugin in plugins:
            sys.stdout.write(_line(plugin, colour=colour) + "\n")
        return 1 if any(plugin.error for plugin in plugins) else 0


def _own(description: Description) -> Iterator[Plugin]:
    for spec in description.components.values():
        if ":" in spec.type:
            file = getattr(sys.modules[spec.cls.__module__], "__file__", None)
            yield Plugin(spec.section, spec.id, spec.type, file or "")


def _line(plugin: Plugin, *, colour: bool) -> str:
    text = f"{plugin.kind:<11} {plugin.name:<20} {plugin.package} {plugin.version}"
    if not plugin.error:
        return text
    text += f"  BROKEN: {printable(plugin.error)}"
    return f"{_RED}{text}{_PLAIN}" if colour else text
