"""Names of addresses: never waited for, led back to, remembered, and old ones asked for again."""

from __future__ import annotations

import asyncio
import socket
from threading import Event as Gate
from typing import Any
from unittest import mock

from twisted.internet import reactor
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.testing import context
from collector_syslog import reverse_dns
from collector_syslog.options import ReverseDnsOptions
from collector_syslog.reverse_dns import Names, resolve
from tests.collector.inputs.clients import ListenerTestCase
from tests.collector.tasks import as_task

IP, NAME = "192.0.2.1", "router.example"


class OwnClock(Clock):
    """A clock of its own, and the real reactor's way back from a thread."""

    def callFromThread(self, *what: Any) -> None:  # noqa: N802 Twisted's name
        reactor.callFromThread(*what)  # type: ignore[attr-defined]


class NamesTestCase(ListenerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.clock = OwnClock()
        self.context = context("receiver", "syslog", self.clock)
        self.asked: list[str] = []
        self.answer: Any = NAME
        self.gate = Gate()
        self.gate.set()
        self.addCleanup(self.gate.set)
        self.names = Names(self.context, ReverseDnsOptions(), self.resolve)

    def resolve(self, ip: str) -> str:
        self.asked.append(ip)
        self.gate.wait(10)
        if isinstance(self.answer, Exception):
            raise self.answer
        return str(self.answer)

    async def answers(self, count: int) -> None:
        await self.until(lambda: self.count("looked_up_addresses") == count)


class AskingTests(NamesTestCase):
    @as_task
    async def test_who_asks_first_waits_for_nothing(self) -> None:
        self.gate.clear()
        self.assertEqual([self.names.of(IP) for _ in range(3)], ["", "", ""])
        self.gate.set()
        await self.answers(1)
        self.assertEqual(self.names.of(IP), NAME)
        self.assertEqual(self.asked, [IP])

    @as_task
    async def test_no_name_is_remembered_too_but_for_less_long(self) -> None:
        for n, self.answer in enumerate(("", socket.herror(1), UnicodeError(), socket.gaierror())):
            ip = f"192.0.2.{n}"
            self.names.of(ip)
            await self.answers(n + 1)
            self.assertEqual(self.names.of(ip), "")
        self.assertEqual(len(self.asked), 4)
        self.assertEqual(self.count("looked_up_addresses", outcome="unnamed"), 4)
        self.clock.advance(301)
        self.names.of(IP)
        await self.answers(5)

    @as_task
    async def test_an_old_name_is_given_until_the_new_one_is_known(self) -> None:
        self.names.of(IP)
        await self.answers(1)
        self.clock.advance(3601)
        self.answer = "other.example"
        self.assertEqual(self.names.of(IP), NAME)
        await self.answers(2)
        self.assertEqual(self.names.of(IP), "other.example")

    @as_task
    async def test_what_waits_is_bounded_and_asked_later(self) -> None:
        self.gate.clear()
        with mock.patch.object(reverse_dns, "_WAITING", 6):
            for n in range(50):
                self.names.of(f"192.0.2.{n}")
            self.gate.set()
            await self.answers(6)
            self.names.of("192.0.2.40")
            await self.answers(7)

    @as_task
    async def test_threads_end_and_begin_again(self) -> None:
        with mock.patch.object(reverse_dns, "_IDLE", 0.0):
            for n in range(20):
                self.names.of(f"192.0.2.{n}")
                await self.answers(n + 1)
                await asyncio.sleep(0)


class ResolvingTests(SynchronousTestCase):
    def test_the_platform_names_this_machine(self) -> None:
        self.assertEqual(resolve("127.0.0.1"), socket.gethostbyaddr("127.0.0.1")[0])

    def resolved(self, name: str, address: str) -> str:
        found = [(socket.AF_INET, 2, 17, "", (address, 0))]
        with (
            mock.patch("socket.gethostbyaddr", return_value=(name, [], [IP])),
            mock.patch("socket.getaddrinfo", return_value=found),
        ):
            return resolve(IP)

    def test_a_name_that_does_not_lead_back_is_none(self) -> None:
        self.assertEqual(self.resolved(NAME, IP), NAME)
        self.assertEqual(self.resolved(NAME, "192.0.2.99"), "")

    def test_a_name_that_no_host_has_is_none(self) -> None:
        for name in ("a b", "x\ny", '"', "1", "é"):
            self.assertEqual(self.resolved(name, IP), "", name)
