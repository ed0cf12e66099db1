"""Which networks an address is in."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

_REMEMBERED = 4096


class Networks:
    """A set of networks, asked for addresses once a connection or datagram."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = [ipaddress.ip_network(network) for network in networks]
        self._has = lru_cache(_REMEMBERED)(self._look)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, ip: str) -> bool:
        return self._has(ip)

    def _look(self, ip: str) -> bool:
        try:
            address = ipaddress.ip_address(ip)
        except ValueError:  # the peer of a UNIX socket
            return False
        return any(address in network for network in self._networks)
