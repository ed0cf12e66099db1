"""The syslog receiver: UDP and TCP listeners in front of one reader."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from collector.api import (
    AutoFraming,
    Context,
    Event,
    FrameReceiver,
    Frames,
    Framing,
    Listener,
)

from .options import SyslogConfig
from .reader import Reader


class SyslogReceiver(FrameReceiver[SyslogConfig]):
    """One event a message, whatever its form; what cannot be parsed is the body, flagged."""

    counters: ClassVar[Mapping[str, str]] = {
        "malformed_log_records": "Events that the parser has flagged, by the sender's address.",
    }

    def __init__(self, config: SyslogConfig, context: Context) -> None:
        super().__init__(config, context)
        self._reader = Reader(config, context.count)

    def listeners(self) -> Sequence[Listener]:
        """See `FrameReceiver`."""
        udp, tcp = self.config.udp, self.config.tcp
        found = [self.stream(tcp)] if tcp else []
        return [self.datagrams(udp), *found] if udp else found

    def framing(self) -> Framing:
        """See `FrameReceiver`."""
        tcp = self.config.tcp
        return AutoFraming(tcp.max_frame_size) if tcp else AutoFraming()

    def resource(self) -> dict[str, Any]:
        """See `FrameReceiver`."""
        return {"log.source": "syslog"}

    def parse(self, frames: Frames) -> list[Event]:
        """See `FrameReceiver`."""
        return self._reader.read(frames, time.time_ns())
