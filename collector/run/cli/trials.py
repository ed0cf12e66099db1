"""`collector test`: the tests of a configuration."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from ...command import Command
from ...config.load import load_trials
from ...config.problem import ConfigError
from ..junit import Result, write
from ..logs import start_logging
from ..redactor import printable
from ..trial import failures
from .loading import loaded


class TrialsCommand(Command):
    """Run the tests of a configuration: those of its `tests`, and of NAME.tests.yaml beside it.

    Each sends bytes or events into a receiver or pipeline and says what the exporters shall be
    given. No port is opened, nothing is sent or stored, and no time is waited for. Exit code 1 when
    one fails, or there is none.

    example: collector test collector.yaml --filter firewall --junit report.xml
    """

    help = "run the tests of a configuration"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        parser.add_argument("config", metavar="FILE", help="the configuration, YAML")
        parser.add_argument("--filter", metavar="TEXT", default="", help="tests named like that")
        parser.add_argument("--junit", metavar="FILE", type=Path, help="write JUnit's XML, too")

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        description = loaded(arguments.config)
        if description is None:
            return 1
        try:
            trials = load_trials(arguments.config, description)
        except ConfigError as e:
            sys.stderr.write(f"{e}\n")
            return 1
        logging = start_logging("error", "text", clock=reactor)
        results: list[Result] = []
        try:
            for trial in trials:
                if arguments.filter in trial.name:
                    began = time.perf_counter()
                    found = await failures(description, trial)
                    results.append(Result(trial.name, found, time.perf_counter() - began))
                    _tell(results[-1])
        finally:
            logging.stop()
        return _verdict(arguments, results)


def _tell(result: Result) -> None:
    sys.stdout.write(f"{'FAILED' if result.failures else 'ok'} {printable(result.name)}\n")
    for line in result.failures:
        sys.stdout.write(f"    {printable(line)}\n")


def _verdict(arguments: argparse.Namespace, results: list[Result]) -> int:
    """The last line, the report and the exit code."""
    failed = sum(bool(result.failures) for result in results)
    seconds = sum(result.seconds for result in results)
    passed = len(results) - failed
    sys.stdout.write(f"{passed} passed, {failed} failed in {seconds:.2f} s\n")
    if not results:
        found = "no test has such a name" if arguments.filter else "there are no tests"
        sys.stderr.write(f"{found}\n")
    if arguments.junit is not None:
        try:
            write(arguments.junit, str(arguments.config), results)
        except OSError as e:
            sys.stderr.write(f"cannot write {arguments.junit}: {e.strerror}\n")
            return 1
    return 0 if passed and not failed else 1
