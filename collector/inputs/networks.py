"""What is said of networks, asked for by an address: once a connection, datagram or message."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Generic, TypeVar

_REMEMBERED = 8192
T = TypeVar("T")


class ByNetwork(Generic[T]):
    """The first network that has an address decides."""

    def __init__(self, networks: Iterable[tuple[str, T]], others: T) -> None:
        """`others`: for all addresses in none of them, and for peers of UNIX sockets."""
        self._networks = [(ipaddress.ip_network(network), said) for network, said in networks]
        self._others = others
        self._known: dict[str, T] = {}

    def __bool__(self) -> bool:
        return bool(self._networks)

    def of(self, ip: str) -> T:
        """What is said of the network that has the address."""
        try:
            return self._known[ip]
        except KeyError:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[ip] = self._find(ip)
            return found

    def _find(self, ip: str) -> T:
        try:
            address = ipaddress.ip_address(ip)
        except ValueError:  # the peer of a UNIX socket
            return self._others
        return next((said for network, said in self._networks if address in network), self._others)


class Networks:
    """A set of networks."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._has = ByNetwork(((network, True) for network in networks), others=False)

    def __bool__(self) -> bool:
        return bool(self._has)

    def __contains__(self, ip: str) -> bool:
        return self._has.of(ip)
