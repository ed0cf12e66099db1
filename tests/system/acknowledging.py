"""A receiver of lines that answers each with itself once it is safe, for tests of what is promised.

In a configuration: `type: tests.system.acknowledging:AcknowledgingReceiver`.
"""

from __future__ import annotations

import time

from collector.api import Config, Endpoint, Event, Frames, Outcome, StreamReceiver


class AcknowledgingConfig(Config):
    """Where it listens."""

    endpoint: Endpoint
    max_frame_size: int = 1024


class AcknowledgingReceiver(StreamReceiver[AcknowledgingConfig]):
    """A line in, the same line back when its outcome is DELIVERED, and nothing otherwise."""

    acknowledged = True

    def parse(self, frames: Frames) -> list[Event]:
        now = time.time_ns()
        return [Event(now, line, {}) for line in frames.lines()]

    def settled(self, frames: Frames, outcome: Outcome) -> None:
        if outcome is Outcome.DELIVERED:
            for index, line in enumerate(frames.lines()):
                frames.reply(index, f"{line}\n".encode())
