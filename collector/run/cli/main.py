"""`collector SUBCOMMAND`: finds the subcommand among the entry points, and runs it."""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points

from ... import version
from ..loop import install_reactor
from ..process import run_until_stopped

_GROUP = "collector.commands"
_USAGE_ERROR = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns the exit code: 0 done, 1 failed, 2 wrong usage."""
    words = list(sys.argv[1:] if argv is None else argv)
    # Before a plugin can import another one. A supervisor moves no data: uvloop would be 8 MB.
    reactor = install_reactor(uvloop=words[:1] != ["run"])
    arguments = parser(words).parse_args(words)
    if arguments.command is None:
        parser().print_help()
        return _USAGE_ERROR
    command = arguments.command
    return run_until_stopped(reactor, lambda: command.run(arguments, reactor), command.leave)


def parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The parser of what these words name; of all that is installed when they name nothing."""
    found = argparse.ArgumentParser(
        prog="collector",
        description="Takes logs from the network and sends them on; what it cannot, it counts.",
        epilog="example: collector run conf/quickstart.yaml",
    )
    found.add_argument("--version", action="version", version=f"collector {version()}")
    found.set_defaults(command=None)
    subparsers = found.add_subparsers(title="subcommands", metavar="SUBCOMMAND")
    points = {point.name: point for point in entry_points(group=_GROUP)}
    wanted = [words[0]] if words and words[0] in points else sorted(points)
    for name in wanted:
        _add(subparsers, points[name])
    return found


def _add(subparsers: argparse._SubParsersAction, point: EntryPoint) -> None:  # type: ignore[type-arg]
    try:
        command = point.load()()
    except Exception as e:  # noqa: BLE001 a broken plugin must not take the others with it
        subparsers.add_parser(point.name, help=f"cannot be used: {type(e).__name__}: {e}")
        return
    added = subparsers.add_parser(
        point.name,
        help=command.help,
        description=inspect.cleandoc(command.__doc__ or ""),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.arguments(added)
    added.set_defaults(command=command)
