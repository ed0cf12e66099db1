"""The control socket: who may open it, whose it is, what it answers."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import orjson
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from collector.inputs.sockets import ListenError
from collector.inputs.web import plain
from collector.metrics import Metrics
from collector.run.control import SOCKET_NAME, Control, ControlClient, ControlError
from collector.run.health import Health
from collector.run.status import Status
from collector.run.view import View
from collector.tasks import spawn, wait


class ControlTests(TestCase):
    """Each test has a data directory, not yet made."""

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.data_dir = Path(temporary.name) / "data"
        self.metrics = Metrics()
        self.health = Health(reactor)

    async def look(self) -> View:
        return View(self.metrics, self.health.snapshot(), self.health.ready)

    def control(self, data_dir: Path | None = None) -> Control:
        status = Status(self.look, "conf/a.yaml")
        control = Control(reactor, data_dir or self.data_dir, self.look, status)
        self.addCleanup(lambda: spawn(control.stop()))
        return control

    async def get(self, path: str, method: str = "GET", body: bytes | None = None) -> Any:
        client = ControlClient(self.data_dir / SOCKET_NAME)
        return await wait(deferToThread(client.request, method, path, body))

    async def refused(self, start: Coroutine[Any, Any, None]) -> str:
        try:
            await start
        except ListenError as e:
            return str(e)
        raise AssertionError("it has started")


class AnswerTests(ControlTests):
    def test_tells_status_health_and_metrics(self) -> Deferred[None]:
        async def go() -> None:
            await self.control().start()
            status, body = await self.get("/status")
            self.assertEqual((status, orjson.loads(body)["config"]), (200, "conf/a.yaml"))
            self.assertEqual((await self.get("/healthz"))[0], 200)
            self.assertEqual((await self.get("/readyz"))[0], 503)
            status, body = await self.get("/metrics")
            self.assertEqual(status, 200)
            self.assertIn(b"process_", body)

        return spawn(go())

    def test_others_add_to_the_table(self) -> Deferred[None]:
        async def go() -> None:
            control = self.control()
            control.routes.add("POST", "/reload", lambda r: plain(200, r.body.decode()))
            await control.start()
            self.assertEqual(await self.get("/reload", "POST", b"now"), (200, b"now\n"))
            self.assertEqual((await self.get("/reload"))[0], 405)
            self.assertEqual((await self.get("/nothing"))[0], 404)

        return spawn(go())


class OwnershipTests(ControlTests):
    def mode(self, path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    def test_socket_and_new_directory_are_for_this_user_only(self) -> Deferred[None]:
        async def go() -> None:
            before = os.umask(0)
            try:
                await self.control().start()
            finally:
                self.assertEqual(os.umask(before), 0)
            self.assertEqual(self.mode(self.data_dir / SOCKET_NAME), 0o600)
            self.assertEqual(self.mode(self.data_dir / "control.lock"), 0o600)
            self.assertEqual(self.mode(self.data_dir), 0o700)

        return spawn(go())

    def test_socket_is_never_wider_while_it_is_made(self) -> Deferred[None]:
        seen: list[int] = []
        path = self.data_dir / SOCKET_NAME
        real = os.chmod

        def chmod(name: Any, mode: int) -> None:
            seen.extend((self.mode(path), mode))
            real(name, mode)

        self.patch(os, "chmod", chmod)

        async def go() -> None:
            await self.control().start()
            self.assertEqual(set(seen), {0o600})

        return spawn(go())

    def test_second_instance_is_refused_and_the_first_lives(self) -> Deferred[None]:
        async def go() -> None:
            await self.control().start()
            second = self.control()
            why = await self.refused(second.start())
            self.assertIn(f"another collector (pid {os.getpid()}) uses the data directory", why)
            await second.stop()
            self.assertEqual((await self.get("/status"))[0], 200)

        return spawn(go())

    def test_socket_that_answers_is_not_taken_even_without_a_lock(self) -> Deferred[None]:
        async def go() -> None:
            self.data_dir.mkdir()
            with socket.socket(socket.AF_UNIX) as other:
                other.bind(str(self.data_dir / SOCKET_NAME))
                other.listen()
                why = await self.refused(self.control().start())
                self.assertIn("another collector uses the data directory", why)
                self.assertTrue((self.data_dir / SOCKET_NAME).is_socket())

        return spawn(go())

    def test_socket_of_a_dead_process_is_replaced(self) -> Deferred[None]:
        async def go() -> None:
            self.data_dir.mkdir()
            with socket.socket(socket.AF_UNIX) as dead:
                dead.bind(str(self.data_dir / SOCKET_NAME))
                dead.listen()
            await self.control().start()
            self.assertEqual((await self.get("/status"))[0], 200)

        return spawn(go())

    def test_something_else_of_that_name_is_left_alone(self) -> Deferred[None]:
        async def go() -> None:
            self.data_dir.mkdir()
            path = self.data_dir / SOCKET_NAME
            path.write_text("precious")
            why = await self.refused(self.control().start())
            self.assertIn("is not a socket: move it away", why)
            self.assertEqual(path.read_text(), "precious")

        return spawn(go())

    def test_stop_leaves_no_socket_and_the_next_can_start(self) -> Deferred[None]:
        async def go() -> None:
            for _ in range(2):
                control = self.control()
                await control.start()
                await control.stop()
                self.assertFalse(control.path.exists())

        return spawn(go())

    def test_stop_does_not_mind_when_somebody_has_removed_the_socket(self) -> Deferred[None]:
        async def go() -> None:
            control = self.control()
            await control.start()
            control.path.unlink()
            await control.stop()

        return spawn(go())

    def test_path_longer_than_a_sockets_address_works(self) -> Deferred[None]:
        async def go() -> None:
            self.data_dir /= "d" * 150
            await self.control().start()
            self.assertTrue((self.data_dir / SOCKET_NAME).is_socket())
            self.assertEqual((await self.get("/status"))[0], 200)
            self.assertIn("another collector", await self.refused(self.control().start()))

        return spawn(go())

    def test_directory_that_cannot_be_made_is_one_sentence(self) -> Deferred[None]:
        async def go() -> None:
            self.data_dir.write_text("a file")
            why = await self.refused(self.control().start())
            self.assertIn("cannot make the data directory", why)
            self.assertIn("name another one in service.data_dir", why)

        return spawn(go())

    def test_directory_that_cannot_be_written_is_one_sentence(self) -> Deferred[None]:
        self.patch(os, "access", lambda *_: False)

        async def go() -> None:
            why = await self.refused(self.control().start())
            self.assertIn("cannot write to the data directory", why)

        return spawn(go())


class ClientTests(SynchronousTestCase):
    def test_nobody_there_is_one_sentence(self) -> None:
        client = ControlClient(Path("/nonexistent/control.sock"))
        error = self.assertRaises(ControlError, client.get, "/status")
        self.assertIn("no collector is running here", str(error))

    def test_nobody_there_with_a_long_path_is_the_same(self) -> None:
        client = ControlClient(Path("/nonexistent") / ("d" * 150) / "control.sock")
        error = self.assertRaises(ControlError, client.get, "/status")
        self.assertIn("no collector is running here", str(error))
