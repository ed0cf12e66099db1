"""One connection: a handshake where one is asked for, then frames in and answers out.

A sender that must know a key is not read before it has shown that it does: its bytes are counted
and kept, up to the size of a PING, and nothing of them is decoded but that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from twisted.internet.defer import Deferred

from collector.api import Event, Outcome, Peer, Resource, WrongProtocol

from .answers import Answer, InDoubt, Queue
from .events import Writer
from .framing import JsonFraming, MessagePackFraming, is_json, spoken
from .handshake import INVALID_PING, MAX_PING, NO_PING, Handshake, Refusal, Secrets, refused
from .oversize import Oversize
from .scan import is_array
from .software import UNKNOWN

#: Unread answers after which a sender is taken for one that does not read them.
_MOST_UNREAD = 65536
_FAILED, _FAILED_JSON = b"\x80", b"{}\n"


class Frame(bytes):
    """A whole frame, and whose it is."""

    session: Session
    answer: Answer | None
    #: The whole size and the last element of a frame of which this is only the head.
    oversize: tuple[int, bytes] | None
    #: It is read over several turns of the reactor, and settled with the last.
    is_slow: bool

    @property
    def size(self) -> int:
        """Of the whole frame."""
        return self.oversize[0] if self.oversize else len(self)


class Desk(Protocol):
    """What sessions have in common: the receiver."""

    max_frame_size: int
    body_keys: tuple[str, ...]
    in_doubt: InDoubt

    def secrets_for(self, ip: str) -> Secrets | None:
        """What a client from there must know; None: nothing."""
        ...

    def refuse(self, ip: str, reason: str) -> None:
        """Count and log a client that was not let in."""
        ...

    def is_new(self, ip: str, what: str) -> bool:
        """Whether that has not been logged of this client yet."""
        ...

    def send(self, events: list[Event], size: int) -> Deferred[Outcome]:
        """Hand events on."""
        ...

    def break_off(self, ip: str, what: str) -> None:
        """Count and log a client that goes on with something else behind its frames."""
        ...

    def cut_off(self) -> None:
        """A connection has ended within a frame."""
        ...

    def later(self, seconds: float, call: Callable[[], None]) -> Any:
        """A timer."""
        ...

    #: Seconds for a handshake, and seconds after which a connection ends; 0: never.
    handshake_timeout: float
    max_connection_age: float


class Session:
    """A `Conversation`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._framing: MessagePackFraming | JsonFraming | None = None
        self._handshake: Handshake | None = None
        self._ping = MessagePackFraming(MAX_PING, passes=False)
        self._timer: Any = None
        self._old = self._broken = self._parts = False
        self.json = False
        #: What the sender seems to be, once it has sent something.
        self.software = UNKNOWN
        #: Frames that are read over several turns, and those behind them.
        self.slow: deque[tuple[Frame, Iterator[Any]]] = deque()
        self.peer: Peer
        self.writer: Writer
        self.queue = Queue(desk.in_doubt, self._write)

    def begin(self, peer: Peer) -> None:
        """See `Conversation`."""
        self.peer = peer
        secret = self._desk.secrets_for(peer.ip)
        if secret is None:
            self._let_in({})
            return
        self._handshake = Handshake(secret)
        self._timer = self._desk.later(self._desk.handshake_timeout, self._too_slow)
        peer.write(self._handshake.helo())

    def feed(self, data: bytes) -> list[bytes]:
        """See `Framing`."""
        if self._handshake is not None:
            return self._greeted(data, self._handshake)
        if self._framing is None:
            self.json = is_json(data)
            size = self._desk.max_frame_size
            self._framing = JsonFraming(size) if self.json else MessagePackFraming(size)
        self.queue.confirmed()
        return [self._frame(frame) for frame in self._framing.feed(data)]

    def _frame(self, data: bytes) -> Frame:
        frame = Frame(data)
        frame.session = self
        frame.answer = None
        frame.is_slow = False
        frame.oversize = (data.size, data.options) if type(data) is Oversize else None
        return frame

    def part(self) -> None:
        """See `Parting`."""
        self._parts = True
        self._end_if_done()

    def _end_if_done(self) -> None:
        """The sender has its answers, and has not begun the next frame.

        What comes now has no answer, so it comes again; who asks for none is heard to the end.
        """
        greets = self._handshake is not None
        if self._parts and not (greets or self.queue or self.slow or self.unfinished):
            self.peer.end() if self.queue.has_asked else self.peer.hang_up()

    def finish(self) -> list[bytes]:
        """See `Framing`. Half a frame has no answer, so its sender sends it again."""
        if self.unfinished:
            self._desk.cut_off()
        return []

    def closed(self) -> None:
        """See `Conversation`."""
        self._stop_timer()

    @property
    def unfinished(self) -> int:
        """Bytes of a frame whose end has not come."""
        return self._framing.unfinished if self._framing else 0

    def _greeted(self, data: bytes, handshake: Handshake) -> list[bytes]:
        """The client has said something: its PING, and whatever it sent right behind it."""
        try:
            frames = self._pinged(data)
            if not frames:
                return []
            pong, client = handshake.pong(frames[0])
        except Refusal as e:
            self._refuse(str(e))
            return []
        self.peer.write(pong)
        self._handshake = None
        self._stop_timer()
        said = {"fluent.client.hostname": client.hostname, "fluent.client.user": client.user}
        self._let_in({key: value for key, value in said.items() if value})
        rest = b"".join([*frames[1:], self._ping.rest()])
        return self.feed(rest) if rest else []

    def _pinged(self, data: bytes) -> list[bytes]:
        """Frames of a client that must send a PING first.

        Raises Refusal, and WrongProtocol for what is nothing like one.
        """
        if not self._ping.unfinished:
            if is_json(data):
                raise Refusal(NO_PING)
            if not is_array(data[0]):
                raise WrongProtocol(spoken(data))
        try:
            return self._ping.feed(data)
        except WrongProtocol as e:
            raise Refusal(INVALID_PING) from e

    def _let_in(self, said: dict[str, str]) -> None:
        if said:
            self.peer.resource = Resource(self.peer.resource.attributes | said)
        self.writer = Writer(self.peer.resource, self._desk.body_keys)
        if self._desk.max_connection_age:
            self._timer = self._desk.later(self._desk.max_connection_age, self._grown_old)

    def _refuse(self, reason: str) -> None:
        self._stop_timer()
        self._desk.refuse(self.peer.ip, reason)
        self.peer.write(refused(reason))
        self.peer.end()

    def _too_slow(self) -> None:
        """Somebody who never says a word is no failure: Fluentd looks whether we are there so."""
        self._timer = None
        if self._ping.unfinished:
            self._refuse(INVALID_PING)
        else:
            self.peer.end()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _grown_old(self) -> None:
        self._timer = None
        self._old = True

    def answered(self) -> None:
        """See `Asking`."""
        self.queue.write()
        if self.queue.failed:
            self.peer.write(_FAILED_JSON if self.json else _FAILED)
            self.peer.end()
        elif self._old and not self.queue and not self.unfinished:
            self.peer.end()  # the sender has its answer, and has not begun the next frame
        self.done()

    def done(self) -> None:
        """A frame is done with. What follows it may be no frame: the connection ends."""
        wrong = self._framing and self._framing.wrong
        if wrong and not self.queue and not self._broken:
            self._broken = True
            self._desk.break_off(self.peer.ip, str(wrong))
            self.peer.end()
        self._end_if_done()

    def _write(self, answer: bytes) -> bool:
        if self.peer.unsent > _MOST_UNREAD:
            return False
        self.peer.write(answer)
        return True


def settle(frame: Frame, outcome: Outcome) -> None:
    """A frame's batch has ended. A copy goes by the frame that it is a copy of."""
    if frame.answer is not None and frame.answer.original is None:
        frame.answer.settle(outcome)
    frame.session.done()
