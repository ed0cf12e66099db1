"""The example `http_poll`: a receiver that asks, and a checkpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from collector.api import Outcome, SecretStr
from collector.inputs import pull_receiver
from collector.testing import RecordingOutput, SourceContract, context
from examples.http_poll import PollConfig, PollReceiver
from tests.collector.outputs.http_case import Case, as_task
from tests.collector.tasks import eventually


class PollCase(Case):
    def setUp(self) -> None:
        super().setUp()
        self.log: list[str] = []
        self.status = 200
        self.server.answer = self.answer

    def answer(self, server: Any) -> None:
        """Two entries a page; the cursor is the number of those before it."""
        head, _ = self.server.requests[-1]
        query = parse_qs(urlsplit(head.split(b" ")[1].decode()).query)
        first = int(query.get("after", ["0"])[0])
        page = self.log[first : first + 2]
        entries = [{"time": 1, "text": text} for text in page]
        body = json.dumps({"entries": entries, "next": str(first + len(page))}).encode()
        answer = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (self.status, len(body))
        server.transport.write(answer + body)


class PollContractTests(SourceContract, PollCase):
    plugin = PollReceiver

    def setUp(self) -> None:
        super().setUp()
        self.config = {"url": self.url, "token": "x", "interval": "10ms", "proxy": "none"}

    async def give(self, text: str) -> None:
        self.log.append(text)


class PollTests(PollCase):
    def setUp(self) -> None:
        super().setUp()
        self.patch(pull_receiver, "FIRST", 0.01)
        self.data_dir = Path(self.mktemp())
        self.log += ["one", "two", "three"]

    async def polling(self) -> PollReceiver:
        config = PollConfig(url=self.url, token=SecretStr("x"), interval=0.01, proxy="none")
        receiver = PollReceiver(config, context("receiver", data_dir=self.data_dir))
        self.output = receiver.output = RecordingOutput()
        await receiver.start()
        return receiver

    async def stopped(self, receiver: PollReceiver) -> None:
        await receiver.quiesce()
        await receiver.stop()

    @as_task
    async def test_all_pages_are_had_and_what_comes_later(self) -> None:
        receiver = await self.polling()
        await eventually(lambda: self.output.bodies == ["one", "two", "three"])
        self.log.append("four")
        await eventually(lambda: self.output.bodies[3:] == ["four"])
        await self.stopped(receiver)
        self.assertIn(b"Authorization: Bearer x", self.server.requests[0][0].split(b"\r\n"))

    @as_task
    async def test_it_goes_on_where_it_was_after_a_restart(self) -> None:
        receiver = await self.polling()
        await eventually(lambda: receiver.checkpoint == "3")
        await self.stopped(receiver)
        self.log.append("four")
        receiver = await self.polling()
        await eventually(lambda: self.output.bodies)
        self.assertEqual(self.output.bodies, ["four"])
        await self.stopped(receiver)

    @as_task
    async def test_what_was_not_stored_is_asked_for_again(self) -> None:
        receiver = await self.polling()
        self.output.outcome = Outcome.RETRY
        await eventually(lambda: len(self.output.batches) > 2)
        self.assertEqual(self.output.bodies[:4], ["one", "two"] * 2)
        self.output.outcome = Outcome.DELIVERED
        await eventually(lambda: receiver.checkpoint == "3")
        self.assertEqual(self.output.bodies[-3:], ["one", "two", "three"])
        await self.stopped(receiver)

    @as_task
    async def test_an_api_that_is_ill_makes_it_unhealthy_until_it_answers(self) -> None:
        self.status = 503
        receiver = await self.polling()
        await eventually(lambda: receiver.trouble)
        self.assertEqual(receiver.trouble, "the API answered 503")
        self.status = 200
        await eventually(lambda: self.output.bodies == ["one", "two", "three"])
        await self.stopped(receiver)
