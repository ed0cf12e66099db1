"""What frames are answered, in their order, and what is known of those that may come again.

A sender that got no answer sends its chunk again, over another connection. Until we know that it
has its answer, a second copy is answered and not taken. We know when the same connection brings
more: senders wait for one answer before they write again. Nobody else can tell a copy from two
chunks that are alike, for which Fluent Bit has the same id.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import Protocol

from cachetools import TTLCache

from collector.api import Outcome

#: Chunks in doubt that are remembered, and for how long: Fluentd waits 190 s for an answer.
_MOST = 100_000
_SECONDS = 900.0


class Asking(Protocol):
    """Who waits for an answer."""

    def answered(self) -> None:
        """One of the answers is decided."""
        ...


class Answer:
    """The answer to one frame. Its chunk is in doubt from the first sight of it."""

    __slots__ = ("_asking", "_twins", "data", "key", "original", "outcome")

    def __init__(self, data: bytes, key: Hashable, asking: Asking) -> None:
        self.data = data
        self.key = key
        self.outcome: Outcome | None = None
        #: The chunk of which this one is a copy.
        self.original: Answer | None = None
        self._asking: Asking | None = asking
        self._twins: list[Answer] = []

    def settle(self, outcome: Outcome) -> None:
        """What became of the frame; only the first time counts."""
        if self.outcome is None:
            self.outcome = outcome
            asking, self._asking = self._asking, None  # remembered for long, with no connection
            if asking is not None:
                asking.answered()
            twins, self._twins = self._twins, []
            for twin in twins:
                twin.settle(outcome)

    def follow(self, original: Answer) -> None:
        """Be answered as that one is, or was."""
        self.original = original
        if original.outcome is None:
            original._twins.append(self)
        else:
            self.settle(original.outcome)


class InDoubt:
    """Chunks whose senders may not know yet that we have them. One for all connections."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._known: TTLCache[Hashable, Answer] = TTLCache(_MOST, _SECONDS, clock)

    def is_copy(self, answer: Answer) -> bool:
        """Whether its chunk is here already; then it is answered as the first is."""
        known = self._known.get(answer.key)
        if known is None or known.outcome not in {None, Outcome.DELIVERED}:
            self._known[answer.key] = answer
            return False
        answer.follow(known)
        return True

    def forget(self, key: Hashable) -> None:
        """The sender has its answer, or is told to send again."""
        self._known.pop(key, None)

    def __len__(self) -> int:
        return len(self._known)


class Queue:
    """The answers of one connection, written in the order of its frames."""

    def __init__(self, in_doubt: InDoubt, write: Callable[[bytes], bool]) -> None:
        """`write` gives False when the peer does not listen."""
        self._in_doubt = in_doubt
        self._write = write
        self._open: deque[Answer] = deque()
        self._written: list[Hashable] = []
        self.failed = False
        #: Whether the peer waits for answers.
        self.has_asked = False

    def __len__(self) -> int:
        return len(self._open)

    def add(self, answer: Answer) -> None:
        """The next frame's, decided or not."""
        self._open.append(answer)
        self.has_asked = True

    def confirmed(self) -> None:
        """The peer has sent more: it has what was written."""
        for key in self._written:
            self._in_doubt.forget(key)
        self._written.clear()

    def write(self) -> None:
        """All that are decided, one write each, up to the first that is not."""
        while self._open and self._open[0].outcome is not None and not self.failed:
            answer = self._open.popleft()
            if answer.outcome is not Outcome.DELIVERED:
                self._in_doubt.forget(answer.key)
                self.failed = True
            elif self._write(answer.data):
                self._written.append(answer.key)
