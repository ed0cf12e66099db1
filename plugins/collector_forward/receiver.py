"""The Fluent Forward receiver: what Fluent Bit, Fluentd and their clients send, over TCP."""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from collector.api import (
    Context,
    Event,
    FrameReceiver,
    Frames,
    Framing,
    Letter,
    Listener,
    ListenError,
    Outcome,
    StreamOptions,
    unix_path,
)

from .access import Access
from .answers import Answer, InDoubt
from .failure import Undecodable
from .handshake import ADVICE
from .jsonmode import read_json
from .limits import Limits
from .options import ForwardConfig
from .peers import Peers, Tally
from .scan import compiled
from .session import Frame, Session, settle
from .shapes import Shapes
from .software import UNKNOWN, software
from .wire import Message, chunk_of, open_envelope, read, salvaged_chunk

_ACK = b"\x81\xa3ack"
#: Hexadecimal digits of a record id that come from its chunk.
_UID = 24
#: Options of ours that are the listener's. Its own `max_frame_size` is for framings of the core.
_LISTENER = (
    "endpoint",
    "socket_mode",
    "max_connections",
    "max_connections_per_source",
    "tls",
)
#: Clients whose failures have been logged; each is named once a reason.
_NAMED = 1024


class ForwardReceiver(FrameReceiver[ForwardConfig]):
    """An acknowledgement says that every exporter has the events; see `ack`."""

    acknowledged = True
    counters: ClassVar = {
        "repeated_chunks": "Chunks that came again because their sender had no answer; not taken.",
        "bad_entries": "Entries that were no time and record; dead-lettered, the others taken.",
        **Peers.counters,
    }

    def __init__(self, config: ForwardConfig, context: Context) -> None:
        super().__init__(config, context)
        self.in_doubt = InDoubt(context.reactor.seconds)
        self.max_frame_size = config.max_frame_size
        self.body_keys = config.body_keys
        self.handshake_timeout = config.handshake_timeout
        self.max_connection_age = config.max_connection_age
        self._limits = Limits(config.max_decompressed_size, config.max_entries)
        self._shapes = Shapes()
        access = Access(config, context.hide)
        self.secrets_for = access.secrets_for
        self._peers = Peers(context)
        self._named: set[tuple[str, str]] = set()
        self._letters: defaultdict[str, list[Letter]] = defaultdict(list)

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
        config = self.config
        said = {name: getattr(config, name) for name in _LISTENER}
        stream = self.stream(StreamOptions(**said))
        local = unix_path(config.endpoint) is not None
        return [stream, self.heartbeats(stream)] if config.udp_heartbeat and not local else [stream]

    def framing(self) -> Framing:
        """See `FrameReceiver`."""
        return Session(self)

    def resource(self) -> dict[str, Any]:
        """See `FrameReceiver`."""
        return {"log.source": "fluent_forward"}

    def later(self, seconds: float, call: Callable[[], None]) -> Any:
        """See `Desk`."""
        return self.context.reactor.callLater(seconds, call)

    def refuse(self, ip: str, reason: str) -> None:
        """See `Desk`."""
        short = reason.partition(":")[0]
        self.context.count("connections_refused", reason=short)
        self._peers.refused(ip, short)
        if self._first_time(ip, reason):
            self.context.log.warn(
                "{id}: {ip} was not let in: {reason}{advice}",
                id=self.context.id,
                ip=ip,
                reason=reason,
                advice=ADVICE.get(reason, ""),
            )

    def _first_time(self, ip: str, what: str) -> bool:
        if (ip, what) in self._named or len(self._named) >= _NAMED:
            return False
        self._named.add((ip, what))
        return True

    def parse(self, frames: Frames) -> list[Event]:
        """See `FrameReceiver`."""
        now = time.time_ns()
        events: list[Event] = []
        for frame in frames:
            before = len(events)
            if isinstance(frame, Frame):
                self._take(frame, now, events)
                tally = self._tally(frame)
                tally.frames += 1
                tally.records += len(events) - before
                tally.size += frame.oversize[0] if frame.oversize else len(frame)
        self._keep_letters()
        self._peers.count()
        return events

    def _tally(self, frame: Frame) -> Tally:
        return self._peers.tally(frame.session.peer.ip, frame.session.software)

    def settled(self, frames: Frames, outcome: Outcome) -> None:
        """See `FrameReceiver`."""
        for frame in frames:
            if isinstance(frame, Frame):
                settle(frame, outcome)

    def _take(self, frame: Frame, now: int, events: list[Event]) -> None:
        """The events of a frame; a frame that has none ends in the dead letter."""
        try:
            if frame.oversize:
                raise Undecodable("too_large", f"a frame of {frame.oversize[0]} bytes")
            message, uid = self._read_json(frame) if frame.session.json else self._read(frame)
        except Undecodable as e:
            self._give_up(frame, e)
            return
        if message is None:
            self.context.count("repeated_chunks")
            self._tally(frame).repeated += 1
            return
        if message.bad:
            self.context.count("bad_entries", len(message.bad))
            self._tally(frame).bad += len(message.bad)
            for raw, why in message.bad:
                self._set_aside(frame, raw, why)
        writer = frame.session.writer
        events += writer.events(message.tag, message.entries, now, uid, message.metadata)
        for flag, times in writer.flagged.items():
            self.context.count("flagged_log_records", times, flag=flag)
        writer.flagged.clear()

    def _give_up(self, frame: Frame, why: Undecodable) -> None:
        """Sent again it would be the same: answered, if its chunk can be found."""
        self._set_aside(frame, bytes(frame), why)
        if frame.answer is None and not frame.session.json:
            chunk = chunk_of(frame.oversize[1]) if frame.oversize else salvaged_chunk(frame)
            self._is_copy(frame, "", chunk, frame)

    def _read(self, frame: Frame) -> tuple[Message | None, str]:
        """The message, and what its record ids begin with; no message: it is here already."""
        envelope = open_envelope(frame, self._limits)
        if frame.session.software == UNKNOWN:
            frame.session.software = software(frame, envelope)
        uid = ""
        if envelope.chunk:
            content = memoryview(frame)[envelope.begin : envelope.end]
            if self._is_copy(frame, envelope.tag, envelope.chunk, content):
                return None, ""
            assert frame.answer is not None
            uid = hashlib.sha256(repr(frame.answer.key).encode()).hexdigest()[:_UID]
        return read(frame, envelope, self._limits, self._shapes), uid

    def _is_copy(self, frame: Frame, tag: str, chunk: bytes, content: bytes | memoryview) -> bool:
        """Whether a frame is in doubt already. Queues its answer, if one is asked for."""
        if not chunk:
            return False
        session = frame.session
        key = (session.peer.ip, tag, chunk, hashlib.sha256(content).digest())
        frame.answer = Answer(_ACK + chunk, key, session)
        session.queue.add(frame.answer)
        return self.in_doubt.is_copy(frame.answer)

    def _read_json(self, frame: Frame) -> tuple[Message, str]:
        frame.session.software = "json"
        message, chunk = read_json(frame, self._limits.entries)
        if chunk:
            frame.answer = Answer(b'{"ack":%b}\n' % chunk, None, frame.session)
            frame.session.queue.add(frame.answer)
        return message, ""

    def _set_aside(self, frame: Frame, raw: bytes, why: Undecodable) -> None:
        """For the dead letter."""
        ip = frame.session.peer.ip
        self._letters[why.reason].append(Letter(row=raw, reason=why.reason, text=f"{ip}: {why}"))
        if self._first_time(ip, why.reason):
            self.context.log.warn(
                "{id}: {ip} sent what cannot be read ({why}); it is in the dead letter",
                id=self.context.id,
                ip=ip,
                why=str(why),
            )

    def _keep_letters(self) -> None:
        """All of a look at once, before any of it is answered: each write is a flush."""
        letters, self._letters = self._letters, defaultdict(list)
        for reason, some in letters.items():
            self.context.dead_letters(reason, some)
