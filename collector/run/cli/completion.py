"""`collector completion`: what makes a shell complete our commands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

import shtab

from ...command import Command
from .main import parser

#: How arguments are called that are files or directories.
_FILES = frozenset(["FILE", "PLACE", "PEM"])
_DIRECTORIES = frozenset(["DIR"])


class CompletionCommand(Command):
    """Print a script that makes a shell complete subcommands, options and files.

    It is made of the commands that are installed: make it again after one has come.

    examples:
      collector completion bash > ~/.local/share/bash-completion/completions/collector
      collector completion zsh > ~/.zfunc/_collector
      collector completion fish > ~/.config/fish/completions/collector.fish
    """

    help = "print a completion script for bash, zsh or fish"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `Command`."""
        parser.add_argument(
            "shell", metavar="SHELL", choices=("bash", "zsh", "fish"), help="bash, zsh or fish"
        )

    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """See `Command`."""
        sys.stdout.write(script(parser(), arguments.shell))
        return 0


def script(of: argparse.ArgumentParser, shell: str) -> str:
    """The script for a shell."""
    for action in _actions(of):
        if action.metavar in _FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.metavar in _DIRECTORIES:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    return f"{shtab.complete(of, shell=shell)}\n"


def _actions(of: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Of it and all below it."""
    for action in of._actions:  # noqa: SLF001 there is no other way to them
        yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 as above
            for each in action.choices.values():
                yield from _actions(each)
