"""Subcommands of `collector`, for plugins too: the entry point group `collector.commands`."""

from __future__ import annotations

import argparse
from abc import ABC, abstractmethod
from typing import Any, ClassVar


class Command(ABC):
    """One subcommand; its name is its entry point's."""

    #: One line for `collector --help`.
    help: ClassVar[str]

    def arguments(self, parser: argparse.ArgumentParser) -> None:  # noqa: B027 most take some
        """Add what the command takes."""

    @abstractmethod
    async def run(self, arguments: argparse.Namespace, reactor: Any) -> int:
        """Do it, and return the exit code. A Task, cancelled at SIGINT or SIGTERM."""

    def leave(self) -> None:  # noqa: B027 most leave nothing behind
        """A second signal has come: the process ends at once after this."""
