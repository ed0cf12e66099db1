"""The HTTP client against real servers on loopback: good, slow and broken ones."""

from __future__ import annotations

import gc
import socket
import sys
from typing import Any

from twisted.internet.defer import Deferred

from collector.outputs.http import MAX_BODY, Ambiguous, HttpAnswer, HttpClient, NotSent
from collector.tasks import spawn, wait
from tests.collector.outputs.http_case import NO_CONTENT, Case, as_task, pause, reactor


class PostTests(Case):
    @as_task
    async def test_the_request_is_what_was_asked_for(self) -> None:
        client = self.client()
        answer = await client.post(self.url, [("X-A", "1"), ("X-A", "2")], b"body\x00")
        self.assertEqual((answer.status, answer.body), (204, b""))
        head, body = self.server.requests[0]
        lines = head.split(b"\r\n")
        self.assertEqual(lines[0], b"POST /in HTTP/1.1")
        self.assertIn(b"Content-Length: 5", lines)
        self.assertIn(f"Host: 127.0.0.1:{self.port.getHost().port}".encode(), lines)
        self.assertEqual([x for x in lines if x.lower().startswith(b"x-a")], [b"X-A: 1", b"X-A: 2"])
        self.assertEqual(body, b"body\x00")

    @as_task
    async def test_a_connection_is_used_again(self) -> None:
        client = self.client()
        for _ in range(3):
            await client.post(self.url, (), b"x")
        self.assertEqual((len(self.server.open), self.server.closed), (1, 0))

    @as_task
    async def test_a_connection_closed_by_the_server_while_idle_is_replaced(self) -> None:
        client = self.client()
        await client.post(self.url, (), b"x")
        self.server.open[0].transport.loseConnection()
        await pause(0.05)
        self.assertEqual((await client.post(self.url, (), b"x")).status, 204)

    @as_task
    async def test_headers_are_lower_case_and_joined(self) -> None:
        self.server.answers(
            b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nA: 1\r\nA: 2\r\nContent-Length: 2\r\n\r\nno"
        )
        answer = await self.client().post(self.url, (), b"x")
        self.assertEqual(answer, HttpAnswer(503, {"retry-after": "7", "a": "1, 2"}, b"no"))

    @as_task
    async def test_redirects_are_answers(self) -> None:
        self.server.answers(b"HTTP/1.1 307 Go\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n")
        answer = await self.client().post(self.url, (), b"x")
        self.assertEqual((answer.status, len(self.server.requests)), (307, 1))

    @as_task
    async def test_a_long_answer_is_cut_and_the_connection_lives(self) -> None:
        size = MAX_BODY * 3
        self.server.answers(
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (size, b"a" * size)
        )
        client = self.client()
        answer = await client.post(self.url, (), b"x")
        self.assertEqual(answer.body, b"a" * MAX_BODY)
        self.server.answers(NO_CONTENT)
        await client.post(self.url, (), b"x")
        self.assertEqual(self.server.closed, 0)

    @as_task
    async def test_an_endless_answer_is_given_up(self) -> None:
        self.server.answers(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * (3 << 20))
        answer = await self.client().post(self.url, (), b"x")
        self.assertEqual((answer.status, len(answer.body)), (200, MAX_BODY))

    @as_task
    async def test_endless_headers_are_given_up(self) -> None:
        lines = b"".join(b"X-%d: %s\r\n" % (n, b"y" * 200) for n in range(2000))
        for text in (b"HTTP/1.1 200 OK\r\n" + lines, b"HTTP/1.1 100 Go\r\n\r\n" * 10_000):
            self.server.answers(text)
            error = await self.fails(Ambiguous, self.client())
            self.assertIn("headers", str(error))

    @as_task
    async def test_headers_are_counted_anew_for_each_request(self) -> None:
        head = b"HTTP/1.1 204 No Content\r\nX: %s\r\n\r\n" % (b"y" * 15_000)
        client = self.client()
        for _ in range(6):
            self.server.answers(head)
            self.assertEqual((await client.post(self.url, (), b"x")).status, 204)
        self.assertEqual(self.server.closed, 0)

    @as_task
    async def test_a_body_cut_short_is_still_an_answer(self) -> None:
        self.server.answers(b"HTTP/1.1 400 Bad\r\nContent-Length: 99\r\n\r\npart", close=True)
        answer = await self.client().post(self.url, (), b"x")
        self.assertEqual((answer.status, answer.body), (400, b"part"))

    @as_task
    async def test_a_body_that_stops_is_still_an_answer(self) -> None:
        self.server.answers(b"HTTP/1.1 413 Big\r\nContent-Length: 99\r\n\r\npart")
        answer = await self.client(timeout=0.2).post(self.url, (), b"x")
        self.assertEqual((answer.status, answer.body), (413, b"part"))

    @as_task
    async def test_a_large_body_arrives_whole(self) -> None:
        body = bytes(range(256)) * 30_000
        await self.client().post(self.url, (), body)
        self.assertEqual(self.server.requests[0][1], body)

    @as_task
    async def test_many_at_once(self) -> None:
        client = self.client(connections=4)
        posts = [spawn(client.post(self.url, (), b"%d" % n)) for n in range(20)]
        self.assertEqual([(await wait(d)).status for d in posts], [204] * 20)
        self.assertLessEqual(len(self.server.open), 20)


