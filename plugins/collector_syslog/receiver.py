"""The syslog receiver: UDP, TCP, UNIX and RELP listeners in front of one reader."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from collector.api import (
    AutoFraming,
    Batch,
    Context,
    Event,
    FrameReceiver,
    Frames,
    Framing,
    Listener,
    Outcome,
    Peer,
)

from .bodies import describe
from .joining import Joining
from .options import SyslogConfig
from .quiet import QuietFraming
from .reader import Reader
from .transactions import Session, Window


class SyslogReceiver(FrameReceiver[SyslogConfig]):
    """One event a message, whatever its form; what cannot be parsed is the body, flagged."""

    counters: ClassVar[Mapping[str, str]] = {
        "malformed_log_records": "Events that the parser has flagged, by the sender's address.",
        "looked_up_addresses": "Addresses of senders whose name was asked for, by outcome.",
        "missing_sequence_numbers": "Messages that never came, by the numbers of their `source`.",
    }

    def __init__(self, config: SyslogConfig, context: Context) -> None:
        super().__init__(config, context)
        self._reader = Reader(config, context)
        describes = partial(describe, name=config.parse_body)
        joining = Joining(context, config.parts_timeout, describes, self._send)
        self._joining = joining if config.join_parts else None

    def listeners(self) -> Sequence[Listener]:
        """See `FrameReceiver`."""
        tcp, relp = self.config.tcp, self.config.relp
        found = [self.datagrams(said) for said in (self.config.udp, self.config.unix) if said]
        if tcp:
            found.append(self.stream(tcp))
        if relp:
            session = partial(Session, relp.max_frame_size)
            found.append(self.stream(relp, session, acknowledged=True))
        return found

    def framing(self) -> Framing:
        """See `FrameReceiver`."""
        assert self.config.tcp is not None  # there is a connection
        size = self.config.tcp.max_frame_size
        if self.config.multiline == "pri":
            return QuietFraming(size, self.context.reactor, self._left_open)
        return AutoFraming(size)

    def _left_open(self, peer: Peer, frames: list[bytes]) -> None:
        self._received(Frames([(peer, list(frames))]))

    def resource(self) -> dict[str, Any]:
        """See `FrameReceiver`."""
        return {"log.source": "syslog"}

    def parse(self, frames: Frames) -> list[Event]:
        """See `FrameReceiver`."""
        events = self._reader.read(frames, time.time_ns())
        joining = self._joining
        if joining is None or not joining.concerns(events):
            return events
        self.attach(frames, events)
        answered = any(isinstance(cut, Window) for cut in frames.cuts())
        return joining.joined(events, answered=answered)

    def _send(self, events: list[Event]) -> None:
        self.output.send(Batch(events, sum(len(event.body) for event in events)))

    async def quiesce(self) -> None:
        """See `Receiver`."""
        await super().quiesce()
        if self._joining:
            self._joining.finish()

    async def stop(self) -> None:
        """See `Receiver`."""
        await super().stop()
        if self._joining:
            self._joining.stop()

    def settled(self, frames: Frames, outcome: Outcome) -> None:
        """See `FrameReceiver`."""
        for cut in frames.cuts():
            if isinstance(cut, Window):
                cut.settle(outcome)
