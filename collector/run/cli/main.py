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
    arguments = _parser(words).parse_args(words)
    if arguments.command is None:
        _parser([]).print_help()
        return _USAGE_ERROR
    command = arguments.command
    return run_until_stopped(reactor, lambda: command.run(arguments, reactor), command.leave)


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="collector",
        description="Takes logs from the network and sends them on; what it cannot, it counts.",
        epilog="example: collector run conf/quickstart.yaml",
    )
    parser.add_argument("--version", action="version", version=f"collector {version()}")
    parser.set_defaults(command=None)
    subparsers = parser.add_subparsers(title="subcommands", metavar="SUBCOMMAND")
    points = {point.name: point for point in entry_points(group=_GROUP)}
    wanted = [words[0]] if words and words[0] in points else sorted(points)
    for name in wanted:
        _add(subparsers, points[name])
    return parser


def _add(subparsers: argparse._SubParsersAction, point: EntryPoint) -> None:  # type: ignore[type-arg]
    try:
        command = point.load()()
    except Exception as e:  # noqa: BLE001 a broken plugin must not take the others with it
        subparsers.add_parser(point.name, help=f"cannot be used: {type(e).__name__}: {e}")
        return
    parser = subparsers.add_parser(
        point.name,
        help=command.help,
        description=inspect.cleandoc(command.__doc__ or ""),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.arguments(parser)
    parser.set_defaults(command=command)
