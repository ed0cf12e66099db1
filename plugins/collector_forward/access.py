"""Who must know what: secrets by the client's address."""

from __future__ import annotations

from collections.abc import Callable

from collector.api import ByNetwork

from .handshake import Account, Secrets
from .options import ForwardConfig, SecurityOptions


class Access:
    """Secrets of a configuration. `hide` is told each of them."""

    def __init__(self, config: ForwardConfig, hide: Callable[[str], None]) -> None:
        self._hide = hide
        self._hostname = config.hostname
        others = self._secrets(config.security) if config.security else None
        if others is None and config.clients:
            others = Secrets([], [], self._hostname)
        networks = [(client.network, self._secrets(client)) for client in config.clients]
        self._secrets_by = ByNetwork[Secrets | None](networks, others)

    def secrets_for(self, ip: str) -> Secrets | None:
        """What a client from there must know; None: nothing."""
        return self._secrets_by.of(ip)

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
