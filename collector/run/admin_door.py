"""The admin endpoint of the configuration that runs, over reloads that move it."""

from __future__ import annotations

from collections.abc import Callable

from twisted.logger import Logger

from ..inputs.sockets import ListenError
from .admin import Admin
from .redactor import printable

log = Logger(namespace="collector")


class AdminDoor:
    """At most one is open. `make` makes it, of where it listens and its token."""

    def __init__(self, make: Callable[[str, str], Admin]) -> None:
        self._make = make
        self._open: Admin | None = None
        self._said = ("", "")

    async def open(self, endpoint: str, token: str) -> None:
        """In place of the one before, unless that is the same; an empty endpoint is none.

        Raises ListenError; then the one before is open again.
        """
        said = endpoint, token
        if said == self._said:
            return
        await self.close()  # first: both may be on one port
        try:
            await self._start(*said)
        except ListenError:
            await self._start_again()
            raise
        self._said = said

    async def _start(self, endpoint: str, token: str) -> None:
        if endpoint:
            admin = self._make(endpoint, token)
            await admin.start()
            self._open = admin

    async def _start_again(self) -> None:
        try:
            await self._start(*self._said)
        except ListenError as e:
            why = printable(str(e))
            log.error("there is no admin endpoint now: {why}", why=why)  # noqa: TRY400 it says all
            self._said = ("", "")

    async def close(self) -> None:
        """Close it, also when there is none."""
        admin, self._open = self._open, None
        if admin is not None:
            await admin.stop()
