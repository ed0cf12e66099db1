"""`collector schema`: what a configuration may say, for editors."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from ...command import Command
from ...config.schema import schema


class SchemaCommand(Command):
    """Print the JSON Schema of configurations with the components that are installed.

    Editors complete, explain and check a file by it. Those with yaml-language-server take it from
    the first line of the file: `# yaml-language-server: $schema=collector.schema.json`.

    example: collector schema > collector.schema.json
    """

    help = "print the JSON Schema of configurations, for editors"

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        sys.stdout.write(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n")
        return 0
