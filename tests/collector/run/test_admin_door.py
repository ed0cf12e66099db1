"""The admin endpoint over reloads: moved, kept, and there again when the move fails."""

from __future__ import annotations

import socket

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from collector.inputs.sockets import ListenError
from collector.metrics import Metrics
from collector.run.admin import Admin
from collector.run.admin_door import AdminDoor
from collector.run.view import View
from collector.testing import in_reactor


def _is_open(admin: Admin) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(admin.address) == 0


class AdminDoorTests(TestCase):
    """Over real sockets."""

    def setUp(self) -> None:
        self.made: list[Admin] = []
        self.door = AdminDoor(self._made)

    def _made(self, endpoint: str, token: str) -> Admin:
        async def look() -> View:
            return View(Metrics(), [], ready=True)

        self.made.append(Admin(reactor, look, endpoint, token))
        return self.made[-1]

    @in_reactor
    async def test_the_same_endpoint_stays_open(self) -> None:
        await self.door.open("127.0.0.1:0", "")
        await self.door.open("127.0.0.1:0", "")
        (admin,) = self.made
        self.assertTrue(_is_open(admin))
        await self.door.close()
        self.assertFalse(_is_open(admin))

    @in_reactor
    async def test_another_token_is_for_the_same_port(self) -> None:
        await self.door.open("127.0.0.1:0", "")
        endpoint = f"127.0.0.1:{self.made[0].address[1]}"
        await self.door.open(endpoint, "a token")
        self.assertEqual({admin.address for admin in self.made}, {self.made[0].address})
        await self.door.close()

    @in_reactor
    async def test_none_is_open_without_an_endpoint(self) -> None:
        await self.door.open("127.0.0.1:0", "")
        await self.door.open("", "")
        self.assertFalse(_is_open(self.made[0]))

    @in_reactor
    async def test_a_move_that_fails_opens_the_one_before_again(self) -> None:
        await self.door.open("127.0.0.1:0", "")
        with socket.create_server(("127.0.0.1", 0)) as other, self.assertRaises(ListenError):
            await self.door.open(f"127.0.0.1:{other.getsockname()[1]}", "")
        self.assertTrue(_is_open(self.made[-1]))
        await self.door.close()
