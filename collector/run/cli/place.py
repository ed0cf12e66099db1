"""Where a collector keeps its state, as a command is told: by its configuration, or directly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...config.description import Description
from ...config.load import load
from ...config.problem import ConfigError

METAVAR = "PLACE"
HELP = "the configuration file, or the data directory"


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
