"""Frames in; events, answers to come and dead letters out.

A small frame is read where it stands. One that is worth several turns of the reactor is read
portion by portion, and its connection with it: what that sends meanwhile stays in the kernel, and
what it had sent already waits its turn. So does what asks for an answer while the relief valve is
open.
"""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from collections.abc import Generator, Iterator
from itertools import chain, islice

from twisted.internet.defer import Deferred

from collector.api import Context, Event, Letter, Outcome

from .answers import Answer
from .failure import Undecodable
from .joining import Joining
from .jsonmode import read_json
from .limits import Limits
from .peers import Peers, Tally
from .portions import SIZE
from .relief import Relief
from .session import Desk, Frame, Session, settle
from .shapes import Shapes
from .software import UNKNOWN, software
from .turns import Turns
from .wire import Message, chunk_of, open_envelope, read, salvaged_chunk

_ACK = b"\x81\xa3ack"
#: Hexadecimal digits of a record id that come from its chunk.
_UID = 24

#: Messages with what their record ids begin with; None is work without one.
Reading = Iterator[tuple[Message, str] | None]


class Intake:
    """Of all connections of a receiver."""

    def __init__(
        self,
        desk: Desk,
        context: Context,
        limits: Limits,
        turns: Turns,
        joining: Joining,
        relief: Relief,
        peers: Peers,
    ) -> None:
        self._desk = desk
        self._context = context
        self._limits = limits
        self._turns = turns
        self._joining = joining
        self._relief = relief
        self._peers = peers
        self._shapes = Shapes()
        self._letters: defaultdict[str, list[Letter]] = defaultdict(list)

    def take(self, frame: Frame, now: int, events: list[Event]) -> None:
        """The events of a frame, now or later; one that has none ends in the dead letter."""
        reading = self._read(frame)
        if frame.session.slow or len(frame) > SIZE:
            self._take_slowly(frame, reading)
            return
        found = list(islice(reading, 2))
        waits = self._relief.is_open and frame.answer is not None
        if len(found) == 2 or None in found or waits:
            self._take_slowly(frame, chain(found, reading))
            return
        for one in found:
            assert one is not None
            if self._relief.is_open:
                self._relief.drop(len(one[0].entries) + len(one[0].bad))
            else:
                events += self._events(frame, *one, now, 0)

    def keep_letters(self) -> None:
        """All of a look at once, before any of it is answered: each write is a flush."""
        letters, self._letters = self._letters, defaultdict(list)
        for reason, some in letters.items():
            self._context.dead_letters(reason, some)

    def _events(
        self, frame: Frame, message: Message, uid: str, now: int, first: int
    ) -> list[Event]:
        if message.bad:
            self._context.count("bad_entries", len(message.bad))
            self._tally(frame).bad += len(message.bad)
            for raw, why in message.bad:
                self._set_aside(frame, raw, why)
        writer = frame.session.writer
        events = writer.events(message.tag, message.entries, now, uid, message.metadata, first)
        for flag, times in writer.flagged.items():
            self._context.count("flagged_log_records", times, flag=flag)
        writer.flagged.clear()
        return self._joining.whole_lines(frame, message.entries, events)

    def _tally(self, frame: Frame) -> Tally:
        return self._peers.tally(frame.session.peer.ip, frame.session.software)

    def _take_slowly(self, frame: Frame, reading: Reading) -> None:
        frame.is_slow = True
        session = frame.session
        session.slow.append((frame, reading))
        if len(session.slow) == 1:
            session.peer.pause()
            self._turns.add(self._work(session))

    def _work(self, session: Session) -> Iterator[None]:
        """The frames that a connection has waiting, one after the other."""
        while session.slow:
            frame, reading = session.slow[0]
            try:
                yield from self._deliver(frame, reading)
            except Exception:  # noqa: BLE001 a bug here costs a frame, and not the others
                self._context.count("parser_failures")
                self._context.raised("{id}: reading a frame failed")
                settle(frame, Outcome.RETRY)
            session.slow.popleft()
        session.peer.resume()

    def _deliver(self, frame: Frame, reading: Reading) -> Iterator[None]:
        first, sent = 0, Sent(frame)
        for one in reading:
            if one is not None:
                entries, bad = len(one[0].entries), len(one[0].bad)
                events = self._events(frame, *one, time.time_ns(), first)
                first += entries + bad
                self.keep_letters()
                self._tally(frame).records += len(events)
                self._peers.count()
                if events:
                    sent.add(self._desk.send(events, frame.size * entries // (first or 1)))
            yield
        self.keep_letters()
        self._peers.count()
        sent.complete()

    def _read(self, frame: Frame) -> Reading:
        """Nothing of a frame that is here already, or makes no sense."""
        try:
            if frame.oversize:
                raise Undecodable("too_large", f"a frame of {frame.oversize[0]} bytes")
            yield from self._json(frame) if frame.session.json else self._messages(frame)
        except Undecodable as e:
            self._give_up(frame, e)

    def _json(self, frame: Frame) -> Reading:
        frame.session.software = "json"
        message, chunk = read_json(frame, self._limits.entries)
        if chunk:
            frame.answer = Answer(b'{"ack":%b}\n' % chunk, None, frame.session)
            frame.session.queue.add(frame.answer)
        yield message, ""

    def _messages(self, frame: Frame) -> Reading:
        envelope = open_envelope(frame, self._limits)
        if frame.session.software == UNKNOWN:
            frame.session.software = software(frame, envelope)
        if envelope.is_odd:
            self._context.count("odd_frames")
        uid = ""
        if envelope.chunk:
            digest = yield from _digest(memoryview(frame)[envelope.begin : envelope.end])
            if self._is_copy(frame, envelope.tag, envelope.chunk, digest):
                self._context.count("repeated_chunks")
                self._tally(frame).repeated += 1
                return
            assert frame.answer is not None
            uid = hashlib.sha256(repr(frame.answer.key).encode()).hexdigest()[:_UID]
        for message in read(frame, envelope, self._limits, self._shapes):
            yield None if message is None else (message, uid)

    def _is_copy(self, frame: Frame, tag: str, chunk: bytes, digest: bytes) -> bool:
        """Whether a frame is in doubt already. Queues its answer."""
        session = frame.session
        frame.answer = Answer(_ACK + chunk, (session.peer.ip, tag, chunk, digest), session)
        session.queue.add(frame.answer)
        return self._desk.in_doubt.is_copy(frame.answer)

    def _give_up(self, frame: Frame, why: Undecodable) -> None:
        """Sent again it would be the same: answered, if its chunk can be found."""
        self._set_aside(frame, bytes(frame), why)
        if frame.answer is None and not frame.session.json:
            chunk = chunk_of(frame.oversize[1]) if frame.oversize else salvaged_chunk(frame)
            if chunk:
                self._is_copy(frame, "", chunk, hashlib.sha256(frame).digest())

    def _set_aside(self, frame: Frame, raw: bytes, why: Undecodable) -> None:
        """For the dead letter."""
        ip = frame.session.peer.ip
        self._letters[why.reason].append(Letter(row=raw, reason=why.reason, text=f"{ip}: {why}"))
        if self._desk.is_new(ip, why.reason):
            self._context.log.warn(
                "{id}: {ip} sent what cannot be read ({why}); it is in the dead letter",
                id=self._context.id,
                ip=ip,
                why=str(why),
            )


class Sent:
    """What became of the parts of a frame; the worst of it is the frame's."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._open = 1  # the reading itself
        self._worst = Outcome.DELIVERED

    def add(self, part: Deferred[Outcome]) -> None:
        """One more."""
        self._open += 1
        part.addCallback(self._settled)

    def complete(self) -> None:
        """There will be no more."""
        self._settled(Outcome.DELIVERED)

    def _settled(self, outcome: Outcome) -> None:
        self._worst = max(self._worst, outcome)
        self._open -= 1
        if not self._open:
            settle(self._frame, self._worst)


def _digest(content: memoryview) -> Generator[None, None, bytes]:
    digest = hashlib.sha256(content[:SIZE])
    for begin in range(SIZE, len(content), SIZE):
        yield
        digest.update(content[begin : begin + SIZE])
    return digest.digest()
