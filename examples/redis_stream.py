"""Reads a Redis stream as a consumer of a group: an entry is acknowledged once it is stored.

    receivers:
      orders: {type: 'redis_stream:RedisStreamReceiver', url: 'redis://127.0.0.1', stream: orders}

Needs `pip install redis`; `redis[hiredis]` takes less CPU.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from collector.api import (
    UID_KEY,
    Config,
    Duration,
    Event,
    Outcome,
    PullReceiver,
    Retry,
    SecretStr,
)

#: Id and fields; no fields: it was deleted meanwhile.
Entry = tuple[str, dict[str, str]]


class RedisStreamConfig(Config):
    """Which stream, and as whom."""

    #: The server; a password in it is hidden everywhere.
    url: SecretStr = SecretStr("redis://127.0.0.1:6379")
    #: The name of the stream.
    stream: str
    #: The group of consumers, which is made when there is none.
    group: str = "collector"
    #: The same after a restart, so that what it was given before comes first.
    consumer: str = socket.gethostname()
    #: What other consumers leave unacknowledged so long is taken over.
    take_over_after: Duration = 60.0
    #: Entries that are asked for at once.
    count: int = 1000


class RedisStreamReceiver(PullReceiver[RedisStreamConfig]):
    """An event for each entry, its field `message` as the body, the others as attributes."""

    async def run(self) -> None:
        """See `PullReceiver`."""
        said, start = self.config, "0"  # what we were given and did not acknowledge
        async with connected(said.url.get_secret_value()) as redis:
            await make_group(redis, said)
            while True:
                entries = await abandoned(redis, said) or await read(redis, said, start)
                if not entries:
                    start = ">"  # what nobody was given yet
                    continue
                events = [event(said.stream, *entry) for entry in entries if entry[1]]
                outcome = await self.deliver(events)
                if outcome is Outcome.RETRY:
                    raise Retry("nothing can be stored at present")
                await redis.xack(said.stream, said.group, *[id for id, _ in entries])


def connected(url: str) -> Redis:
    """A client. No byte of an entry makes it raise."""
    return Redis.from_url(url, decode_responses=True, encoding_errors="backslashreplace")


async def make_group(redis: Redis, said: RedisStreamConfig) -> None:
    """From the beginning of the stream, unless there is the group."""
    with suppress(ResponseError):  # BUSYGROUP
        await redis.xgroup_create(said.stream, said.group, id="0", mkstream=True)


async def read(redis: Redis, said: RedisStreamConfig, start: str) -> list[Entry]:
    """Entries of ours after that; waits a second for new ones."""
    streams: dict[Any, Any] = {said.stream: start}
    found: Any = await redis.xreadgroup(
        said.group, said.consumer, streams, count=said.count, block=1000
    )
    return [(id, fields) for id, fields in found[0][1]] if found else []


async def abandoned(redis: Redis, said: RedisStreamConfig) -> list[Entry]:
    """Entries that others were given too long ago, ours from now on."""
    idle = round(said.take_over_after * 1000)
    found: Any = await redis.xautoclaim(
        said.stream, said.group, said.consumer, idle, count=said.count
    )
    return [(id, fields) for id, fields in found[1]]


def event(stream: str, id: str, fields: dict[str, str]) -> Event:
    """Its record id is the entry's: should a crash repeat it, the copies can be told."""
    body = fields.get("message", "")
    attributes = {name: value for name, value in fields.items() if name != "message"}
    attributes[UID_KEY] = f"{stream}-{id}"
    milliseconds = int(id.partition("-")[0])
    return Event(milliseconds * 10**6, body, attributes, observed_time=time.time_ns())
