"""The example `redis_stream`, with a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis as RedisNow
from redis.asyncio import Redis
from twisted.trial.unittest import TestCase

from collector.api import UID_KEY, Outcome, SecretStr
from collector.inputs import pull_receiver
from collector.testing import RecordingOutput, SourceContract, context
from examples.redis_stream import RedisStreamConfig, RedisStreamReceiver
from tests.collector.tasks import as_task, eventually
from tests.redis_server import redis_server

pytestmark = pytest.mark.system


@pytest.fixture(scope="class", autouse=True)
def _server(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[None]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        request.cls.url = url
        yield


class RedisStreamContractTests(SourceContract, TestCase):
    plugin = RedisStreamReceiver
    url: str

    def setUp(self) -> None:
        self.redis = RedisNow.from_url(self.url)
        self.redis.ping()  # its socket is here before the contract looks at what is left
        self.addCleanup(self.redis.close)
        self.config = {"url": self.url, "stream": self.id()}
        self.ids: dict[str, Any] = {}

    async def give(self, text: str) -> None:
        self.ids[text] = self.redis.xadd(self.id(), {"message": text})

    def is_gone(self, text: str) -> bool:
        said: Any = self.redis.xpending_range(self.id(), "collector", "-", "+", 100)
        groups: Any = self.redis.xinfo_groups(self.id())
        number = int(self.ids[text].partition(b"-")[0])
        given = int(groups[0]["last-delivered-id"].partition(b"-")[0])
        return given >= number and self.ids[text] not in [one["message_id"] for one in said]


class RedisStreamTests(TestCase):
    url: str

    def setUp(self) -> None:
        self.patch(pull_receiver, "FIRST", 0.01)
        self.data_dir = Path(self.mktemp())

    async def reading(
        self, outcome: Outcome | None = Outcome.DELIVERED, **options: Any
    ) -> RedisStreamReceiver:
        said = {"stream": self.id(), "take_over_after": 30.0, "consumer": "us", **options}
        config = RedisStreamConfig(url=SecretStr(self.url), **said)
        receiver = RedisStreamReceiver(config, context("receiver", data_dir=self.data_dir))
        self.output = receiver.output = RecordingOutput(outcome)
        await receiver.start()
        return receiver

    async def ended(self, receiver: RedisStreamReceiver) -> None:
        await receiver.quiesce()
        await receiver.stop()

    async def added(self, redis: Redis, *messages: str | bytes) -> list[Any]:
        return [await redis.xadd(self.id(), {"message": text, "n": 1}) for text in messages]

    async def pending(self, redis: Redis) -> int:
        found: Any = await redis.xpending(self.id(), "collector")
        return int(found["pending"])

    async def acknowledged(self, redis: Redis) -> None:
        async with asyncio.timeout(5):
            while await self.pending(redis):  # noqa: ASYNC110 the server knows
                await asyncio.sleep(0.005)

    @as_task
    async def test_entries_are_events_and_acknowledged_once_they_are_stored(self) -> None:
        async with Redis.from_url(self.url) as redis:
            ids = await self.added(redis, "one", b"\xff")
            receiver = await self.reading(None)
            await eventually(lambda: self.output.open)
            self.assertEqual(await self.pending(redis), 2)
            self.output.outcome = Outcome.DELIVERED
            self.output.settle()
            await self.acknowledged(redis)
            await self.added(redis, "three")
            await eventually(lambda: self.output.bodies == ["one", "\\xff", "three"])
            await self.ended(receiver)
            self.assertEqual(await self.pending(redis), 0, "stopped before it had acknowledged")
        first = self.output.events[0]
        milliseconds = int(ids[0].partition(b"-")[0])
        self.assertEqual(first.time, milliseconds * 10**6)
        self.assertEqual(first.attributes, {"n": "1", UID_KEY: f"{self.id()}-{ids[0].decode()}"})

    @as_task
    async def test_what_cannot_be_stored_stays_pending_and_comes_again(self) -> None:
        async with Redis.from_url(self.url) as redis:
            await self.added(redis, "one")
            receiver = await self.reading(Outcome.RETRY)
            await eventually(lambda: len(self.output.batches) > 1)
            self.assertEqual(receiver.trouble, "nothing can be stored at present")
            self.assertEqual(await self.pending(redis), 1)
            self.output.outcome = Outcome.DELIVERED
            await self.acknowledged(redis)
            await self.ended(receiver)
        self.assertEqual(set(self.output.bodies), {"one"})

    @as_task
    async def test_what_another_consumer_left_behind_is_taken_over(self) -> None:
        async with Redis.from_url(self.url) as redis:
            await redis.xgroup_create(self.id(), "collector", id="0", mkstream=True)
            await self.added(redis, "lost", "found")
            await redis.xreadgroup("collector", "crashed", {self.id(): ">"})
            receiver = await self.reading(take_over_after=0.001)
            await eventually(lambda: self.output.bodies == ["lost", "found"])
            await self.acknowledged(redis)
            await self.ended(receiver)

    @as_task
    async def test_an_entry_that_was_deleted_meanwhile_is_none(self) -> None:
        async with Redis.from_url(self.url) as redis:
            await redis.xgroup_create(self.id(), "collector", id="0", mkstream=True)
            (gone, _) = await self.added(redis, "gone", "there")
            await redis.xreadgroup("collector", "us", {self.id(): ">"})
            await redis.xdel(self.id(), gone)
            receiver = await self.reading()
            await eventually(lambda: self.output.bodies)
            await self.acknowledged(redis)
            await self.ended(receiver)
        self.assertEqual(self.output.bodies, ["there"])

    @as_task
    async def test_a_server_that_is_not_there_makes_it_unhealthy(self) -> None:
        config = RedisStreamConfig(url=SecretStr("unix:///nowhere/redis.sock"), stream="s")
        receiver = RedisStreamReceiver(config, context("receiver", data_dir=self.data_dir))
        receiver.output = RecordingOutput()
        await receiver.start()
        await eventually(lambda: receiver.trouble)
        self.assertIn("ConnectionError", receiver.trouble)
        await self.ended(receiver)
        self.flushLoggedErrors()
