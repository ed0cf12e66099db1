"""The configuration that a command is given, or its problems for the person who gave it."""

from __future__ import annotations

import sys
from pathlib import Path

from ...config.description import Description
from ...config.load import load
from ...config.problem import ConfigError


def loaded(config: Path | str) -> Description | None:
    """None: it has errors, which were written to standard error."""
    try:
        return load(config)
    except ConfigError as e:
        sys.stderr.write(f"{e}\n")
        return None
