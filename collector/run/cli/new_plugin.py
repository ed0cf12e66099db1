"""`collector new-plugin`: a package to begin with."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ...command import Command
from ...scaffold.package import KINDS, Unfit, write


class NewPluginCommand(Command):
    """Write the package of a new plugin: one module, its test, an example, a CI file.

    It passes its tests as it is, the contract of its kind among them: change it from there.

    example: collector new-plugin receiver snmp_trap
    """

    help = "write the package of a new plugin"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        parser.add_argument("kind", choices=KINDS, help="what it is")
        parser.add_argument("name", help="how a configuration calls it, such as snmp_trap")
        parser.add_argument(
            "--directory",
            type=Path,
            default=Path(),
            metavar="DIR",
            help="where the package's directory is made (default: here)",
        )

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        try:
            made = write(arguments.kind, arguments.name, arguments.directory)
        except Unfit as e:
            sys.stderr.write(f"collector new-plugin: {e}\n")
            return 1
        sys.stdout.write(f"{made} is written. Go there and try it:\n")
        sys.stdout.write("    pip install -e '.[test]' && pytest\n")
        return 0
