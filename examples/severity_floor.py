"""Lets events go on from a severity up: a processor.

processors:
  floor: {type: 'severity_floor:FloorProcessor', floor: warn}
"""

from __future__ import annotations

from typing import Literal

from collector.api import DEBUG, ERROR, INFO, WARN, Batch, Config, Processor

_NUMBERS = {"debug": DEBUG, "info": INFO, "warn": WARN, "error": ERROR}


class FloorConfig(Config):
    """From where."""

    #: The least severity that goes on.
    floor: Literal["debug", "info", "warn", "error"] = "info"


class FloorProcessor(Processor[FloorConfig]):
    """What has no severity goes on, too."""

    def process(self, batch: Batch) -> Batch:
        """See `Processor`."""
        floor = _NUMBERS[self.config.floor]
        return Batch([e for e in batch.events if not 0 < e.severity_number < floor])
