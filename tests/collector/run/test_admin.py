"""The admin endpoint over real sockets: what it tells, and whom."""

from __future__ import annotations

import http.client
from typing import Any

import orjson
from prometheus_client import CONTENT_TYPE_LATEST
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from collector.inputs.sockets import ListenError
from collector.metrics import Metrics
from collector.run.admin import Admin
from collector.run.health import Health
from collector.run.view import View
from collector.tasks import spawn, wait

Answered = tuple[int, dict[str, str], bytes]


def ask(port: int, path: str, method: str, headers: dict[str, str]) -> Answered:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    client.putrequest(method, path, skip_host="Host" in headers or "No-Host" in headers)
    for name, value in headers.items():
        client.putheader(name, value)
    client.endheaders()
    got = client.getresponse()
    body = got.read()
    client.close()
    return got.status, {name.lower(): value for name, value in got.getheaders()}, body


class AdminTests(TestCase):
    """Each test starts an endpoint and asks it."""

    def setUp(self) -> None:
        self.metrics = Metrics()
        self.health = Health(reactor)
        self.health.set("syslog", "receiver", "running")

    async def look(self) -> View:
        return View(self.metrics, self.health.snapshot(), self.health.ready)

    async def start(self, endpoint: str = "127.0.0.1:0", token: str | None = None) -> None:
        self.admin = Admin(reactor, self.look, endpoint, token or "")
        self.addCleanup(lambda: spawn(self.admin.stop()))
        await self.admin.start()

    async def ask(self, path: str, method: str = "GET", **headers: str) -> Answered:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await wait(deferToThread(ask, self.admin.address[1], path, method, named))

    def run_test(self, coroutine: Any) -> Deferred[Any]:
        return spawn(coroutine)


class AnswerTests(AdminTests):
    def test_healthz_is_200_with_every_component(self) -> Deferred[None]:
        async def go() -> None:
            await self.start()
            status, headers, body = await self.ask("/healthz")
            self.assertEqual((status, headers["content-type"]), (200, "application/json"))
            said = orjson.loads(body)
            self.assertTrue(said["healthy"])
            self.assertEqual(said["components"][0]["id"], "syslog")
            self.assertEqual(said["components"][0]["state"], "running")

        return spawn(go())

    def test_healthz_is_503_with_the_reason_while_an_operator_is_needed(self) -> Deferred[None]:
        async def go() -> None:
            await self.start()
            self.health.set("dynatrace", "exporter", "held", "HTTP 401: the token is wrong")
            status, _, body = await self.ask("/healthz")
            self.assertEqual(status, 503)
            self.assertIn(b"HTTP 401: the token is wrong", body)
            self.health.set("dynatrace", "exporter", "retrying", "HTTP 503")
            self.assertEqual((await self.ask("/healthz"))[0], 200)

        return spawn(go())

    def test_readyz_is_about_listening_only(self) -> Deferred[None]:
        async def go() -> None:
            await self.start()
            self.assertEqual((await self.ask("/readyz"))[0], 503)
            self.health.ready = True
            self.health.set("syslog", "receiver", "paused", "the queue of dynatrace is full")
            status, _, body = await self.ask("/readyz")
            self.assertEqual(status, 200)
            self.assertIn(b"the queue of dynatrace is full", body)

        return spawn(go())

    def test_metrics_are_prometheus_text(self) -> Deferred[None]:
        async def go() -> None:
            await self.start()
            self.metrics.add("receiver_accepted_log_records", (("receiver", "syslog"),), 7)
            status, headers, body = await self.ask("/metrics")
            self.assertEqual((status, headers["content-type"]), (200, CONTENT_TYPE_LATEST))
            self.assertIn(
                b'otelcol_receiver_accepted_log_records_total{receiver="syslog"} 7.0', body
            )

        return spawn(go())

    def test_head_has_the_headers_only(self) -> Deferred[None]:
        async def go() -> None:
            await self.start()
            status, headers, body = await self.ask("/healthz", "HEAD")
            self.assertEqual((status, body), (200, b""))
            self.assertGreater(int(headers["content-length"]), 10)

        return spawn(go())

    def test_nothing_can_be_changed(self) -> Deferred[None]:
        async def go() -> None:
            await self.start()
            for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"):
                status, headers, _ = await self.ask("/healthz", method)
                self.assertEqual((status, headers["allow"]), (405, "GET, HEAD"), method)

        return spawn(go())

    def test_unknown_path_is_404(self) -> Deferred[None]:
        async def go() -> None:
            await self.start()
            status, _, body = await self.ask("/metrics/")
            self.assertEqual(status, 404)
            self.assertIn(b"/metrics", body)

        return spawn(go())


