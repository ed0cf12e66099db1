"""`collector validate`: every problem of a configuration, in one run."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from ...command import Command
from ...config.description import Description
from ...config.load import check, load
from ..verification import verified


class ValidateCommand(Command):
    """Check a configuration: exit code 0 when it can be run, 1 when not. Opens no port.

    Each problem is a line `file:line:column: level: what was expected`. With --live, and when there
    is no error, each exporter then tries its destination, Dynatrace with one real event, and says
    what works or what is wrong: name, connection, TLS, URL, token, scope or licence.

    example: collector validate --live collector.yaml
    """

    help = "check a configuration file; opens no port"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        parser.add_argument("config", metavar="FILE", help="the configuration, YAML")
        parser.add_argument("--live", action="store_true", help="try the destinations, too")

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
        if errors or not arguments.live:
            return 1 if errors else 0
        return await _live(load(arguments.config), reactor)


async def _live(description: Description, reactor: Any) -> int:
    failed = False
    async for found in verified(description, reactor):
        failed = failed or not found.works
        for line in found.lines():
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    return 1 if failed else 0
