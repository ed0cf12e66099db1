"""A receiver, and what keeps it from reading: full queues that it can reach, too much in memory."""

from __future__ import annotations

from typing import Any

from ..component import Receiver


class Valve:
    """Paused while there is a reason."""

    def __init__(self, receiver: Receiver[Any]) -> None:
        self._receiver = receiver
        self.context = receiver.context
        self._full: set[str] = set()
        self._is_squeezed = self._closed = False
        #: When the receiver was last paused or resumed, by the reactor's clock.
        self.since: float = self.context.reactor.seconds()
        self.context.gauge(
            "paused",
            "1 while a full queue, or memory_limit, keeps the receiver from reading.",
            lambda: bool(self.reason),
        )

    def close(self) -> None:
        """The receiver has quiesced for good: neither pause nor resume it any more."""
        self._closed = True

    @property
    def blocked_by(self) -> tuple[str, ...]:
        """Ids of the exporters whose queues are full."""
        return tuple(sorted(self._full))

    @property
    def reason(self) -> str:
        """Why it is paused; empty when it is not."""
        full = f"the queue of {', '.join(self.blocked_by)} is full" if self._full else ""
        much = "as much as memory_limit allows waits in memory" if self._is_squeezed else ""
        return "; ".join(filter(None, (full, much)))

    def turn(self, exporter: str, full: bool) -> None:  # noqa: FBT001 said by an outlet
        """A queue has become full, or has room again."""
        was = bool(self.reason)
        (self._full.add if full else self._full.discard)(exporter)
        self._turned(was=was)

    def squeeze(self, *, is_over: bool) -> None:
        """Too much waits in memory, or no more."""
        was, self._is_squeezed = bool(self.reason), is_over
        if is_over:
            self.context.count("memory_pauses")
        self._turned(was=was)

    def _turned(self, *, was: bool) -> None:
        if bool(self.reason) == was or self._closed:
            return
        now = self.context.reactor.seconds()
        seconds, self.since = now - self.since, now
        log, id = self.context.log, self.context.id
        if not was:
            log.warn(
                "{id}: paused, {reason}; on UDP the kernel may drop", id=id, reason=self.reason
            )
        else:
            log.info("{id}: reads again after {seconds:.1f} s", id=id, seconds=seconds)
        try:
            if was:
                self._receiver.resume()
            else:
                self._receiver.pause()
        except Exception:  # noqa: BLE001 an author's bug must not leave the others as they were
            self.context.raised("{id}: pausing or resuming failed")
