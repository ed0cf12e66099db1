"""Looking at file descriptors by the clock while they are busy, by the reactor while they are not.

A descriptor that becomes readable is looked at once. While looks find many small things, the
reactor is not asked again: the next look comes a few milliseconds later, and finds all that
has arrived in between as one batch. Senders in bulk are left to the reactor: they would wait
for us with a full window.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from ..context import Context

#: Seconds between looks, and so the most a message waits to be read.
PAUSE = 0.005
#: Seconds of looks at the end, for what the kernel still holds of fast senders.
_LAST = 1.0


class Next(enum.Enum):
    """What shall follow a look."""

    #: The reactor says when there is something again.
    WAIT = 0
    #: A pause, for more to arrive: what came was little.
    PAUSE = 1
    #: Another look, as soon as others have had their turn: it stopped before the end.
    AGAIN = 2


@implementer(IReadDescriptor)
class Looking:
    """Calls `look` whenever there may be something, until paused.

    `fileno` is readable when a look is worth it; None: there is no such descriptor, so looks
    go by the clock alone. `pause` 0: the reactor is asked each time, for peers that wait for
    answers.
    """

    def __init__(
        self,
        context: Context,
        fileno: int | None,
        look: Callable[[], Next],
        pause: float = PAUSE,
    ) -> None:
        self._context = context
        self._fileno = fileno
        self.look = look
        self._pause = pause
        self._timer: Any = None
        self.active = False
        #: A look may stop and start us: what follows it is then the start's affair.
        self._starts = 0

    def start(self) -> None:
        """Begin, or go on."""
        if not self.active:
            self.active = True
            self._starts += 1
            self._wait()

    def stop(self) -> None:
        """Look no more."""
        self.active = False
        if self._fileno is not None:
            self._context.reactor.removeReader(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def last_looks(self, found: Callable[[], object]) -> None:
        """Look until that finds nothing, we are stopped, or it is enough; others have turns."""
        end = self._context.reactor.seconds() + _LAST
        while self.active and found() and self._context.reactor.seconds() < end:  # noqa: ASYNC110 others' turns, not an event
            await asyncio.sleep(0)

    def _wait(self) -> None:
        if self._fileno is not None:
            self._context.reactor.addReader(self)
        else:
            self._timer = self._context.reactor.callLater(self._pause, self._due)

    def doRead(self) -> None:
        """For the reactor."""
        starts = self._starts
        following = self._looked()
        if self.active and starts == self._starts and following is not Next.WAIT:
            self._context.reactor.removeReader(self)
            self._follow(following)

    def _due(self) -> None:
        self._timer = None
        starts = self._starts
        following = self._looked()
        if self.active and starts == self._starts:
            self._follow(following)

    def _follow(self, following: Next) -> None:
        if following is Next.WAIT:
            self._wait()
        else:
            delay = 0 if following is Next.AGAIN else self._pause
            self._timer = self._context.reactor.callLater(delay, self._due)

    def _looked(self) -> Next:
        try:
            following = self.look()
        except Exception:  # noqa: BLE001 a bug here must not take the descriptor from the reactor
            self._context.raised("{id}: reading failed")
            following = Next.PAUSE
        return Next.WAIT if following is Next.PAUSE and not self._pause else following

    def fileno(self) -> int:
        """For the reactor."""
        return -1 if self._fileno is None else self._fileno

    def logPrefix(self) -> str:
        """For the reactor."""
        return self._context.id

    def connectionLost(self, reason: Failure) -> None:
        """For the reactor: it gave the descriptor up, which an operator must know."""
        self._context.log.error("{id}: no longer reading: {why}", id=self._context.id, why=reason)
