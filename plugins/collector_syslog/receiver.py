"""The syslog receiver: UDP, TCP and RELP listeners in front of one parser."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from collector.api import (
    AutoFraming,
    Config,
    Context,
    DatagramOptions,
    Event,
    FrameReceiver,
    Frames,
    Framing,
    Listener,
    Outcome,
    StreamOptions,
)

from .parser import Parser
from .transactions import Session, Window


class SyslogConfig(Config):
    """RFC 3164 and 5424, octet-counted, LF, CRLF and NUL: recognised, nothing to set."""

    udp: DatagramOptions | None = None
    tcp: StreamOptions | None = None
    #: Each message is answered when it is safe.
    relp: StreamOptions | None = None
    #: IANA name of the zone of timestamps that do not say theirs.
    timezone: str = Field("UTC", alias="location")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (OSError, ValueError) as e:
            raise ValueError("expected the IANA name of a time zone, such as Europe/Vienna") from e
        return name

    @model_validator(mode="after")
    def _listens(self) -> SyslogConfig:
        if self.udp is None and self.tcp is None and self.relp is None:
            raise ValueError("expected udp, tcp or relp, each with an endpoint")
        return self


class SyslogReceiver(FrameReceiver[SyslogConfig]):
    """One event a message, whatever its form; what cannot be parsed is the body, flagged."""

    def __init__(self, config: SyslogConfig, context: Context) -> None:
        super().__init__(config, context)
        self._parser = Parser(zone=config.timezone)

    def listeners(self) -> Sequence[Listener]:
        """See `FrameReceiver`."""
        udp, tcp, relp = self.config.udp, self.config.tcp, self.config.relp
        found = [self.datagrams(udp)] if udp else []
        if tcp:
            found.append(self.stream(tcp))
        if relp:
            session = partial(Session, relp.max_frame_size)
            found.append(self.stream(relp, session, acknowledged=True))
        return found

    def framing(self) -> Framing:
        """See `FrameReceiver`."""
        tcp = self.config.tcp
        return AutoFraming(tcp.max_frame_size) if tcp else AutoFraming()

    def resource(self) -> dict[str, Any]:
        """See `FrameReceiver`."""
        return {"log.source": "syslog"}

    def parse(self, frames: Frames) -> list[Event]:
        """See `FrameReceiver`."""
        return self._parser.parse(frames.lines(), time.time_ns())

    def settled(self, frames: Frames, outcome: Outcome) -> None:
        """See `FrameReceiver`."""
        for cut in frames.cuts():
            if isinstance(cut, Window):
                cut.settle(outcome)
