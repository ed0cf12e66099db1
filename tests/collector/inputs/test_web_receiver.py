"""Receivers that speak HTTP, over real sockets: who may send, what is held, what is answered."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import socket
import ssl
from contextlib import closing
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from collector.api import (
    Event,
    HttpServerOptions,
    ListenError,
    Outcome,
    Taken,
    TlsServerOptions,
    WebReceiver,
    WebRequest,
    WebResponse,
)
from collector.inputs import connections, tokens
from collector.inputs.sources import Sources
from collector.testing import RecordingOutput, context
from tests.collector.inputs.clients import ListenerTestCase
from tests.collector.inputs.test_proxy_header import version_1
from tests.collector.inputs.test_tls import Heard
from tests.collector.outputs.authority import Authority
from tests.collector.tasks import as_task

AUTHORITY = Authority()
CANARY = "canary-5f1d2c"


class Echo(WebReceiver[HttpServerOptions]):
    """One event a request; `/none` has none, `/raise` raises."""

    def admit(self, request: WebRequest) -> WebResponse | None:
        return WebResponse(404) if request.path == "/nowhere" else None

    def take(self, request: WebRequest) -> Taken | WebResponse:
        if request.path == "/raise":
            raise RuntimeError(CANARY)
        if request.path == "/none":
            return WebResponse(400, b"none")
        return Taken([Event(1, request.body.decode(), {}, resource=request.resource)])


class WebReceiverTestCase(ListenerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.output = RecordingOutput()
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.hidden: list[str] = []
        self.context = context("receiver", "r", hide=self.hidden.append)
        self.lines: list[str] = []
        heard = Heard(self.lines)
        globalLogPublisher.addObserver(heard)
        self.addCleanup(globalLogPublisher.removeObserver, heard)

    async def serve(self, **said: Any) -> Echo:
        said.setdefault("endpoint", "127.0.0.1:0")
        receiver = self.receiver = Echo(HttpServerOptions(**said), self.context)
        receiver.output = self.output
        await receiver.start()
        assert receiver.intake is not None
        self.address = receiver.intake.address
        self.addCleanup(self._stop)
        return receiver

    @as_task
    async def _stop(self) -> None:
        await self.receiver.stop()

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    async def ask(self, path: str = "/", body: bytes = b"hi", **headers: str) -> tuple[int, Any]:
        """Status and headers of the answer."""
        return await asyncio.to_thread(self._ask, path, body, headers)

    def _ask(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
        client = http.client.HTTPConnection(*self.address, timeout=10)
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        client.request("POST", path, body, said)
        answer = client.getresponse()
        answer.read()
        client.close()
        return answer.status, answer.headers

    async def status(self, path: str = "/", body: bytes = b"hi", **headers: str) -> int:
        return (await self.ask(path, body, **headers))[0]

    async def talk(self, *parts: bytes) -> bytes:
        """Everything that is answered until the server closes."""
        return await asyncio.to_thread(self._talk, parts)

    def _talk(self, parts: tuple[bytes, ...]) -> bytes:
        got = b""
        with socket.create_connection(self.address, 10) as sock:
            for part in parts:
                sock.sendall(part)
            while data := sock.recv(65536):
                got += data
        return got


class OutcomeTests(WebReceiverTestCase):
    @as_task
    async def test_an_event_is_answered_when_it_is_stored(self) -> None:
        await self.serve()
        self.output.outcome = None
        asking = asyncio.ensure_future(self.status())
        await self.until(lambda: self.output.open)
        self.assertFalse(asking.done())
        self.assertEqual((self.output.acked, self.output.bodies), ([True], ["hi"]))
        self.output.settle()
        self.assertEqual(await asking, 204)
        self.assertEqual(self.count("requests", status="204"), 1)

    @as_task
    async def test_what_was_not_stored_may_come_again(self) -> None:
        await self.serve()
        self.output.outcome = Outcome.RETRY
        status, headers = await self.ask()
        self.assertEqual((status, headers["Retry-After"]), (503, "5"))
        self.output.outcome = Outcome.REJECTED
        self.assertEqual(await self.status(), 400)

    @as_task
    async def test_requests_of_one_look_are_one_batch(self) -> None:
        await self.serve()
        one = b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n%d"
        last = b"POST /none HTTP/1.1\r\nConnection: close\r\n\r\n"
        got = await self.talk(b"".join(one % n for n in range(9)) + last)
        self.assertEqual(got.count(b"HTTP/1.1 204"), 9)
        self.assertEqual(len(self.output.batches), 1)
        self.assertEqual(self.output.bodies, [str(n) for n in range(9)])

    @as_task
    async def test_a_full_queue_is_told_before_the_body(self) -> None:
        receiver = await self.serve()
        receiver.pause()
        head = b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n"
        got = await self.talk(head)
        self.assertTrue(got.startswith(b"HTTP/1.1 503 "), got)
        self.assertIn(b"Retry-After: 5\r\n", got)
        receiver.resume()
        self.assertEqual(await self.status(), 204)

    @as_task
    async def test_an_authors_bug_costs_one_request(self) -> None:
        await self.serve()
        self.assertEqual(await self.status("/raise"), 500)
        self.assertEqual(await self.status(), 204)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    @as_task
    async def test_events_know_their_peer(self) -> None:
        await self.serve()
        await self.status()
        said = self.output.events[0].resource.attributes
        self.assertEqual((said["net.peer.ip"], said["net.transport"]), ("127.0.0.1", "tcp"))

    @as_task
    async def test_answers_under_way_are_given_at_the_end(self) -> None:
        receiver = await self.serve()
        self.output.outcome = None
        asking = asyncio.ensure_future(self.ask())
        await self.until(lambda: self.output.open)
        await receiver.quiesce()
        self.output.settle()
        status, headers = await asking
        self.assertEqual((status, headers["Connection"]), (204, "close"))

    @as_task
    async def test_for_another_process_connections_end_with_their_next_answer(self) -> None:
        receiver = await self.serve()
        self.output.outcome = None
        reader, writer = await asyncio.open_connection(*receiver.intakes[0].address)
        begun = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\none"
        writer.write(begun)
        await self.until(lambda: self.gauge("connections") == 1)
        leaving = asyncio.ensure_future(receiver.leave())
        await self.until(lambda: self.gauge("old_connections") == 1)
        writer.write(b"\n")
        await self.until(lambda: self.output.open)
        self.output.settle()
        answer = await reader.read()  # to the end
        self.assertTrue(answer.startswith(b"HTTP/1.1 204 "), answer)
        self.assertIn(b"Connection: close\r\n", answer)
        writer.close()
        await leaving

    @as_task
    async def test_for_another_process_the_idle_have_some_time(self) -> None:
        receiver = await self.serve()
        reader, writer = await asyncio.open_connection(*receiver.intakes[0].address)
        await self.until(lambda: self.gauge("connections") == 1)
        (visit,) = receiver.intakes[0]._door._visits
        session: Any = visit.session
        leaving = asyncio.ensure_future(receiver.leave())
        await self.until(lambda: self.gauge("old_connections") == 1)
        left = session.deadline - self.context.reactor.seconds()
        self.assertTrue(5 < left <= 10, left)
        session.deadline = 0.0
        self.assertEqual(await reader.read(), b"")
        writer.close()
        await leaving


class AccessTests(WebReceiverTestCase):
    @as_task
    async def test_a_token_in_any_of_its_places(self) -> None:
        await self.serve(tokens=["one", CANARY])
        basic = "Basic dXNlcjpjYW5hcnktNWYxZDJj"
        for said in (f"Api-Token {CANARY}", "bearer one", basic):
            self.assertEqual(await self.status(Authorization=said), 204)
        self.assertEqual(await self.status(f"/?API-Token={CANARY}"), 204)
        wrong = ("", "Bearer ", "Bearer two", "Basic !", "Basic bm8=", CANARY, "Bearer canary")
        for said in wrong:
            status, headers = await self.ask(Authorization=said)
            self.assertEqual((status, headers["WWW-Authenticate"][:6]), (401, "Bearer"))
        self.assertEqual(self.count("requests_refused", reason="token"), len(wrong))
        self.assertEqual(await self.status("/nowhere"), 401)
        self.assertIn(CANARY, self.hidden)
        self.assertNotIn(CANARY, "".join(self.lines) + repr(self.receiver.config))

    @as_task
    async def test_a_file_of_tokens_is_read_again(self) -> None:
        self.patch(tokens, "_LOOK", 0.0)
        file = self.file("tokens", "one\ntwo\n")
        await self.serve(token_files=[file])
        self.assertEqual(await self.status(Authorization="Bearer two"), 204)
        self.file("tokens", "three\n")
        self.assertEqual(await self.status(Authorization="Bearer two"), 401)
        self.assertEqual(await self.status(Authorization="Bearer three"), 204)
        self.file("tokens", "")
        self.assertEqual(await self.status(Authorization="Bearer three"), 204)
        self.assertIn("three", self.hidden)

    @as_task
    async def test_a_file_without_a_token_is_refused_at_the_start(self) -> None:
        for file in (self.folder, self.folder / "none", self.file("empty", " \n")):
            with self.assertRaisesRegex(ListenError, "token_files"):
                await self.serve(token_files=[file])

    @as_task
    async def test_addresses_from_elsewhere(self) -> None:
        await self.serve(allowed_sources=["10.0.0.0/8", "::1"])
        self.assertEqual(await self.status(), 403)
        await self.receiver.stop()
        await self.serve(allowed_sources=["10.0.0.0/8", "127.0.0.0/8"])
        self.assertEqual(await self.status(), 204)

    @as_task
    async def test_addresses_behind_a_proxy(self) -> None:
        await self.serve(allowed_sources=["192.0.2.0/24"], trusted_proxies=["127.0.0.0/8"])
        request = b"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        self.assertIn(b" 204 ", await self.talk(version_1("192.0.2.1", 4321), request))
        self.assertIn(b" 403 ", await self.talk(version_1("198.51.100.1", 4321), request))

    @as_task
    async def test_certificates_of_clients(self) -> None:
        cert = self.file("server", AUTHORITY.issue())
        own = self.file("client", AUTHORITY.issue())
        tls = TlsServerOptions(cert_file=cert, client_ca_file=self.file("ca", AUTHORITY.pem))
        await self.serve(tls=tls)

        def ask(own: Path | None) -> int:
            trust = ssl.create_default_context(cadata=AUTHORITY.pem.decode())
            trust.check_hostname = False
            if own:
                trust.load_cert_chain(own)
            client = http.client.HTTPSConnection(*self.address, timeout=10, context=trust)
            with closing(client):
                client.request("POST", "/", b"hi")
                return client.getresponse().status

        self.assertEqual(await asyncio.to_thread(ask, own), 204)
        self.assertIn("tls.client.subject", self.output.events[0].resource.attributes)
        with self.assertRaises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
            await asyncio.to_thread(ask, None)


class LimitTests(WebReceiverTestCase):
    @as_task
    async def test_encodings(self) -> None:
        await self.serve(max_decompressed_size=1000)
        good = gzip.compress(b"hello")
        self.assertEqual(await self.status(body=good, Content_Encoding="gzip"), 204)
        self.assertEqual(self.output.bodies, ["hello"])
        bomb = gzip.compress(b"x" * 1_000_000)
        self.assertEqual(await self.status(body=bomb, Content_Encoding="gzip"), 413)
        self.assertEqual(await self.status(body=good[:-9], Content_Encoding="gzip"), 400)
        status, headers = await self.ask(Content_Encoding="br")
        self.assertEqual((status, headers["Accept-Encoding"]), (415, "gzip, deflate, zstd"))
        for reason in ("encoding", "compression", "too_large"):
            self.assertEqual(self.count("requests_refused", reason=reason), 1)

    @as_task
    async def test_a_slow_client_is_told_and_an_idle_one_let_go(self) -> None:
        await self.serve(read_header_timeout="100ms", read_timeout="100ms", idle_timeout="100ms")
        slow = await asyncio.gather(
            self.talk(b"POST / HT"),
            self.talk(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"),
            self.talk(),
        )
        self.assertEqual([got[:13] for got in slow], [b"HTTP/1.1 408 "] * 2 + [b""])
        self.assertEqual(self.count("requests_refused", reason="slow"), 2)

    @as_task
    async def test_a_source_with_too_many_connections(self) -> None:
        await self.serve(max_connections_per_source=1)
        with socket.create_connection(self.address, 10):
            await self.until(lambda: self.count("connections_opened"))
            got = await self.talk()
        self.assertTrue(got.startswith(b"HTTP/1.1 429 "), got)
        self.assertIn(b"Retry-After: 5\r\n", got)

    @as_task
    async def test_no_other_limit_for_a_source_comes_before(self) -> None:
        """The stream listener's own is of 1,000, and closes without an answer."""
        self.patch(connections, "Sources", lambda most: Sources(min(most, 1)))
        await self.serve(max_connections_per_source=2)
        with socket.create_connection(self.address, 10):
            await self.until(lambda: self.count("connections_opened"))
            got = await self.talk(b"POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\na")
        self.assertTrue(got.startswith(b"HTTP/1.1 204 "), got)

    @as_task
    async def test_bodies_over_the_size(self) -> None:
        await self.serve(max_request_body_size=4)
        self.assertEqual(await self.status(body=b"12345"), 413)
        self.assertEqual(await self.status(body=b"1234"), 204)


def options(**said: Any) -> HttpServerOptions:
    return HttpServerOptions(**said)


class OptionsTests(SynchronousTestCase):
    def test_open_to_the_network_must_be_said(self) -> None:
        with self.assertRaisesRegex(ValidationError, "auth: none"):
            options(endpoint="0.0.0.0:1")
        for more in ({"auth": "none"}, {"tokens": ["x"]}, {"token_files": ["x"]}):
            options(endpoint="0.0.0.0:1", **more)
        options(endpoint="localhost:1")
        with self.assertRaisesRegex(ValidationError, "contradicts"):
            options(endpoint="0.0.0.0:1", auth="none", tokens=["x"])

    def test_an_empty_token_is_none(self) -> None:
        with self.assertRaises(ValidationError):
            options(endpoint="127.0.0.1:1", tokens=[""])
