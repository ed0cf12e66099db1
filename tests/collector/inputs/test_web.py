"""The web server over real sockets: well-behaved clients, careless ones and hostile ones."""

from __future__ import annotations

import asyncio
import http.client
import socket
import time
from collections.abc import Callable, Generator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet import reactor
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, inlineCallbacks, succeed
from twisted.internet.task import Clock, deferLater
from twisted.internet.testing import StringTransport
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from collector.inputs.sockets import ListenError
from collector.inputs.web import RESET, Answer, WebLimits, WebRequest, WebResponse, WebServer
from collector.inputs.web_messages import rendered

Wait = Generator[Deferred[Any], Any, None]
POST = b"POST /p?a=1 HTTP/1.1\r\nHost: x\r\n"


def talk(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send the parts, then read until the server closes or 10 s have passed."""
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        for part in parts:
            time.sleep(pause)
            sock.sendall(part)
        return read_all(sock)


def read_all(sock: socket.socket) -> bytes:
    got = b""
    while data := sock.recv(65536):
        got += data
    return got


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


class ServerTests(TestCase):
    """Each test has a server that remembers what it was asked and answers `self.answer`."""

    def setUp(self) -> None:
        self.seen: list[WebRequest] = []
        self.refused: list[str] = []
        self.answer: Callable[[WebRequest], Answer] = lambda _: WebResponse(204)
        self.early: WebResponse | None = None

    def serve(self, **limits: Any) -> int:
        server = WebServer(
            reactor,
            self._handle,
            WebLimits(**limits),
            admit=lambda _: self.early,
            refused=self.refused.append,
        )
        self.server = server
        self.addCleanup(server.stop)
        return server.listen("127.0.0.1", 0)[1]

    def _handle(self, request: WebRequest) -> Answer:
        self.seen.append(request)
        return self.answer(request)


class RequestTests(ServerTests):
    @inlineCallbacks
    def test_client_gets_the_answer(self) -> Wait:
        self.answer = lambda _: WebResponse(200, b"hello", {"Content-Type": "text/plain"})
        port = self.serve()

        def ask() -> tuple[int, bytes, str | None, str | None, str | None]:
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            client.request(
                "POST", "/a%20b?k=v&k=w&e=", b"body", {"X-One": "gr\u00fc\u00df".encode()}
            )
            got = client.getresponse()
            answer = got.read()
            client.close()
            header = got.getheader
            return got.status, answer, header("content-type"), header("server"), header("date")

        said = yield deferToThread(ask)
        self.assertEqual(said[:4], (200, b"hello", "text/plain", "collector"))
        self.assertRegex(said[4], r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$")
        request = self.seen[0]
        self.assertEqual((request.method, request.path, request.body), ("POST", "/a b", b"body"))
        self.assertEqual(request.query, [("k", "v"), ("k", "w"), ("e", "")])
        self.assertEqual(request.headers["x-one"], "gr\u00fc\u00df")
        self.assertEqual(request.peer, "127.0.0.1")
        self.assertGreater(request.peer_port, 0)
        self.assertEqual(self.server.buffered, 0)

    @inlineCallbacks
    def test_connection_serves_many_requests(self) -> Wait:
        port = self.serve()

        def ask() -> set[int]:
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            ports = set()
            for _ in range(5):
                client.request("POST", "/", b"x" * 100_000)
                client.getresponse().read()
                ports.add(client.sock.getsockname()[1])
            client.close()
            return ports

        ports = yield deferToThread(ask)
        self.assertEqual(len(ports), 1)
        self.assertEqual({len(request.body) for request in self.seen}, {100_000})

    @inlineCallbacks
    def test_pipelined_requests_are_answered_in_order(self) -> Wait:
        self.answer = lambda request: WebResponse(200, request.body)
        port = self.serve()
        one = POST + b"Content-Length: 1\r\n\r\n%b"
        last = POST + b"Connection: close\r\nContent-Length: 1\r\n\r\n9"
        got = yield deferToThread(talk, port, b"".join(one % b"%d" % n for n in range(9)) + last)
        bodies = [part[-1:] for part in got.split(b"HTTP/1.1 200 OK")[1:]]
        self.assertEqual(bodies, [b"%d" % n for n in range(10)])

    @inlineCallbacks
    def test_chunked_body(self) -> Wait:
        port = self.serve()
        head = POST + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        got = yield deferToThread(talk, port, head, b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n")
        self.assertEqual((status(got), self.seen[0].body), (204, b"abcde"))

    @inlineCallbacks
    def test_expect_continue(self) -> Wait:
        port = self.serve()
        head = POST + b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
        got = yield deferToThread(talk, port, head, b"hi", pause=0.05)
        self.assertTrue(got.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content"))

    @inlineCallbacks
    def test_answers_that_come_later(self) -> Wait:
        async def coroutine() -> WebResponse:
            await asyncio.sleep(0)
            return WebResponse(202)

        answers: list[Answer] = [
            succeed(WebResponse(200)),
            deferLater(reactor, 0.01, lambda: WebResponse(201)),
            deferLater(reactor, 0.01, lambda: WebResponse(1 // 0)),
            coroutine(),
        ]
        self.answer = lambda _: answers.pop(0)
        port = self.serve()
        close = b"Connection: close\r\n\r\n"
        got = []
        for _ in range(4):
            answer = yield deferToThread(talk, port, b"GET / HTTP/1.1\r\n" + close)
            got.append(status(answer))
        self.assertEqual(got, [200, 201, 500, 202])
        self.assertEqual(self.refused, ["failed"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    @inlineCallbacks
    def test_raising_is_a_500_and_the_connection_lives(self) -> Wait:
        def answer(_: WebRequest) -> WebResponse:
            raise RuntimeError("secret")

        self.answer = answer
        port = self.serve()
        two = b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nConnection: close\r\n\r\n"
        got = yield deferToThread(talk, port, two)
        self.assertEqual(got.count(b"HTTP/1.1 500"), 2)
        self.assertNotIn(b"secret", got)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 2)

    @inlineCallbacks
    def test_head_has_no_body(self) -> Wait:
        self.answer = lambda _: WebResponse(200, b"hello")
        port = self.serve()
        got = yield deferToThread(talk, port, b"HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n")
        self.assertIn(b"Content-Length: 5\r\n", got)
        self.assertTrue(got.endswith(b"\r\n\r\n"))

    @inlineCallbacks
    def test_http_1_0_is_closed_after_the_answer(self) -> Wait:
        port = self.serve()
        got = yield deferToThread(talk, port, b"GET http://h/p?q HTTP/1.0\r\n\r\n")
        self.assertEqual(status(got), 204)
        self.assertEqual((self.seen[0].path, self.seen[0].query_string), ("/p", "q"))

    @inlineCallbacks
    def test_repeated_headers_are_joined(self) -> Wait:
        port = self.serve()
        head = b"GET / HTTP/1.1\r\nA: 1\r\na: 2\r\nL: \xff\r\nConnection: close\r\n\r\n"
        yield deferToThread(talk, port, head)
        self.assertEqual((self.seen[0].headers["a"], self.seen[0].headers["l"]), ("1, 2", "\xff"))


class LimitTests(ServerTests):
    @inlineCallbacks
    def test_announced_size_is_refused_without_reading(self) -> Wait:
        port = self.serve(max_body=1000)

        def ask() -> tuple[int, float]:
            with socket.create_connection(("127.0.0.1", port), 10) as sock:
                began = time.monotonic()
                sock.sendall(POST + b"Content-Length: 100000000\r\n\r\n" + b"x" * 500)
                answer = sock.recv(65536)
                return status(answer), time.monotonic() - began

        code, took = yield deferToThread(ask)
        self.assertEqual((code, self.seen, self.refused), (413, [], ["too_large"]))
        self.assertLess(took, 5)

    @inlineCallbacks
    def test_client_that_sends_it_all_still_reads_413(self) -> Wait:
        port = self.serve(max_body=1000)

        def ask() -> int:
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            client.request("POST", "/", b"x" * 5_000_000)
            answer = client.getresponse()
            client.close()
            return answer.status

        self.assertEqual((yield deferToThread(ask)), 413)

    @inlineCallbacks
    def test_small_refused_body_leaves_the_connection(self) -> Wait:
        port = self.serve(max_body=4)
        two = POST + b"Content-Length: 5\r\n\r\n12345" + POST + b"Connection: close\r\n\r\n"
        got = yield deferToThread(talk, port, two)
        self.assertEqual([status(part) for part in got.split(b"\r\n\r\n")[:1]], [413])
        self.assertEqual(got.count(b"HTTP/1.1 204"), 1)

    @inlineCallbacks
    def test_chunked_body_is_capped(self) -> Wait:
        port = self.serve(max_body=10_000)
        head = POST + b"Transfer-Encoding: chunked\r\n\r\n"
        got = yield deferToThread(
            talk,
            port,
            head,
            b"1000\r\n" + b"x" * 4096 + b"\r\n",
            *([b"1000\r\n" + b"x" * 4096 + b"\r\n"] * 3 + [b"0\r\n\r\n"]),
        )
        self.assertEqual((status(got), self.seen, self.server.buffered), (413, [], 0))

    @inlineCallbacks
    def test_bodies_of_all_connections_are_capped(self) -> Wait:
        port = self.serve(max_buffered=1000)
        body = POST + b"Content-Length: 1500\r\n\r\n" + b"x" * 1500
        got = yield deferToThread(talk, port, body)
        self.assertEqual((status(got), self.refused, self.server.buffered), (503, ["busy"], 0))

    @inlineCallbacks
    def test_more_connections_than_allowed_are_closed(self) -> Wait:
        port = self.serve(max_connections=1)

        def ask() -> bytes:
            with socket.create_connection(("127.0.0.1", port), 10) as first:
                first.sendall(POST)
                time.sleep(0.05)
                try:
                    return talk(port, POST + b"\r\n")
                except ConnectionError:
                    return b""

        self.assertEqual((yield deferToThread(ask)), b"")
        self.assertEqual(self.refused, ["connections"])

    @inlineCallbacks
    def test_slow_headers_and_bodies_get_408(self) -> Wait:
        port = self.serve(header_timeout=0.2, body_timeout=0.2)
        for start in (b"POST / HT", POST, POST + b"Content-Length: 5\r\n\r\nab"):
            got = yield deferToThread(talk, port, start)
            self.assertEqual(status(got), 408)
        self.assertEqual(self.refused, ["slow"] * 3)

    @inlineCallbacks
    def test_idle_connection_is_closed_without_a_word(self) -> Wait:
        port = self.serve(idle_timeout=0.2)
        got = yield deferToThread(talk, port)
        self.assertEqual(got, b"")

    @inlineCallbacks
    def test_slow_answer_is_waited_for(self) -> Wait:
        self.answer = lambda _: deferLater(reactor, 1.5, lambda: WebResponse(204))
        port = self.serve(header_timeout=0.1, body_timeout=0.1, idle_timeout=0.1)
        got = yield deferToThread(talk, port, POST + b"Connection: close\r\n\r\n")
        self.assertEqual(status(got), 204)

    @inlineCallbacks
    def test_nonsense_gets_400_and_long_headers_431(self) -> Wait:
        port = self.serve()
        cases = [
            (b"\x16\x03\x01 hello\r\n\r\n", 400),
            (b"GET /\r\n\r\n", 400),
            (b"GET / HTTP/2.0\r\n\r\n", 400),
            (b"BREW /coffee HTTP/1.1\r\n\r\n", 501),
            (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nContent-Length: " + b"1" * 5000 + b"\r\n\r\n", 400),
            (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400),
            (POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx", 400),
            (POST + b"Transfer-Encoding: gzip\r\n\r\nx", 400),
            (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
            (b"GET /" + b"a" * 20_000, 431),
            (POST + b"A: " + b"a" * 15_000 + b"\r\nB: " + b"b" * 15_000 + b"\r\n\r\n", 431),
            (POST + b"".join(b"H%d: x\r\n" % n for n in range(600)) + b"\r\n", 431),
        ]
        for data, code in cases:
            got = yield deferToThread(talk, port, data + b"GET / HTTP/1.1\r\n\r\n")
            self.assertEqual((data[:40], status(got)), (data[:40], code))
            self.assertEqual(got.count(b"HTTP/1.1 "), 1, (data[:60], got))
            self.assertIn(b"Connection: close", got)
        self.assertEqual(self.seen, [])


class AdmissionTests(ServerTests):
    @inlineCallbacks
    def test_early_answer_spares_a_large_body(self) -> Wait:
        self.early = WebResponse(401)
        port = self.serve()

        def ask() -> int:
            with socket.create_connection(("127.0.0.1", port), 10) as sock:
                sock.sendall(POST + b"Content-Length: 1000000\r\n\r\n")
                return status(sock.recv(65536))

        self.assertEqual((yield deferToThread(ask)), 401)
        self.assertEqual(self.seen, [])

    @inlineCallbacks
    def test_early_answer_to_a_small_body_keeps_the_connection(self) -> Wait:
        self.early = WebResponse(401)
        port = self.serve()
        two = POST + b"Content-Length: 2\r\n\r\nhi" + POST + b"Connection: close\r\n\r\n"
        got = yield deferToThread(talk, port, two)
        self.assertEqual(got.count(b"HTTP/1.1 401"), 2)

    @inlineCallbacks
    def test_expected_continue_is_not_given(self) -> Wait:
        self.early = WebResponse(401)
        port = self.serve()
        head = POST + b"Expect: 100-continue\r\nContent-Length: 1000000\r\n\r\n"

        def ask() -> bytes:
            with socket.create_connection(("127.0.0.1", port), 10) as sock:
                sock.sendall(head)
                return sock.recv(65536)

        got = yield deferToThread(ask)
        self.assertEqual((status(got), got.count(b"HTTP/1.1")), (401, 1))

    @inlineCallbacks
    def test_reset_before_and_after_the_body(self) -> Wait:
        port = self.serve()

        def ask() -> str:
            try:
                talk(port, POST + b"Content-Length: 2\r\n\r\nhi")
            except ConnectionResetError:
                return "reset"
            return "closed"

        self.answer = lambda _: RESET
        self.assertEqual((yield deferToThread(ask)), "reset")
        self.early = RESET
        self.assertEqual((yield deferToThread(ask)), "reset")
        self.assertEqual(len(self.seen), 1)


class StoppingTests(ServerTests):
    @inlineCallbacks
    def test_quiesce_lets_answers_out_and_closes_the_idle(self) -> Wait:
        later: Deferred[WebResponse] = Deferred()
        self.answer = lambda _: later
        port = self.serve()
        idle = socket.create_connection(("127.0.0.1", port), 10)
        busy = deferToThread(talk, port, POST + b"\r\n")
        while not self.seen:
            yield deferLater(reactor, 0.01)
        yield self.server.quiesce()
        self.assertEqual((yield deferToThread(read_all, idle)), b"")
        idle.close()
        later.callback(WebResponse(200))
        got = yield busy
        self.assertEqual(status(got), 200)
        self.assertIn(b"Connection: close", got)
        with self.assertRaises(ConnectionError):
            yield deferToThread(talk, port)

    @inlineCallbacks
    def test_client_that_left_is_no_error(self) -> Wait:
        later: Deferred[WebResponse] = Deferred()
        self.answer = lambda _: later
        port = self.serve()
        sock = socket.create_connection(("127.0.0.1", port), 10)
        sock.sendall(POST + b"Content-Length: 2\r\n\r\nhi")
        while not self.seen:
            yield deferLater(reactor, 0.01)
        sock.close()
        while self.server.channels:
            yield deferLater(reactor, 0.01)
        later.callback(WebResponse(200))
        self.assertEqual(self.server.buffered, 0)

    @inlineCallbacks
    def test_stop_cuts_off_what_is_left(self) -> Wait:
        self.answer = lambda _: Deferred()
        port = self.serve()
        with socket.create_connection(("127.0.0.1", port), 10) as sock:
            sock.sendall(POST + b"\r\n")
            while not self.seen:
                yield deferLater(reactor, 0.01)
            yield self.server.stop()
            self.assertEqual(self.server.channels, set())

    def test_busy_port_is_said_in_a_sentence(self) -> None:
        port = self.serve()
        second = WebServer(reactor, self._handle)
        with self.assertRaisesRegex(ListenError, f"127.0.0.1:{port}.*another process"):
            second.listen("127.0.0.1", port)


class BytesTests(SynchronousTestCase):
    def channel(self) -> tuple[Any, Any]:
        server = WebServer(Clock(), lambda r: WebResponse(200, r.body))
        factory: Any = server._factory
        channel = factory.buildProtocol(IPv4Address("TCP", "127.0.0.1", 1))
        transport: Any = StringTransport()  # type: ignore[no-untyped-call]
        transport.loseWriteConnection = lambda: None
        channel.makeConnection(transport)
        return channel, transport

    @settings(max_examples=200, deadline=None)
    @given(st.lists(st.binary(max_size=40), max_size=20), st.sampled_from([b"", POST]))
    def test_no_bytes_raise(self, parts: list[bytes], begun: bytes) -> None:
        channel, transport = self.channel()
        for part in [begun, *parts]:
            channel.dataReceived(part)
        self.assertIn(transport.value()[:9], (b"", b"HTTP/1.1 "))

    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=300), st.integers(1, 50))
    def test_cuts_do_not_matter(self, body: bytes, size: int) -> None:
        channel, transport = self.channel()
        data = POST + b"Content-Length: %d\r\n\r\n" % len(body) + body
        for start in range(0, len(data), size):
            channel.dataReceived(data[start : start + size])
        self.assertTrue(transport.value().endswith(b"\r\n\r\n" + body))

    def test_header_values_cannot_split_the_answer(self) -> None:
        answer = WebResponse(200, b"", {"A": "1\r\nB: 2"})
        self.assertIn(b"A: 1  B: 2\r\n", rendered(answer, close=False, head=False))
