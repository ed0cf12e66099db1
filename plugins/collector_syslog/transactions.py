"""One RELP connection: messages in, and answers out in the order of their numbers.

An answer says that a message is safe, so it waits for the outcome of the batch the message is in;
what no answer has been written for, the client sends again over its next connection. `500` makes
librelp throw a message away, so a message that is not safe yet gets no answer but the end of the
connection.
"""

from __future__ import annotations

from collections import deque

from collector.api import Outcome, Peer

from .relp import (
    SERVER_CLOSE,
    SYSLOG,
    Command,
    Commands,
    Unacceptable,
    accepted,
    answer,
    refused,
    taken,
)

_TRAILERS = b"\0\r\n"


class Window(list[bytes]):
    """The messages of one read, and what is to be answered, in order."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.outcome: Outcome | None = None
        self._session = session
        self._numbers: list[bytes] = []  # of messages, since the last other command
        self._others: list[tuple[list[bytes], bytes]] = []  # messages, and the answer after them

    def take(self, number: bytes, message: bytes) -> None:
        """One more message; an empty one is answered like any."""
        self._numbers.append(number)
        if type(message) is bytes and message[-1:] in _TRAILERS:
            message = message.rstrip(_TRAILERS)
        if message:
            self.append(message)

    def say(self, said: bytes) -> None:
        """The answer to something else."""
        self._others.append((self._numbers, said))
        self._numbers = []

    def settle(self, outcome: Outcome) -> None:
        """The batch has ended."""
        self.outcome = outcome
        self._session.settled()

    def answers(self) -> bytes:
        """All of them, once the outcome is known."""
        messages = taken if self.outcome is Outcome.DELIVERED else _never
        parts = [messages(numbers) + said for numbers, said in self._others]
        return b"".join([*parts, messages(self._numbers)])


def _never(numbers: list[bytes]) -> bytes:
    return b"".join([answer(number, refused("never to be taken")) for number in numbers])


class Session:
    """A `Conversation`."""

    name = "relp"
    peer: Peer

    def __init__(self, max_size: int) -> None:
        self._commands = Commands(max_size)
        self._windows: deque[Window] = deque()
        self._is_open = False
        #: Nothing more is taken; the connection ends behind the last answer.
        self._ends = False

    def begin(self, peer: Peer) -> None:
        """See `Conversation`."""
        self.peer = peer

    def feed(self, data: bytes) -> list[bytes]:
        """See `Framing`. Gives a `Window`, for `settle`."""
        window = Window(self)
        for command in self._commands.feed(data):
            if self._ends:
                break
            if command.name == SYSLOG and self._is_open:
                window.take(command.number, command.data)
            else:
                self._obey(command, window)
        self._windows.append(window)
        if not window:
            window.settle(Outcome.DELIVERED)
        return window

    @property
    def unfinished(self) -> int:
        """See `Framing`."""
        return self._commands.unfinished

    def _obey(self, command: Command, window: Window) -> None:
        name, number = command.name, command.number
        if name == b"open":
            window.say(answer(number, self._opened(command.data)))
        elif name == b"close":
            self._ends = True
            window.say(answer(number, b""))
        elif name == SYSLOG:
            self._ends = True
            window.say(answer(number, refused("no session is open")))
        elif name != b"rsp":  # to a hint of ours, which needs none
            window.say(answer(number, refused("unknown command")))

    def _opened(self, offers: bytes) -> bytes:
        try:
            said = accepted(offers)
        except Unacceptable as e:
            self._ends = True
            return refused(str(e))
        self._is_open = True
        return said

    def settled(self) -> None:
        """A window has its outcome: answer all up to the first that has none."""
        windows, parts = self._windows, []
        while windows and windows[0].outcome is not None:
            if windows[0].outcome is Outcome.RETRY:
                self._ends = True
                windows.clear()
                break
            parts.append(windows.popleft().answers())
        if self._ends and not windows:
            parts.append(SERVER_CLOSE)
        if said := b"".join(parts):
            self.peer.write(said)
        if self._ends and not windows:
            self.peer.end()

    def part(self) -> None:
        """See `Parting`. What comes from now on has no answer, so it comes again."""
        self._ends = True
        self.settled()

    def finish(self) -> list[bytes]:
        """See `Framing`. Half a message has no answer, so it comes again."""
        self._ends = True
        if self._is_open and not self._windows:
            self.settled()
        return []

    def closed(self) -> None:
        """See `Conversation`."""
        self._windows.clear()
