"""What supervisor and worker say to each other: messages in both directions over a socket pair.

A message is a MessagePack map after its length. Which there are is in `worker`.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, cast

import msgspec

#: Bytes of the length before each message.
_LENGTH = 4
Message = dict[str, Any]


class Channel(asyncio.Protocol):
    """One end. `received` is called with each message, `closed` once when the other end is gone."""

    def __init__(self, received: Callable[[Message], None], closed: Callable[[], None]) -> None:
        self._received = received
        self._closed = closed
        self._data = bytearray()
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def over(
        cls,
        sock: socket.socket,
        received: Callable[[Message], None],
        closed: Callable[[], None],
    ) -> Channel:
        """On a connected socket, which is the channel's from now on."""
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        _, channel = await loop.create_connection(lambda: cls(received, closed), sock=sock)
        return channel

    def send(self, **message: Any) -> None:
        """Send a message; nothing happens when the other end is gone."""
        if self._transport is not None and not self._transport.is_closing():
            data = msgspec.msgpack.encode(message)
            self._transport.write(len(data).to_bytes(_LENGTH) + data)

    def close(self) -> None:
        """Send what waits, then close."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """For asyncio."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        """For asyncio."""
        self._data += data
        while len(self._data) >= _LENGTH:
            end = _LENGTH + int.from_bytes(self._data[:_LENGTH])
            if len(self._data) < end:
                return
            message = msgspec.msgpack.decode(bytes(self._data[_LENGTH:end]))
            del self._data[:end]
            self._received(message)

    def connection_lost(self, exc: Exception | None) -> None:
        """For asyncio."""
        self._closed()
