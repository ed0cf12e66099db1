"""The receiver on a UNIX socket: the same protocol, among peers that have no address."""

from __future__ import annotations

import socket
import tempfile
from typing import Any

from pydantic import ValidationError

from collector_forward.options import ForwardConfig
from collector_forward.receiver import ForwardReceiver
from tests.collector.tasks import as_task
from tests.plugins.collector_forward.test_receiver import KEY, SecurityTestCase, ack, chunk


class UnixTests(SecurityTestCase):
    def setUp(self) -> None:
        super().setUp()
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.path = f"{temporary.name}/forward.sock"

    async def listen(self, **more: Any) -> ForwardReceiver:
        return await super().listen(endpoint=f"unix://{self.path}", **more)

    def dial(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        self.addCleanup(sock.close)
        sock.connect(self.path)
        return sock

    @as_task
    async def test_chunks_are_answered_and_counted_for_a_word_in_place_of_an_address(self) -> None:
        await self.listen()
        sock = self.dial()
        sock.sendall(chunk("c", "a"))
        self.assertEqual(await self.read(sock), ack("c"))
        said = self.output.events[0].resource.attributes
        self.assertEqual(said["net.transport"], "unix")
        self.assertNotIn("net.peer.ip", said)
        self.assertEqual(self.count("peer_log_records", peer="unix"), 1)

    @as_task
    async def test_keys_are_asked_for_as_over_tcp(self) -> None:
        await self.listen(security={"shared_key": KEY})
        self.assertFalse((await self.pong(self.dial(), "wrong"))[1])
        sock = self.dial()
        self.assertTrue((await self.pong(sock, KEY))[1])
        sock.sendall(chunk("c", "a"))
        self.assertEqual(await self.read(sock), ack("c"))

    def test_keys_by_network_are_an_error(self) -> None:
        clients = [{"network": "10.0.0.0/8", "shared_key": KEY}]
        said = {"endpoint": "unix:///run/x.sock", "clients": clients}
        error = self.assertRaises(ValidationError, ForwardConfig.model_validate, said)
        self.assertIn("those of a UNIX socket have none", str(error))
        self.assertNotIn("canary", str(error))