class GetTests(Case):
    @as_task
    async def test_the_whole_answer_is_had(self) -> None:
        body = b'{"events": []}' * 20_000
        self.server.answers(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        async with HttpClient(reactor, proxy="none") as client:
            for _ in range(2):
                answer = await client.get(f"{self.url}?since=5", [("Authorization", "Token x")])
                self.assertEqual((answer.status, answer.body), (200, body))
            head, sent = self.server.requests[0]
            lines = head.split(b"\r\n")
            self.assertEqual((lines[0], sent), (b"GET /in?since=5 HTTP/1.1", b""))
            self.assertIn(b"Authorization: Token x", lines)
            self.assertEqual((len(self.server.open), self.server.closed), (1, 0))
        while self.server.open:
            await pause(0.01)

    @as_task
    async def test_more_than_is_wanted_is_refused_while_it_comes(self) -> None:
        self.server.answers(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * (3 << 20))
        with self.assertRaisesRegex(Ambiguous, r"broke off, or has more than 1,000 bytes"):
            await self.client().get(self.url, limit=1000)

    @as_task
    async def test_an_answer_without_a_length_ends_with_its_connection(self) -> None:
        self.server.answers(b"HTTP/1.1 200 OK\r\n\r\nall", close=True)
        self.assertEqual((await self.client().get(self.url)).body, b"all")

    @as_task
    async def test_half_a_body_is_no_answer(self) -> None:
        half = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\npart"
        self.server.answers(half, close=True)
        with self.assertRaises(Ambiguous):
            await self.client().get(self.url)
        self.server.answers(half)
        with self.assertRaises(Ambiguous):
            await self.client(timeout=0.2).get(self.url)

    @as_task
    async def test_no_sentence_has_the_password_of_a_url(self) -> None:
        with self.assertRaises(NotSent) as caught:
            await self.client().get(self.url.replace("//", "//user:CANARY@"))
        self.assertNotIn("CANARY", str(caught.exception))


class FailureTests(Case):
    @as_task
    async def test_refused(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}/?secret"
            error = await self.fails(NotSent, self.client(), url)
        self.assertIn("refused", str(error))
        self.assertNotIn("secret", str(error))
        self.assertFalse(error.lasting)

    @as_task
    async def test_what_failed_lets_go_of_its_body_before_cycles_are_collected(self) -> None:
        """In an outage of hours each retry would keep another megabyte."""
        body = b"x" * 1000
        client = self.client()
        gc.disable()
        self.addCleanup(gc.enable)
        before = sys.getrefcount(body)
        for _ in range(3):
            with self.assertRaises(NotSent):
                await client.post("http://127.0.0.1:1/", (), body)
        self.assertEqual(sys.getrefcount(body), before)

    @as_task
    async def test_a_name_that_is_unknown(self) -> None:
        error = await self.fails(NotSent, self.client(), "http://no.such.host.invalid/")
        self.assertIn("resolved", str(error))

    @as_task
    async def test_no_answer_in_time(self) -> None:
        self.server.answers(b"")
        error = await self.fails(Ambiguous, self.client(timeout=0.2))
        self.assertIn("did not answer within 0.2 s", str(error))
        await pause(0.05)
        self.assertEqual(len(self.server.open), 0, "the connection must not be used again")

    @as_task
    async def test_half_an_answer_in_time(self) -> None:
        self.server.answers(b"HTTP/1.1 204 No")
        await self.fails(Ambiguous, self.client(timeout=0.2))

    @as_task
    async def test_reset_after_the_request(self) -> None:
        self.server.answer = lambda s: s.transport.abortConnection()
        error = await self.fails(Ambiguous, self.client())
        self.assertIn("ended before the answer", str(error))

    @as_task
    async def test_reset_during_the_request(self) -> None:
        self.server.on_connect = lambda s: s.transport.abortConnection()
        await self.fails(Ambiguous, self.client(), body=b"x" * 9_000_000)

    @as_task
    async def test_an_answer_that_is_not_http(self) -> None:
        for text in (
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"\xff\x00 garbage\r\n\r\n",
            b"HTTP/1.1 abc\r\n\r\n",
        ):
            self.server.answers(text, close=True)
            error = await self.fails(Ambiguous, self.client())
            self.assertIn("not HTTP", str(error))

    @as_task
    async def test_a_server_that_does_not_read(self) -> None:
        self.server.on_connect = self.server.pause
        await self.fails(Ambiguous, self.client(timeout=0.3), body=b"x" * 9_000_000)

    @as_task
    async def test_an_answer_before_the_request_was_read(self) -> None:
        def early(server: Any) -> None:
            self.server.pause(server)
            server.transport.write(b"HTTP/1.1 413 Big\r\nContent-Length: 0\r\n\r\n")

        self.server.on_connect = early
        answer = await self.client(timeout=2).post(self.url, (), b"x" * 9_000_000)
        self.assertEqual(answer.status, 413)

    @as_task
    async def test_a_cancelled_task_ends_its_connection(self) -> None:
        self.server.answers(b"")
        post: Deferred[Any] = spawn(self.client().post(self.url, (), b"x"))
        post.addErrback(lambda _: None)
        while not self.server.requests:
            await pause(0.01)
        post.cancel()
        await pause(0.05)
        self.assertEqual(self.server.open, [])

    @as_task
    async def test_close_ends_what_is_under_way(self) -> None:
        self.server.answers(b"")
        client = self.client()
        post = spawn(client.post(self.url, (), b"x"))
        while not self.server.requests:
            await pause(0.01)
        await client.close()
        self.assertIsInstance((await wait(post.addErrback(lambda f: f.value))), Ambiguous)
