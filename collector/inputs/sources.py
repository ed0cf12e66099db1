"""Who has how many connections open, so that no single peer can take the places of all others.

The holder of an IPv6 network of 64 bits has 2**64 addresses, and that is the least that anybody
is given (RFC 6177): the network counts as one source.
"""

from __future__ import annotations

import socket
from collections import Counter

_NETWORK = 8  # bytes


class Sources:
    """Of one listener. `most` connections each; 0: any number."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._open: Counter[str] = Counter()

    def has_room(self, ip: str) -> bool:
        """Whether one more from there may come in."""
        return not self.most or self._open.get(source(ip), 0) < self.most

    def came(self, ip: str) -> None:
        """A connection from there is open."""
        self._open[source(ip)] += 1

    def left(self, ip: str) -> None:
        """One of those is closed."""
        name = source(ip)
        self._open[name] -= 1
        if not self._open[name]:
            del self._open[name]

    def __len__(self) -> int:
        return len(self._open)


def source(ip: str) -> str:
    """The address, or the network of an IPv6 address."""
    if ":" not in ip:
        return ip
    network = socket.inet_pton(socket.AF_INET6, ip)[:_NETWORK] + bytes(_NETWORK)
    return socket.inet_ntop(socket.AF_INET6, network) + "/64"