class SafetyTests(AdminTests):
    def test_no_answer_is_for_pages_of_others_or_for_caches(self) -> Deferred[None]:
        async def go() -> None:
            await self.start()
            paths = ["/", "/healthz", "/readyz", "/metrics", "/tables", "/nothing"]
            answers = [await self.ask(path, Origin="https://evil.example") for path in paths]
            answers.append(await self.ask("/", "POST"))
            answers.append(await self.ask("/", Host="evil.example"))
            for _, headers, _ in answers:
                self.assertEqual(headers["x-content-type-options"], "nosniff")
                self.assertEqual(headers["cache-control"], "no-store")
                self.assertFalse([name for name in headers if name.startswith("access-control")])

        return spawn(go())

    def test_other_names_are_refused_on_loopback(self) -> Deferred[None]:
        async def go() -> None:
            await self.start()
            evil = ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1", "")
            for host in (*evil, "localhost, evil.example", "[::1", "evil.localhost", "localhost:a"):
                self.assertEqual((await self.ask("/metrics", Host=host))[0], 403, host)
            for host in ("localhost", "LOCALHOST:1", "127.0.0.1:80", "127.0.0.1", "[::1]:8787"):
                self.assertEqual((await self.ask("/metrics", Host=host))[0], 200, host)
            self.assertEqual((await self.ask("/metrics", No_Host="1"))[0], 200)

        return spawn(go())

    def test_others_may_not_be_let_in_without_a_token(self) -> Deferred[None]:
        async def go() -> None:
            for endpoint in ("0.0.0.0:0", ":0", "[::]:0"):
                for token in (None, ""):
                    try:
                        await self.start(endpoint, token)
                    except ListenError as e:
                        self.assertIn("set service.admin.token, or listen on 127.0.0.1", str(e))
                    else:
                        self.fail(endpoint)
                    self.assertEqual(self.admin.address, ("", 0))

        return spawn(go())

    def test_token_is_asked_for(self) -> Deferred[None]:
        async def go() -> None:
            await self.start("0.0.0.0:0", "s3cret-t\u00f6ken")
            wrong = ("", "Bearer", "Bearer x", "Basic s3cret-t\u00f6ken", "s3cret-t\u00f6ken")
            for said in wrong:
                for path in (
                    "/status",
                    "/config",
                    "/tables",
                    "/tap",
                    "/healthz",
                    "/readyz",
                    "/metrics",
                    "/nothing",
                ):
                    headers = {"Authorization": said.encode().decode("latin-1")}
                    status, got, _ = await self.ask(path, **headers)
                    self.assertEqual(status, 401, (said, path))
                    self.assertIn("Bearer", got["www-authenticate"])
            right = "bearer s3cret-t\u00f6ken".encode().decode("latin-1")
            answered = await self.ask("/metrics", Authorization=right, Host="collector.example")
            self.assertEqual(answered[0], 200)

        return spawn(go())

    def test_port_in_use_is_one_sentence(self) -> Deferred[None]:
        async def go() -> None:
            await self.start()
            taken = f"127.0.0.1:{self.admin.address[1]}"
            other = Admin(reactor, self.look, taken)
            try:
                await other.start()
            except ListenError as e:
                self.assertIn("another process has this port", str(e))
            else:
                self.fail("it has started")
            await other.stop()

        return spawn(go())
