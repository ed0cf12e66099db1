"""`collector validate`: every problem of a configuration, in one run."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from ...command import Command
from ...config.load import check


class ValidateCommand(Command):
    """Check a configuration: exit code 0 when it can be run, 1 when not. Opens no port.

    Each problem is a line `file:line:column: level: what was expected`.
    """

    help = "check a configuration file; opens no port"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        parser.add_argument("config", metavar="FILE", help="the configuration, YAML")

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        problems = check(arguments.config)
        for problem in problems:
            sys.stderr.write(f"{problem}\n")
        errors = sum(problem.level == "error" for problem in problems)
        warnings = len(problems) - errors
        verdict = f"{errors} error(s)" if errors else "OK"
        also = f", {warnings} warning(s)" if warnings else ""
        sys.stdout.write(f"{arguments.config}: {verdict}{also}\n")
        return 1 if errors else 0
