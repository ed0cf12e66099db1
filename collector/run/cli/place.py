"""Where a collector keeps its state, as a command is told: by its configuration, or directly."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...config.description import Description
from ...config.load import load
from ...config.problem import ConfigError


class PlaceError(Exception):
    """It is neither; a sentence, or the problems of the configuration line by line."""


@dataclass(frozen=True)
class Place:
    """A data directory, and the configuration that names it when that was given."""

    data_dir: Path
    description: Description | None = None

    @classmethod
    def of(cls, argument: str) -> Place:
        """From the argument of a command. Raises PlaceError."""
        path = Path(argument)
        if path.is_dir():
            return cls(path)
        try:
            description = load(path)
        except ConfigError as e:
            raise PlaceError(str(e)) from e
        return cls(description.service.data_dir, description)


def add_action(actions: Any, name: str, work: Any, help: str) -> argparse.ArgumentParser:  # noqa: A002
    """One of the things that a command does with a place; `work` is what its parser remembers."""
    parser: argparse.ArgumentParser = actions.add_parser(name, help=help, description=help)
    parser.add_argument(
        "place", metavar="PLACE", help="the configuration file, or the data directory"
    )
    parser.set_defaults(action=work)
    return parser
