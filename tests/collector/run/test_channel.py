"""Messages between supervisor and worker, and requests in them."""

from __future__ import annotations

import socket

import msgspec
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from collector.inputs.web import WebRequest, WebResponse
from collector.run.channel import Channel, Message
from collector.run.questions import answered
from collector.run.routes import Routes, sentence
from collector.tasks import wait
from tests.collector.tasks import as_task


class End:
    """One end of a channel, and what came over it."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.gone: Deferred[None] = Deferred()
        self.last: Deferred[None] = Deferred()
        self.channel: Channel

    async def open(self, sock: socket.socket) -> End:
        self.channel = await Channel.over(sock, self.received, lambda: self.gone.callback(None))
        return self

    def received(self, message: Message) -> None:
        self.got.append(message)
        if "last" in message:
            self.last.callback(None)


class ChannelTests(TestCase):
    @as_task
    async def test_messages_go_both_ways_and_the_end_is_told(self) -> None:
        ours, theirs = socket.socketpair()
        one, two = await End().open(ours), await End().open(theirs)
        said: list[Message] = [{"a": b"\0" * 300_000}, {"b": [1, "two"]}, {"last": True}]
        for message in said:
            one.channel.send(**message)
            two.channel.send(**message)
        await wait(one.last)
        await wait(two.last)
        self.assertEqual((one.got, two.got), (said, said))
        one.channel.close()
        await wait(one.gone)
        await wait(two.gone)
        one.channel.send(too="late")

    def test_a_message_may_come_in_any_pieces(self) -> None:
        got: list[Message] = []
        channel = Channel(got.append, lambda: None)
        data = b"".join(
            len(body).to_bytes(4) + body
            for body in map(msgspec.msgpack.encode, ({"a": 1}, {"b": b"x" * 20}))
        )
        for at in range(len(data)):
            channel.data_received(data[at : at + 1])
        self.assertEqual(got, [{"a": 1}, {"b": b"x" * 20}])


class QuestionTests(TestCase):
    async def asked(self, routes: Routes) -> tuple[int, bytes]:
        status, body, _ = await answered(routes, "POST", "/a", "x=1", b"body")
        return status, body

    @as_task
    async def test_every_kind_of_answer_comes_back(self) -> None:
        seen: list[WebRequest] = []

        async def later(request: WebRequest) -> WebResponse:
            seen.append(request)
            return sentence(201, "later")

        for handler in (later, lambda _: sentence(201, "later")):
            routes = Routes()
            routes.add("POST", "/a", handler)
            self.assertEqual(await self.asked(routes), (201, b"later\n"))
        self.assertEqual((seen[0].query, seen[0].body), ([("x", "1")], b"body"))

    @as_task
    async def test_a_bug_is_an_answer_too(self) -> None:
        def bug(_: WebRequest) -> WebResponse:
            raise ValueError("a secret")

        routes = Routes()
        routes.add("POST", "/a", bug)
        self.assertEqual(await self.asked(routes), (500, b"An unexpected error.\n"))
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
