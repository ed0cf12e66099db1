"""Who must know what: secrets by the client's address."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from .handshake import Account, Secrets
from .options import ForwardConfig, SecurityOptions


class Access:
    """Secrets of a configuration. `hide` is told each of them."""

    def __init__(self, config: ForwardConfig, hide: Callable[[str], None]) -> None:
        self._hide = hide
        self._hostname = config.hostname
        self._networks = [(network, self._secrets(client)) for network, client in config.networks()]
        self._others = self._secrets(config.security) if config.security else None
        if self._others is None and self._networks:
            self._others = Secrets([], [], self._hostname)

    def secrets_for(self, ip: str) -> Secrets | None:
        """What a client from there must know; None: nothing."""
        if not self._networks:
            return self._others
        address = ipaddress.ip_address(ip)
        found = (secret for network, secret in self._networks if _holds(network, address))
        return next(found, self._others)

    def _secrets(self, options: SecurityOptions) -> Secrets:
        keys = [self._plain(key.get_secret_value()) for key in options.shared_key]
        accounts = [
            Account(user.username.encode(), self._plain(user.password.get_secret_value()))
            for user in options.users
        ]
        return Secrets(keys, accounts, self._hostname)

    def _plain(self, secret: str) -> bytes:
        self._hide(secret)
        return secret.encode()


def _holds(network: Any, address: Any) -> bool:
    return network.version == address.version and address in network
