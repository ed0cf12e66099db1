"""Datagrams before they are frames: whose are taken, and whom proxies speak for.

What is not taken becomes empty, and empty datagrams are no frames. A listener without a word of
sources has no screen.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..context import Context
from .access import AccessOptions
from .networks import Networks
from .proxy_header import SIGNATURE_2, BadHeader, read_header
from .refusals import Refusals
from .sockets import peer_address


class Through(NamedTuple):
    """A socket address, of which the datagram came by way of a proxy's."""

    ip: str
    port: int
    proxy: Any


class Screen:
    """Of one datagram listener."""

    def __init__(self, context: Context, options: AccessOptions) -> None:
        self._refusals = Refusals(context, "datagrams_refused")
        self._allowed = Networks(options.allowed_sources)
        self._proxies = Networks(options.trusted_proxies)

    def look(self, frames: list[bytes], addresses: list[Any]) -> None:
        """Empty what is not taken; replace a proxy's address by a `Through`."""
        for n, address in enumerate(addresses):
            ip, _ = peer_address(address)
            if self._proxies:
                ip = self._unwrap(n, ip, frames, addresses)
            if frames[n] and self._allowed and ip not in self._allowed:
                self._refusals.not_allowed(ip)
                frames[n] = b""

    def _unwrap(self, n: int, ip: str, frames: list[bytes], addresses: list[Any]) -> str:
        """Take the header off a proxy's datagram; returns the address of its source."""
        data, frames[n] = frames[n], b""
        if ip not in self._proxies:
            if data.startswith(SIGNATURE_2):
                self._refusals.bad_proxy(ip, "it is not one of trusted_proxies")
            else:
                frames[n] = data
            return ip
        try:
            header = read_header(data)
            if header is None:
                raise BadHeader("its PROXY header is cut off")
        except BadHeader as e:
            self._refusals.bad_proxy(ip, str(e))
            return ip
        frames[n] = data[header.size :]
        if header.origin is None:
            return ip
        addresses[n] = Through(*header.origin, addresses[n])
        return header.origin.ip
