"""The Fluent Forward receiver: what Fluent Bit, Fluentd and their clients send, over TCP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from twisted.internet.defer import Deferred

from collector.api import (
    Batch,
    Context,
    Event,
    Frames,
    Framing,
    Listener,
    ListenError,
    Named,
    Outcome,
    StreamReceiver,
    unix_path,
)

from .access import Access
from .answers import InDoubt
from .handshake import ADVICE
from .intake import Intake
from .joining import Joining
from .limits import Limits
from .options import ForwardConfig
from .peers import Peers
from .relief import Relief
from .scan import compiled
from .session import Frame, Session, settle
from .turns import Turns


class ForwardReceiver(StreamReceiver[ForwardConfig]):
    """An acknowledgement says that every exporter has the events; see `ack`."""

    acknowledged = True
    counters: ClassVar = {
        "repeated_chunks": "Chunks that came again because their sender had no answer; not taken.",
        "bad_entries": "Entries that were no time and record; dead-lettered, the others taken.",
        **Peers.counters,
        "cut_off_frames": "Frames within which their connection ended; their senders repeat them.",
        "odd_frames": "Frames with options that are no map, or with more elements; taken.",
    }

    def __init__(self, config: ForwardConfig, context: Context) -> None:
        super().__init__(config, context)
        self.in_doubt = InDoubt(context.reactor.seconds)
        self.max_frame_size = config.max_frame_size
        self.body_keys = config.body_keys
        self.handshake_timeout = config.handshake_timeout
        self.max_connection_age = config.max_connection_age
        limits = Limits(config.max_decompressed_size, config.max_entries, config.keep_original)
        self._turns = Turns(self.later)
        timeout = config.partial_message_timeout if config.join_partial_messages else 0.0
        self._joining = Joining(self, context, timeout)
        self._relief = Relief(context, config.max_backpressure, super().resume)
        self._peers = Peers(context)
        self._intake = Intake(
            self, context, limits, self._turns, self._joining, self._relief, self._peers
        )
        access = Access(config, context.hide)
        self.secrets_for = access.secrets_for
        self.is_new = Named().is_new

    @classmethod
    def config_warnings(cls, config: Any) -> Iterable[str]:
        """See `Component`."""
        if config.open_to_all():
            yield "anybody on the network may send: set security.shared_key, or listen on loopback"

    async def start(self) -> None:
        """See `Component`."""
        if not compiled():
            raise ListenError(
                "msgpack has no C extension here, and without it a large frame takes minutes: "
                "install msgpack from a wheel, and unset MSGPACK_PUREPYTHON"
            )
        await super().start()

    def listeners(self) -> Sequence[Listener]:
        """See `FrameReceiver`."""
        (stream,) = super().listeners()
        if not self.config.udp_heartbeat or unix_path(self.config.endpoint):
            return [stream]
        return [stream, self.heartbeats(stream)]

    def framing(self) -> Framing:
        """See `FrameReceiver`."""
        return Session(self)

    def resource(self) -> dict[str, Any]:
        """See `FrameReceiver`."""
        return {"log.source": "fluent_forward"}

    def later(self, seconds: float, call: Callable[[], None]) -> Any:
        """See `Desk`."""
        return self.context.reactor.callLater(seconds, call)

    def send(self, events: list[Event], size: int) -> Deferred[Outcome]:
        """See `Desk`."""
        return self.output.send(Batch(events, size), ack=True)

    def refuse(self, ip: str, reason: str) -> None:
        """See `Desk`."""
        short = reason.partition(":")[0]
        self.context.count("connections_refused", reason=short)
        self._peers.refused(ip, short)
        if self.is_new(ip, reason):
            self.context.log.warn(
                "{id}: {ip} was not let in: {reason}{advice}",
                id=self.context.id,
                ip=ip,
                reason=reason,
                advice=ADVICE.get(reason, ""),
            )

    def break_off(self, ip: str, what: str) -> None:
        """See `Desk`."""
        self.context.count("connections_refused", reason="wrong_protocol")
        if self.is_new(ip, what):
            self.context.log.warn(
                "{id}: {ip} goes on with {what} behind a frame; connection closed",
                id=self.context.id,
                ip=ip,
                what=what,
            )

    def cut_off(self) -> None:
        """See `Desk`."""
        self.context.count("cut_off_frames")

    def parse(self, frames: Frames) -> list[Event]:
        """See `FrameReceiver`."""
        now = time.time_ns()
        events: list[Event] = []
        for frame in frames:
            before = len(events)
            if isinstance(frame, Frame):
                self._intake.take(frame, now, events)
                tally = self._peers.tally(frame.session.peer.ip, frame.session.software)
                tally.frames += 1
                tally.records += len(events) - before
                tally.size += frame.size
        self._intake.keep_letters()
        self._peers.count()
        return events

    def settled(self, frames: Frames, outcome: Outcome) -> None:
        """See `FrameReceiver`."""
        for frame in frames:
            if isinstance(frame, Frame) and not frame.is_slow:
                settle(frame, outcome)

    def pause(self) -> None:
        """See `Receiver`."""
        super().pause()
        self._turns.pause()
        self._relief.pause()

    def resume(self) -> None:
        """See `Receiver`."""
        super().resume()
        self._relief.resume()
        self._turns.resume()

    async def quiesce(self) -> None:
        """See `Receiver`."""
        await super().quiesce()
        await self._turns.finish()
        self._joining.finish()

    async def stop(self) -> None:
        """See `Receiver`."""
        await super().stop()
        self._turns.pause()
        self._joining.stop()
        self._relief.resume()
