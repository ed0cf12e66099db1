"""Real sockets to a listener on the loopback, and waiting for what it makes of them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from twisted.trial.unittest import TestCase

from collector.inputs.frames import Frames
from collector.testing import context


class ListenerTestCase(TestCase):
    """Keeps the frames that a listener hands on."""

    def setUp(self) -> None:
        self.context = context("receiver", "r")
        self.got: list[Frames] = []

    @property
    def frames(self) -> list[bytes]:
        return [frame for frames in self.got for frame in frames]

    def count(self, name: str, **labels: str) -> int:
        return self.context.metrics.get(f"receiver_{name}", **labels)

    def gauge(self, name: str) -> float:
        (found,) = (g for g in self.context.metrics.gauges if g.name == f"receiver_{name}")
        return found.read()

    async def until(self, true: Callable[[], Any]) -> None:
        for _ in range(2500):
            if true():
                return
            await asyncio.sleep(0.002)
        self.fail("it did not happen within five seconds")

    async def got_frames(self, count: int) -> list[bytes]:
        await self.until(lambda: len(self.frames) >= count)
        return self.frames

    def connect(self, address: tuple[str, int]) -> socket.socket:
        sock = socket.create_connection(address)
        self.addCleanup(sock.close)
        return sock
