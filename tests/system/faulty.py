"""Plugins with every fault: they raise wherever the core calls them, or block."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from collector.api import (
    Batch,
    Config,
    Connector,
    Event,
    Exporter,
    Frames,
    Outcome,
    Processor,
    Receiver,
    Request,
    Row,
    SecretStr,
    StreamReceiver,
    spawn,
)


class _Options(Config):
    endpoint: str = "127.0.0.1:0"


class Parse(StreamReceiver[_Options]):
    """Raises in `parse`."""

    def parse(self, frames: Frames) -> list[Event]:
        """See `FrameReceiver`."""
        raise ValueError("parse")


class Settled(StreamReceiver[_Options]):
    """Raises when it hears what became of a batch."""

    acknowledged = True

    def parse(self, frames: Frames) -> list[Event]:
        """See `FrameReceiver`."""
        return [Event(time.time_ns(), body, {}) for body in frames.lines()]

    def settled(self, frames: Frames, outcome: Outcome) -> None:
        """See `FrameReceiver`."""
        raise ValueError("settled")


class _Source(Receiver[Config]):
    def pause(self) -> None:
        """See `Receiver`."""

    def resume(self) -> None:
        """See `Receiver`."""


class Spawned(_Source):
    """Raises in a task that it has spawned."""

    async def start(self) -> None:
        """See `Component`."""
        _ = spawn(self._poll())

    async def _poll(self) -> None:
        raise ValueError("spawned")


class Timer(_Source):
    """Raises in a timer, again and again."""

    async def start(self) -> None:
        """See `Component`."""
        self.context.reactor.callLater(0.5, self._due)

    def _due(self) -> None:
        self.context.reactor.callLater(0.5, self._due)
        raise ValueError("timer")


class _Secrets(Config):
    password: SecretStr


class Tells(Receiver[_Secrets]):
    """Raises with a secret in its words, in a timer and in a task."""

    async def start(self) -> None:
        """See `Component`."""
        self.context.reactor.callLater(0.1, self._due)
        _ = spawn(self._poll())

    def pause(self) -> None:
        """See `Receiver`."""

    def resume(self) -> None:
        """See `Receiver`."""

    def _due(self) -> None:
        raise ValueError(f"who has {self.config.password.get_secret_value()} may enter")

    async def _poll(self) -> None:
        self._due()


class Blocks(_Source):
    """Sleeps for more than two seconds."""

    async def start(self) -> None:
        """See `Component`."""
        self.context.reactor.callLater(0.5, self._sleep)

    def _sleep(self) -> None:
        time.sleep(2.5)


class Process(Processor[Config]):
    """Raises in `process`."""

    def process(self, batch: Batch) -> Batch | None:
        """See `Processor`."""
        raise ValueError("process")


class Tick(Processor[Config]):
    """Raises in `tick`."""

    def process(self, batch: Batch) -> Batch | None:
        """See `Processor`."""
        self.tick_after(0.01)
        return batch

    def tick(self, now: float) -> None:
        """See `Processor`."""
        raise ValueError("tick")


class Route(Connector[Config]):
    """Raises in `route`."""

    def route(self, batch: Batch) -> Mapping[str, list[Event]]:
        """See `Connector`."""
        raise ValueError("route")


class _Exporter(Exporter[Config]):
    def encode(self, batches: Sequence[Batch]) -> Iterable[Request]:
        """See `Exporter`."""
        return [self.pack([str(e.body).encode() for batch in batches for e in batch.events])]

    def unpack(self, request: Request) -> list[Row]:
        """See `Exporter`."""
        return request.body.splitlines()

    def pack(self, rows: Sequence[Row]) -> Request:
        """See `Exporter`."""
        return Request(body=b"\n".join(rows), events=len(rows))

    async def send(self, request: Request) -> None:
        """See `Exporter`."""


class Encode(_Exporter):
    """Raises in `encode`."""

    def encode(self, batches: Sequence[Batch]) -> Iterable[Request]:
        """See `Exporter`."""
        raise ValueError("encode")


class Send(_Exporter):
    """Raises in `send`."""

    async def send(self, request: Request) -> None:
        """See `Exporter`."""
        raise ValueError("send")


def id_of(plugin: type[Any]) -> str:
    """What it is called in a configuration."""
    return f"faulty/{plugin.__name__.lower()}"


def keys_of(plugin: type[Any], **keys: Any) -> dict[str, Any]:
    """What a configuration says of it."""
    return {"type": f"{plugin.__module__}:{plugin.__name__}", **keys}
