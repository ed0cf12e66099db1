"""Several endpoints in order of preference, and a request: to the first of them that is up.

1. An endpoint is down from its first failure until one request, its probe, has succeeded. The
   time until the probe is its own: full-jitter exponential backoff, at least what the server
   asked for, and from one minute to 15 where an operator is needed.
2. A request that an endpoint refused, or that did not reach it, goes to the next at once. One
   that nobody answered may have been taken, and a second endpoint would store it again: the
   core sends the same bytes later, wherever they then go.
3. What is said of the data (400, 413) is no failure of the endpoint.
4. When none is up, the core's gate decides when to try, so that a stop that is in a hurry and
   a mended token work as with one endpoint. A wait that a server asked for is kept in any
   case, and one that needs an operator is left alone unless all of them do.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from collector.api import Context, Hold, Poison, Receipt, Retry, TooLarge

from .endpoint import label

#: Seconds: the longest wait after a first failure, and after many.
_FIRST, _LONGEST = 1.0, 60.0
#: The same for what an operator must mend.
_FIRST_HOLD, _LONGEST_HOLD = 60.0, 900.0

Attempt = Callable[[str], Awaitable[Receipt]]


class Way:
    """One endpoint and what is known of its health. Times are the reactor's seconds."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.label = label(url)
        self.up = True
        #: It is down for something that an operator must mend.
        self.held = False
        self.reason = ""
        #: A request is on its way to find out whether it is up again.
        self.probing = False
        self._failures = self._holds = 0
        self._due = self._asked = 0.0

    @property
    def said(self) -> str:
        """Why it is down, with its name."""
        return self.reason if self.label in self.reason else f"{self.label}: {self.reason}"

    def ready(self, now: float) -> bool:
        """Up, or due for a probe."""
        return self.up or self._due <= now

    def allowed(self, now: float) -> bool:
        """Whether the server has not asked for a longer wait, nor a probe is out."""
        return self._asked <= now and not self.probing

    def wait(self, now: float) -> float:
        """Seconds until it may be tried."""
        return max(self._asked - now, 0.0 if self.up else self._due - now, 0.0)

    def rest(self, until: float) -> None:
        """The server wants nothing until then."""
        self._asked = max(self._asked, until)

    def recovered(self) -> None:
        """Its probe was answered."""
        self.up, self.held, self.reason = True, False, ""
        self._failures = self._holds = 0

    def forgive(self) -> None:
        """What an operator had to mend may be mended: it is due."""
        if self.held:
            self.held, self._holds, self._due = False, 0, 0.0

    def failed(self, error: Retry | Hold, now: float) -> None:
        """It is down, and for longer each time."""
        self.up, self.held, self.reason = False, isinstance(error, Hold), str(error)
        if isinstance(error, Hold):
            delay = min(_FIRST_HOLD * 2.0 ** min(self._holds, 32), _LONGEST_HOLD)
            self._holds += 1
        else:
            ceiling = min(_FIRST * 2.0 ** min(self._failures, 32), _LONGEST)
            delay = random.uniform(0, ceiling)  # noqa: S311 jitter, not a secret
            self._failures += 1
        self._due = now + delay


class Failover:
    """Chooses where a request goes. With one endpoint it chooses nothing."""

    def __init__(self, urls: Sequence[str], context: Context) -> None:
        self._context = context
        self._ways = [Way(url) for url in urls]
        if len(self._ways) > 1:
            for way in self._ways:
                self._export(way)

    def _export(self, way: Way) -> None:
        text = "0 from a failure of the endpoint until a request there succeeds."
        self._context.gauge("endpoint_up", text, lambda: way.up, endpoint=way.label)

    async def send(self, attempt: Attempt) -> Receipt:
        """What `attempt` gives or raises for the URL it succeeds with, or for the last one."""
        if len(self._ways) == 1:
            return await attempt(self._ways[0].url)
        tried: set[Way] = set()
        while way := self._next(tried):
            tried.add(way)
            try:
                return self._waiting(way, await self._tried(way, attempt))
            except (Retry, Hold) as e:
                if isinstance(e, Retry) and e.ambiguous:
                    raise
        raise self._none_left()

    def forgive(self) -> None:
        """There is a new token: nobody has refused that."""
        for way in self._ways:
            way.forgive()

    def _next(self, tried: set[Way]) -> Way | None:
        now, stuck = self._context.reactor.seconds(), all(way.held for way in self._ways)
        left = [way for way in self._ways if way not in tried and way.allowed(now)]
        ready = (way for way in left if way.ready(now))
        return next(ready, None) or next((way for way in left if way.held == stuck), None)

    async def _tried(self, way: Way, attempt: Attempt) -> Receipt:
        """One attempt, and what it says of the endpoint. Raises what it raises."""
        probe = way.probing = not way.up
        try:
            receipt = await attempt(way.url)
        except (Retry, Hold) as e:
            self._failed(way, e, probe=probe)
            raise
        except (TooLarge, Poison):
            self._answered(way, probe=probe)
            raise
        finally:
            if probe:
                way.probing = False
        self._answered(way, probe=probe)
        return receipt

    def _waiting(self, way: Way, receipt: Receipt) -> Receipt:
        """Its wait is the endpoint's; the core's only when there is no other endpoint."""
        if not receipt.wait:
            return receipt
        now = self._context.reactor.seconds()
        way.rest(now + receipt.wait)
        others = min(way.wait(now) for way in self._ways)
        return msgspec.structs.replace(receipt, wait=others)

    def _answered(self, way: Way, *, probe: bool) -> None:
        """A request from before a failure does not bring an endpoint back; a probe does."""
        if probe and not way.up:
            way.recovered()
            self._context.log.info(
                "{id}: {endpoint} works again", id=self._context.id, endpoint=way.label
            )

    def _failed(self, way: Way, error: Retry | Hold, *, probe: bool) -> None:
        """Several were out when the first failed: one failure is enough to count."""
        now = self._context.reactor.seconds()
        if isinstance(error, Retry) and error.after is not None:
            way.rest(now + error.after)
        was_up = way.up
        if was_up or probe:
            way.failed(error, now)
        if was_up:
            self._left(way, way.wait(now))

    def _left(self, way: Way, seconds: float) -> None:
        self._context.count("endpoint_failures", endpoint=way.label)
        self._context.log.warn(
            "{id}: leaving {endpoint} for {seconds:.1f} s: {reason}",
            id=self._context.id,
            endpoint=way.label,
            seconds=seconds,
            reason=way.reason,
        )

    def _none_left(self) -> Retry | Hold:
        now = self._context.reactor.seconds()
        reason = "; ".join(way.said for way in self._ways if way.reason)
        if all(way.held for way in self._ways):
            return Hold(reason)
        after = min(way.wait(now) for way in self._ways)
        return Retry(reason or "no endpoint takes a request now", after or None)
