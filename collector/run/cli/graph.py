"""`collector graph`: the pipelines of a configuration as a diagram."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from ...command import Command
from ..diagram import dot, mermaid
from .loading import loaded

_FORMATS = {"mermaid": mermaid, "dot": dot}


class GraphCommand(Command):
    """Print the pipelines of a configuration as a diagram, in Mermaid or for Graphviz.

    example: collector graph collector.yaml --format dot | dot -Tsvg > pipelines.svg
    """

    help = "print the pipelines of a configuration as a diagram"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        parser.add_argument("config", metavar="FILE", help="the configuration, YAML")
        parser.add_argument("--format", choices=_FORMATS, default="mermaid", help="the language")

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        description = loaded(arguments.config)
        if description is None:
            return 1
        sys.stdout.write(_FORMATS[arguments.format](description))
        return 0
