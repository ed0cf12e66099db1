"""Options by the network that a message came from: a peer's address in, its options out."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Generic, TypeVar

from .memo import remember

T = TypeVar("T")


class Sources(Generic[T]):
    """The first network that has an address decides."""

    def __init__(self, networks: Iterable[tuple[str, T]], others: T) -> None:
        """`networks`: addresses or networks. `others`: for all addresses in none of them."""
        self._networks: list[tuple[IPv4Network | IPv6Network, T]] = [
            (ip_network(network), options) for network, options in networks
        ]
        self._others = others
        self._known: dict[str, T] = {}

    def of(self, ip: str) -> T:
        """The options of an address, or of what is none."""
        try:
            return self._known[ip]
        except KeyError:
            options = self._find(ip)
            remember(self._known, ip, options)
            return options

    def _find(self, ip: str) -> T:
        try:
            address = ip_address(ip)
        except ValueError:  # no address: a socket of this machine
            return self._others
        for network, options in self._networks:
            if address in network:
                return options
        return self._others
