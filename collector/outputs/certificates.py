"""When servers' certificates expire: told after each handshake, exported, and warned of in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from ..context import Context
from ..fields import shown_endpoint

_DAY = 86_400.0
#: Who renews by hand needs days; 14 is past the point where ACME clients do it by themselves.
_SOON = 14 * _DAY
_HELP = "Seconds until the server's certificate expires."


class Certificates:
    """Of the servers a component connects to; one for each component, not for each client.

    Exports `otelcol_<kind>_certificate_expiry_seconds` of each server from its first handshake.
    """

    def __init__(self, context: Context, now: Callable[[], float] = time.time) -> None:
        self._context = context
        self._now = now
        self._ends: dict[str, float] = {}
        self._warned: dict[str, float] = {}

    def seen(self, host: str, port: int, end: float) -> None:
        """A handshake succeeded, with a certificate that is valid until `end`, since the epoch."""
        server = shown_endpoint(host, port)
        is_new = server not in self._ends
        self._ends[server] = end
        if is_new:
            self._context.gauge(
                "certificate_expiry_seconds",
                _HELP,
                partial(self.left, server),
                server_address=host,
                server_port=str(port),
            )
        self.warn()

    def left(self, server: str) -> float:
        """Seconds."""
        return self._ends[server] - self._now()

    def warn(self) -> None:
        """Say which expire soon, each once a day. Asked at each request: connections may last."""
        now = self._now()
        for server, end in self._ends.items():
            if end - now < _SOON and now - self._warned.get(server, 0) >= _DAY:
                self._warned[server] = now
                self._tell(server, end)

    def _tell(self, server: str, end: float) -> None:
        self._context.log.warn(
            "{id}: the certificate of {server} expires on {date}, have it renewed",
            id=self._context.id,
            server=server,
            date=f"{datetime.fromtimestamp(end, UTC):%Y-%m-%d at %H:%M UTC}",
        )
