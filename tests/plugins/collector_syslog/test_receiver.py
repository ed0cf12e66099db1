"""The syslog receiver on real sockets: what its listeners have in common, and RELP's answers."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import tempfile
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Outcome, split_endpoint
from collector_syslog.options import SyslogConfig
from collector_syslog.receiver import SyslogReceiver
from tests.collector.inputs.test_receiver import ReceiverTestCase
from tests.collector.outputs.authority import Authority
from tests.collector.tasks import as_task
from tests.plugins.collector_syslog.test_transactions import OPEN, message, ok

AUTHORITY = Authority()
ANY = "127.0.0.1:0"


class RelpTests(ReceiverTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.cert = Path(self.mktemp())
        self.cert.write_bytes(AUTHORITY.issue())

    async def listen(self, **more: Any) -> None:
        config = SyslogConfig.model_validate({"relp": {"endpoint": ANY, **more}})
        self.receiver = SyslogReceiver(config, self.context)
        self.address = await self.start(self.receiver)

    async def read(self, sock: socket.socket, size: int) -> bytes:
        with sock.makefile("rb") as stream:
            return await asyncio.to_thread(stream.read, size)

    async def opened(self) -> socket.socket:
        sock = self.connect(self.address)
        sock.settimeout(5)
        sock.sendall(OPEN)
        self.assertIn(b"200 OK", await asyncio.to_thread(sock.recv, 200))
        return sock

    @as_task
    async def test_an_answer_comes_after_the_batch_is_delivered(self) -> None:
        await self.listen()
        self.output.outcome = None
        sock = await self.opened()
        sock.sendall(message(2, b"<34>1 - host app - - - one"))
        self.assertEqual(await self.bodies(1), ["one"])
        sock.setblocking(False)
        with self.assertRaises(BlockingIOError):
            sock.recv(1)
        self.output.settle()
        sock.settimeout(5)
        self.assertEqual(await self.read(sock, len(ok(2))), ok(2))
        self.assertEqual(self.output.acked, [True])

    @as_task
    async def test_many_windows_are_answered_in_order(self) -> None:
        await self.listen()
        sock = await self.opened()
        sent = range(2, 2002)
        await asyncio.to_thread(sock.sendall, b"".join(message(n, b"<34>x\ny") for n in sent))
        expected = ok(*sent)
        self.assertEqual(await self.read(sock, len(expected)), expected)
        self.assertEqual(len(self.output.events), len(sent))

    @as_task
    async def test_what_cannot_be_stored_is_not_answered(self) -> None:
        await self.listen()
        self.output.outcome = Outcome.RETRY
        sock = await self.opened()
        sock.sendall(message(2))
        self.assertEqual(await self.read(sock, 16), b"0 serverclose 0\n")

    @as_task
    async def test_syslog_without_relp_is_told_apart(self) -> None:
        await self.listen()
        sock = self.connect(self.address)
        sock.sendall(b"<34>1 - host app - - - one\n")
        self.assertEqual(await self.read(sock, 1), b"")
        self.assertEqual(self.count("connections_refused", reason="wrong_protocol"), 1)

    @as_task
    async def test_over_tls_it_is_the_same(self) -> None:
        await self.listen(tls={"cert_file": self.cert})
        context = ssl.create_default_context(cadata=AUTHORITY.pem.decode())
        dial = asyncio.to_thread(
            context.wrap_socket, self.connect(self.address), server_hostname="127.0.0.1"
        )
        sock = await dial
        self.addCleanup(sock.close)
        sock.sendall(OPEN)
        self.assertIn(b"200 OK", await asyncio.to_thread(sock.recv, 200))
        sock.sendall(message(2))
        self.assertEqual(await self.read(sock, len(ok(2))), ok(2))


class ListenerTests(ReceiverTestCase):
    @as_task
    async def test_what_syslog_of_this_machine_writes_is_read(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            config = SyslogConfig.model_validate({"unix": {"endpoint": f"unix://{folder}/log"}})
            receiver = SyslogReceiver(config, self.context)
            path, _ = await self.start(receiver)
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"<30>Oct 11 22:14:15 cron[7]: a\nb\0", path)
                self.assertEqual(await self.bodies(1), ["a\nb"])
            await receiver.stop()
        (event,) = self.output.events
        self.assertEqual(event.attributes["syslog.appname"], "cron")
        self.assertEqual(event.resource.attributes["process.pid"], os.getpid())

    @as_task
    async def test_only_relp_asks_for_answers(self) -> None:
        config = SyslogConfig.model_validate({name: {"endpoint": ANY} for name in ("tcp", "relp")})
        receiver = SyslogReceiver(config, self.context)
        receiver.output = self.output
        self.addCleanup(lambda: asyncio.ensure_future(receiver.stop()))
        await receiver.start()
        tcp, relp = (listener.address for listener in receiver.listening)
        self.connect(tcp).sendall(b"<34>over tcp\n")
        await self.bodies(1)
        self.connect(relp).sendall(OPEN + message(2))
        await self.bodies(2)
        self.assertEqual(self.output.acked, [False, True])
        await receiver.stop()


class ConfigTests(SynchronousTestCase):
    def test_something_must_listen(self) -> None:
        with self.assertRaisesRegex(ValidationError, "expected udp, tcp, unix or relp"):
            SyslogConfig.model_validate({})

    def test_relp_alone_is_enough(self) -> None:
        config = SyslogConfig.model_validate({"relp": {"endpoint": ANY}})
        assert config.relp is not None
        self.assertEqual(split_endpoint(config.relp.endpoint), ("127.0.0.1", 0))
