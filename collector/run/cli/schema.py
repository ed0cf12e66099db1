"""`collector schema`: what a configuration may say, for editors."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from ...command import Command
from ...config.schema import schema
from .loading import loaded


class SchemaCommand(Command):
    """Print the JSON Schema of configurations with the components that are installed.

    With a file, classes that it names itself (`type: module:Class`) are in it too.
    Editors complete, explain and check a file by it. Those with yaml-language-server take it from
    the first line of the file: `# yaml-language-server: $schema=collector.schema.json`.

    example: collector schema > collector.schema.json
    """

    help = "print the JSON Schema of configurations, for editors"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        parser.add_argument("config", metavar="FILE", nargs="?", help="a configuration, YAML")

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        description = loaded(arguments.config) if arguments.config else None
        if arguments.config and description is None:
            return 1
        sys.stdout.write(json.dumps(schema(description), indent=2, ensure_ascii=False) + "\n")
        return 0
