"""Receivers made of listeners: the author writes `parse`, the core does the rest.

Sockets, framing, gathering, decoding and pausing are the core's.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar, Protocol

from ..component import C, Receiver
from ..context import Context
from ..delivery import Outcome
from ..event import Batch, Event
from ..fields import shown_endpoint
from .datagram import DatagramListener, DatagramOptions
from .frames import Frames, as_they_are
from .framing import Framing, Lines
from .heartbeat import HeartbeatListener
from .looking import PAUSE
from .stream import StreamListener
from .stream_options import StreamOptions
from .unix_datagram import UnixDatagramListener, UnixDatagramOptions


class Listener(Protocol):
    """A socket that gives frames."""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, or the path of a UNIX socket and 0, once it has started."""
        ...

    #: udp, tcp, unix, unix datagram, tls or udp heartbeat.
    transport: str

    async def start(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    async def quiesce(self) -> None: ...
    async def stop(self) -> None: ...


class FrameReceiver(Receiver[C]):
    """Frames in, events out, over any number of listeners."""

    #: Whether senders wait for an answer, where the listener does not say otherwise: batches are
    #: stored as soon as they can be, and `settled` is called with the outcome.
    acknowledged: ClassVar[bool] = False

    def __init__(self, config: C, context: Context) -> None:
        super().__init__(config, context)
        #: What `listeners` gave, once started.
        self.listening: Sequence[Listener] = ()

    @abstractmethod
    def listeners(self) -> Sequence[Listener]:
        """The listeners, made with `stream` and `datagrams`. Called once, by `start`."""

    @abstractmethod
    def parse(self, frames: Frames) -> list[Event]:
        """The events of these frames.

        Where it gives one event a frame, in order, the core sets resource and flags. Must not
        raise on bad input; if it does, the frames go on unparsed, flagged and counted.
        """

    def attach(self, frames: Frames, events: list[Event]) -> None:
        """Set resource and flags of events that are one for each frame, in order.

        For a `parse` that makes others of them after that; the core does it otherwise.
        """
        for name, times in frames.attach(events).items():
            self.context.count("flagged_log_records", times, flag=name)

    def settled(self, frames: Frames, outcome: Outcome) -> None:
        """The batch of these frames has ended; answer with `frames.reply`.

        Frames without events end at once, as DELIVERED. Batches may end in another order than
        they came in.
        """

    def framing(self) -> Framing:
        """A framing for a new connection: `Lines()` unless the author says otherwise.

        A `Conversation` is told of the connection too, and can speak first.
        """
        return Lines()

    def resource(self) -> dict[str, Any]:
        """Attributes of every event's resource, beside the peer's address and the transport."""
        return {}

    def stream(
        self,
        options: StreamOptions,
        framing: Callable[[], Framing] | None = None,
        *,
        acknowledged: bool | None = None,
    ) -> Listener:
        """A TCP or UNIX listener for `listeners`, under TLS where the options say so.

        `framing` and `acknowledged`: its own, where they are not the receiver's.
        """
        answers = self.acknowledged if acknowledged is None else acknowledged
        return StreamListener(
            self.context,
            options,
            framing or self.framing,
            partial(self._received, acknowledged=answers),
            self.resource(),
            0.0 if answers else PAUSE,
        )

    def datagrams(self, options: DatagramOptions | UnixDatagramOptions) -> Listener:
        """A listener for `listeners`: UDP, or the datagrams of a UNIX socket."""
        if isinstance(options, UnixDatagramOptions):
            return UnixDatagramListener(self.context, options, self._received, self.resource())
        return DatagramListener(self.context, options, self._received, self.resource())

    def heartbeats(self, beside: Listener) -> Listener:
        """Answers to heartbeats over UDP, for `listeners`: on the address of one before it."""
        return HeartbeatListener(self.context, lambda: beside.address)

    async def start(self) -> None:
        """Start every listener."""
        self.listening = self.listeners()
        for listener in self.listening:
            await listener.start()
            self.context.log.info(
                "{id}: listening on {address} ({transport})",
                id=self.context.id,
                address=shown_endpoint(*listener.address),
                transport=listener.transport,
            )

    def pause(self) -> None:
        """See `Receiver`."""
        for listener in self.listening:
            listener.pause()

    def resume(self) -> None:
        """See `Receiver`."""
        for listener in self.listening:
            listener.resume()

    async def quiesce(self) -> None:
        """See `Receiver`."""
        for listener in self.listening:
            await listener.quiesce()

    async def stop(self) -> None:
        """Stop every listener, also when only some had started."""
        for listener in self.listening:
            await listener.stop()

    def _received(self, frames: Frames, *, acknowledged: bool | None = None) -> None:
        if acknowledged is None:
            acknowledged = self.acknowledged
        events = self._parsed(frames)
        if not events:
            if acknowledged:
                self._settled(frames, Outcome.DELIVERED)
            return
        if len(events) == len(frames) and not frames.is_attached:
            self.attach(frames, events)
        outcome = self.output.send(Batch(events, frames.size), ack=acknowledged)
        if acknowledged:
            outcome.addCallback(lambda result: self._settled(frames, result))

    def _settled(self, frames: Frames, outcome: Outcome) -> None:
        try:
            self.settled(frames, outcome)
        except Exception:  # noqa: BLE001 the author's bug must not cost other senders their answers
            self.context.raised("{id}: settled raised; its senders get no answer")

    def _parsed(self, frames: Frames) -> list[Event]:
        try:
            return self.parse(frames)
        except Exception:  # noqa: BLE001 the author's bug must not cost a message, nor the connection
            self.context.count("parser_failures")
            self.context.raised("{id}: the parser raised")
            return as_they_are(frames, time.time_ns())


class StreamReceiver(FrameReceiver[C]):
    """One TCP listener at the configuration's `endpoint`."""

    def listeners(self) -> Sequence[Listener]:
        """See `FrameReceiver`."""
        return [self.stream(_options(StreamOptions, self.config))]

    def framing(self) -> Framing:
        """See `FrameReceiver`; lines of at most `max_frame_size` bytes."""
        return Lines(_options(StreamOptions, self.config).max_frame_size)


class DatagramReceiver(FrameReceiver[C]):
    """One UDP listener at the configuration's `endpoint`."""

    def listeners(self) -> Sequence[Listener]:
        """See `FrameReceiver`."""
        return [self.datagrams(_options(DatagramOptions, self.config))]


def _options(model: Any, config: Any) -> Any:
    """The listener's options, of the fields of the same name that the author's model has."""
    said = config.model_dump(include=set(model.model_fields))
    return model(**said)
