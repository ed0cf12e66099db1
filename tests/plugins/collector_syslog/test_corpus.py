"""What devices send, as it is read, and as it arrives over UDP and over TCP in every framing."""

from __future__ import annotations

import json
import random
import socket
from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from typing import Any
from unittest import mock

from twisted.trial.unittest import SynchronousTestCase

from collector.event import Resource
from collector.inputs.datagrams import Datagrams, Peer
from collector.tasks import spawn
from collector.testing import RecordingOutput, context
from collector_syslog.options import SyslogConfig
from collector_syslog.receiver import SyslogReceiver
from tests.collector.inputs.clients import ListenerTestCase
from tests.collector.tasks import as_task
from tests.plugins.collector_syslog.messages import FRAMINGS, Message, facts, messages, ns

MESSAGES = messages()


def config(options: dict[str, Any]) -> SyslogConfig:
    listeners = {
        "udp": {"endpoint": "127.0.0.1:0", "receive_buffer": "4MiB"},
        "tcp": {"endpoint": "127.0.0.1:0"},
    }
    return SyslogConfig.model_validate(listeners | options)


def alike(items: Iterable[Message]) -> list[list[Message]]:
    """Messages that one listener can take at one time."""
    groups = defaultdict(list)
    for message in items:
        groups[json.dumps([message.options, message.now], sort_keys=True)].append(message)
    return list(groups.values())


def arrived(output: RecordingOutput, count: int) -> bool:
    return len(output.events) >= count


def differences(found: list[Any], wanted: list[Message]) -> str:
    """Of each event that is another than expected, all that is known."""
    wrong = [
        f"{message.file}: {message.note}\n  sent     {message.sent!r}\n"
        f"  found    {event}\n  expected {message.expected}"
        for event, message in zip(found, wanted, strict=True)
        if event != message.expected
    ]
    return "\n".join(wrong)


def agree(test: SynchronousTestCase, wrong: Iterable[str]) -> None:
    """Fail with all of it, where there is any."""
    if said := "\n".join(filter(None, wrong)):
        test.fail(f"other than expected:\n{said}")


class ReadingTests(SynchronousTestCase):
    def test_there_are_enough_of_them_and_none_twice(self) -> None:
        self.assertGreaterEqual(len(MESSAGES), 250)
        sent = [(m.sent, m.sent_as, str(m.options), m.now, m.peer) for m in MESSAGES]
        self.assertEqual(len(set(sent)), len(sent))

    def test_each_becomes_its_event(self) -> None:
        """Alone, and a second and third time, which the quick way may read."""
        wrong = []
        for message in MESSAGES:
            receiver = SyslogReceiver(config(message.options), context("receiver", "syslog"))
            with mock.patch("time.time_ns", return_value=ns(message.now)):
                found = [self.read(receiver, message) for _ in range(3)]
            wrong.append(differences(found, [message] * 3))
        agree(self, wrong)

    def read(self, receiver: SyslogReceiver, message: Message) -> Any:
        peer = Peer(mock.Mock(), None, Resource({"net.peer.ip": message.peer}))
        frames = Datagrams([message.frame], [peer], len(message.frame))
        events = receiver.parse(frames)
        frames.attach(events)
        return facts(events[0])


class ListeningTests(ListenerTestCase):
    """Over real sockets, from the peer's own address, in an order that is not the file's."""

    async def listening(self, options: dict[str, Any]) -> tuple[SyslogReceiver, RecordingOutput]:
        receiver = SyslogReceiver(config(options), self.context)
        receiver.output = output = RecordingOutput()
        self.addCleanup(lambda: spawn(receiver.stop()))
        await receiver.start()
        return receiver, output

    async def check(self, kind: str, framing: str, order: random.Random) -> None:
        for group in alike(message for message in MESSAGES if framing in message.over):
            order.shuffle(group)
            group.sort(key=lambda message: message.peer)
            with mock.patch("time.time_ns", return_value=ns(group[0].now)):
                receiver, output = await self.listening(group[0].options)
                address = {each.transport: each.address for each in receiver.listening}[kind]
                found = await self.sent(output, kind, address, framing, group)
            agree(self, [differences(found, group)])
            await receiver.stop()

    async def sent(
        self,
        output: RecordingOutput,
        kind: str,
        address: tuple[str, int],
        framing: str,
        group: list[Message],
    ) -> list[Any]:
        """The events, in order: the next peer sends when all of the one before has arrived."""
        done = 0
        for peer in sorted({message.peer for message in group}):
            mine = [message for message in group if message.peer == peer]
            with socket.socket(
                socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM
            ) as client:
                client.bind((peer, 0))
                client.connect(address)
                if kind == "udp":
                    for message in mine:
                        client.send(message.frame)
                else:
                    client.sendall(b"".join(FRAMINGS[framing](m.frame) for m in mine))
            done += len(mine)
            await self.until(partial(arrived, output, done))
        return [facts(event) for event in output.events]

    @as_task
    async def test_over_udp(self) -> None:
        await self.check("udp", "udp", random.Random(5426))

    @as_task
    async def test_over_tcp_in_every_framing(self) -> None:
        for framing in FRAMINGS:
            await self.check("tcp", framing, random.Random(6587))

    @as_task
    async def test_over_one_connection_in_all_framings_by_turns(self) -> None:
        """Of lines that begin with a PRI: a text behind a counted frame is taken for its tail."""
        order = random.Random(3164)
        plain = [message for message in MESSAGES if message.frame[:1] == b"<"]
        group = max(alike(m for m in plain if {*FRAMINGS} <= {*m.over}), key=len)
        group = [message for message in group if message.peer == "127.0.0.1"] * 3
        order.shuffle(group)
        with mock.patch("time.time_ns", return_value=ns(group[0].now)):
            receiver, output = await self.listening(group[0].options)
            client = self.connect(receiver.listening[1].address)
            ways = [order.choice(list(FRAMINGS.values())) for _ in group]
            client.sendall(b"".join(way(m.frame) for way, m in zip(ways, group, strict=True)))
            await self.until(partial(arrived, output, len(group)))
        agree(self, [differences([facts(event) for event in output.events], group)])
        self.assertGreater(len(group), 500)
        await receiver.stop()
