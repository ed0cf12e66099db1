"""The names of senders: an address in, the name out that it is known by now.

1. Nobody waits for a name. What is not known yet is asked for, and "" until then.
2. A name counts only if it leads back to the address: who owns an address may call it anything.
3. A name that has become old is given on until the new one is known.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import NamedTuple

from cachetools import TTLCache

from collector.api import Context

from .options import ReverseDnsOptions
from .rfc3164 import is_host

#: Addresses that are known at once; there is about 1 kB for each.
_MOST = 10_000
#: Threads that ask, and addresses that wait for them. For more their next event asks again.
_THREADS = 4
_WAITING = 1000
#: Seconds after which a thread that has nothing to ask ends.
_IDLE = 10.0


class _Known(NamedTuple):
    name: str
    #: When it is asked for again.
    until: float


def resolve(ip: str) -> str:
    """The name of an address that leads back to it, or "". Blocks; raises OSError."""
    name, others, _ = socket.gethostbyaddr(ip)
    for candidate in (name, *others[:2]):
        found = socket.getaddrinfo(candidate, None, type=socket.SOCK_DGRAM)
        if is_host(candidate) and any(address[4][0] == ip for address in found):
            return candidate
    return ""


class Names:
    """Of one receiver."""

    def __init__(
        self, context: Context, options: ReverseDnsOptions, resolve: Callable[[str], str] = resolve
    ) -> None:
        self._reactor = context.reactor
        self._count = context.count
        self._options = options
        self._resolve = resolve
        self._known: TTLCache[str, _Known] = TTLCache(
            _MOST, 2 * options.ttl, context.reactor.seconds
        )
        self._asked: set[str] = set()
        self._queue: SimpleQueue[str] = SimpleQueue()
        self._threads = 0

    def of(self, ip: str) -> str:
        """The name of an address; "" when it has none, or none is known yet."""
        known = self._known.get(ip)
        if known is None or known.until <= self._reactor.seconds():
            self._ask(ip)
        return known.name if known else ""

    def _ask(self, ip: str) -> None:
        if ip in self._asked or len(self._asked) >= _WAITING:
            return
        self._asked.add(ip)
        self._queue.put(ip)
        if self._threads < min(_THREADS, len(self._asked)):
            self._threads += 1
            self._begin()

    def _begin(self) -> None:
        # A daemon, since a resolver may hang for half a minute, and a stop must not.
        Thread(target=self._work, name="reverse-dns", daemon=True).start()

    def _work(self) -> None:
        """In a thread."""
        while True:
            try:
                ip = self._queue.get(timeout=_IDLE)
            except Empty:
                self._hand_back(self._ended)
                return
            try:
                name = self._resolve(ip)
            except (OSError, UnicodeError):  # no name, or no answer
                name = ""
            self._hand_back(self._learn, ip, name)

    def _hand_back(self, call: Callable[..., None], *what: str) -> None:
        with suppress(RuntimeError):  # the process is about to end, and its reactor has
            self._reactor.callFromThread(call, *what)

    def _ended(self) -> None:
        if self._queue.qsize():  # asked for while the last thread was about to end
            self._begin()
        else:
            self._threads -= 1

    def _learn(self, ip: str, name: str) -> None:
        self._asked.discard(ip)
        ttl = self._options.ttl if name else self._options.negative_ttl
        self._known[ip] = _Known(name, self._reactor.seconds() + ttl)
        self._count("looked_up_addresses", outcome="named" if name else "unnamed")
