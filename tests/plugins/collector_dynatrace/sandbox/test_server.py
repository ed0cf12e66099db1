"""The sandbox over real sockets, by a client of the standard library."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import time
from collections.abc import Generator, Sequence
from typing import Any
from urllib.parse import quote

from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from collector_dynatrace.ingest.answer import Style
from collector_dynatrace.ingest.record import PROFILES
from collector_dynatrace.ingest.request import Rules
from collector_dynatrace.sandbox.faults import Fault
from collector_dynatrace.sandbox.options import SandboxOptions
from collector_dynatrace.sandbox.server import Sandbox

Wait = Generator[Deferred[Any], Any, None]
PUBLIC = "dt0c01." + "A" * 24
TOKEN = f"{PUBLIC}.{'B' * 64}"
OTHER = f"{PUBLIC}.{'C' * 64}"
INGEST = "/api/v2/logs/ingest"
NOW = 1_795_428_900_000_000_000


class Answer:
    """Status, headers and body of what a client got."""

    def __init__(self, got: http.client.HTTPResponse) -> None:
        self.status = got.status
        self.headers = {name.lower(): value for name, value in got.getheaders()}
        self.body = got.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class SandboxTests(TestCase):
    def serve(self, options: SandboxOptions | None = None, **more: Any) -> Sandbox:
        self.accepted: list[bytes] = []
        self.sandbox = Sandbox(
            reactor, options, on_accept=self.accepted.extend, now=lambda: NOW, **more
        )
        self.port = self.sandbox.start()
        self.addCleanup(self.sandbox.stop)
        return self.sandbox

    def ask(
        self, method: str, path: str, body: Any = None, token: str = TOKEN, **headers: str
    ) -> Deferred[Answer]:
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            said.setdefault("Authorization", f"Api-Token {token}")
        said.setdefault("Content-Type", "application/json; charset=utf-8")
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        return deferToThread(self._ask, method, path, data, said)

    def _ask(self, method: str, path: str, data: bytes | None, headers: Any) -> Answer:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            client.request(method, path, data, headers)
            return Answer(client.getresponse())
        finally:
            client.close()

    def post(self, events: Any, **more: Any) -> Deferred[Answer]:
        return self.ask("POST", INGEST, events, **more)

    @inlineCallbacks
    def statuses(self, calls: Sequence[Deferred[Answer]]) -> Generator[Any, Any, list[int]]:
        got = []
        for call in calls:
            answer = yield call
            got.append(answer.status)
        return got


class IngestTests(SandboxTests):
    @inlineCallbacks
    def test_event_is_stored_with_what_ingest_adds(self) -> Wait:
        self.serve()
        event = {"timestamp": "2026-11-23T10:14:59.123Z", "severity": "error", "content": "x"}
        got = yield self.post([event | {"a": 1}])
        self.assertEqual((got.status, got.body), (204, b""))
        stored = {
            "timestamp": "2026-11-23T10:14:59.123Z",
            "loglevel": "ERROR",
            "status": "ERROR",
            "content": "x",
            "a": 1,
            "dt.auth.origin": PUBLIC,
            "dt.ingest.format": "dtapi/json",
            "dt.openpipeline.source": INGEST,
        }
        self.assertEqual(self.sandbox.events(), [stored])
        self.assertEqual([json.loads(text) for text in self.accepted], [stored])

    @inlineCallbacks
    def test_every_route_form_and_body(self) -> Wait:
        self.serve()
        plain, lines = "text/plain", "application/x-ndjson"
        for path, body, more in (
            ("/e/abc12345" + INGEST, {"content": "1"}, {}),
            (INGEST, gzip.compress(b'[{"content":"2"}]'), {"Content_Encoding": "gzip"}),
            (INGEST, b"3", {"Content_Type": plain}),
            (INGEST, b'{"content":"4"}\n\n{"content":"5"}\n', {"Content_Type": lines}),
            (INGEST + "?content-type=text/plain&a=b", b"6", {}),
        ):
            got = yield self.ask("POST", path, body, **more)
            self.assertEqual(got.status, 204)
        self.assertEqual([e["content"] for e in self.sandbox.events()], list("123456"))
        self.assertEqual(self.sandbox.events()[-1]["a"], "b")

    @inlineCallbacks
    def test_partly_stale_wholly_stale(self) -> Wait:
        self.serve(SandboxOptions(style=Style(success_key="success")))
        got = yield self.post([{"timestamp": 5}, {"content": "x"}])
        self.assertEqual(got.status, 200)
        self.assertTrue(got.json["success"]["message"].startswith("1 events were not ingested"))
        self.assertEqual(got.headers["content-type"], "application/json; charset=utf-8")
        got = yield self.post([{"timestamp": 5}])
        message = "All logs are out of correct time range."
        self.assertEqual(got.json, {"error": {"code": 400, "message": message}})
        self.assertEqual((self.sandbox.stats.accepted, self.sandbox.stats.rejected), (1, 1))

    @inlineCallbacks
    def test_trims_are_marked_and_counted(self) -> Wait:
        rules = Rules(PROFILES["classic"])
        self.serve(SandboxOptions(rules=rules, style=Style(trim_status=200)))
        got = yield self.post([{"content": "x" * 9000, "a": "y" * 300}, {"content": "z"}])
        self.assertEqual(got.status, 200)
        warned, clean = self.sandbox.events()
        trims = ["content_trimmed", "attr_val_size_trimmed"]
        self.assertEqual(warned["dt.ingest.warnings"], trims)
        self.assertNotIn("dt.ingest.warnings", clean)
        self.assertEqual(self.sandbox.stats.warnings, 1)
        self.assertEqual(self.sandbox.stats.warnings_by_name, dict.fromkeys(trims, 1))

    @inlineCallbacks
    def test_bad_bodies(self) -> Wait:
        self.serve()
        for body, code, reason in (
            (b"{", 400, "invalid_json_format"),
            (b"[]", 400, "empty_messages"),
            (None, 400, "empty_messages"),
            (b"[" + b"{}," * 50_000 + b"{}]", 413, "event_count_limit"),
        ):
            got = yield self.post(body)
            self.assertEqual((got.status, got.json["error"]["code"]), (code, code))
            self.assertIn(reason, got.json["error"]["message"])
        got = yield self.post(b'{"content":"%b"}' % (b"x" * 10_000_000))
        self.assertEqual((got.status, got.json["error"]["code"]), (413, 413))
        got = yield self.post(gzip.compress(bytes(20_000_000)), Content_Encoding="gzip")
        self.assertEqual(got.status, 413)
        got = yield self.post(b"a=b", Content_Type="application/x-www-form-urlencoded")
        self.assertEqual(got.status, 400)
        self.assertEqual(self.sandbox.events(), [])
        self.assertEqual(self.sandbox.stats.status, {400: 4, 413: 3})


class RouteTests(SandboxTests):
    @inlineCallbacks
    def test_paths_and_methods(self) -> Wait:
        self.serve(SandboxOptions(environments=frozenset({"abc"})))
        for method, path, code in (
            ("GET", INGEST, 405),
            ("PUT", "/e/abc" + INGEST, 405),
            ("BREW", INGEST, 501),
            ("POST", "/", 404),
            ("POST", "/api/v2/logs/ingest/x", 404),
            ("POST", "/e/wrong" + INGEST, 404),
            ("GET", "/e/abc/sandbox/stats", 404),
            ("DELETE", "/sandbox/stats", 405),
            ("POST", "/e/abc" + INGEST, 400),
        ):
            got = yield self.ask(method, path)
            self.assertEqual((method, path, got.status), (method, path, code))
            self.assertEqual(got.json["error"]["code"], code)
            self.assertEqual(got.headers.get("allow"), _allowed(path) if code == 405 else None)

    @inlineCallbacks
    def test_checks_before_the_first_event(self) -> Wait:
        self.serve(SandboxOptions(tokens=frozenset({TOKEN}), unscoped=frozenset({OTHER})))
        for prefix in ("", "/e/abc"):
            got = yield self.ask("GET", prefix + "/rest/health", token="")
            self.assertEqual((got.status, got.body), (200, b"RUNNING"))
            for token, code, scopes in (
                (TOKEN, 200, ["logs.ingest"]),
                (OTHER, 200, []),
                ("x", 404, None),
            ):
                got = yield self.ask("POST", prefix + "/api/v2/apiTokens/lookup", {"token": token})
                self.assertEqual((got.status, got.json.get("scopes")), (code, scopes))
        for body in (b"", b"{", b"[]", b'{"token":1}'):
            got = yield self.ask("POST", "/api/v2/apiTokens/lookup", body)
            self.assertEqual(got.status, 400)


def _allowed(path: str) -> str:
    return "GET" if path.startswith("/sandbox") else "POST"


class TokenTests(SandboxTests):
    @inlineCallbacks
    def test_any_well_formed_token_without_a_list(self) -> Wait:
        self.serve()
        event = {"content": "x"}
        got = yield self.statuses(
            [
                self.post(event),
                self.post(event, token="", Authorization=f"api-token {OTHER}"),
                self.post(event, token="", Authorization=f"Bearer {OTHER}"),
                self.ask("POST", f"{INGEST}?api-token={TOKEN}", event, token=""),
                self.post(event, token=""),
                self.post(event, token="dt0c01.short.secret"),
                self.post(event, token="", Authorization=f"Basic {TOKEN}"),
                self.post(event, token="\u00fc".encode().decode("latin-1")),
            ]
        )
        self.assertEqual(got, [204, 204, 204, 204, 401, 401, 401, 401])
        self.assertNotIn("api-token", self.sandbox.events()[0])

    @inlineCallbacks
    def test_list_of_tokens(self) -> Wait:
        self.serve(SandboxOptions(tokens=frozenset({TOKEN}), unscoped=frozenset({OTHER})))
        got = yield self.statuses([self.post({}), self.post({}, token=TOKEN[:-1] + "X")])
        self.assertEqual(got, [204, 401])
        got = yield self.post({}, token=OTHER)
        self.assertEqual(got.status, 403)
        self.assertIn("logs.ingest", got.json["error"]["message"])

    @inlineCallbacks
    def test_large_body_without_a_token_is_not_read(self) -> Wait:
        self.serve()

        def ask() -> bytes:
            with socket.create_connection(("127.0.0.1", self.port), 10) as sock:
                head = f"POST {INGEST} HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n"
                sock.sendall(head.encode())
                return sock.recv(65536)

        self.assertIn(b" 401 ", (yield deferToThread(ask)).split(b"\r\n")[0])

    @inlineCallbacks
    def test_secret_is_never_shown(self) -> Wait:
        self.serve(SandboxOptions(keep_bodies=True))
        yield self.ask("POST", f"{INGEST}?api-token={OTHER}&a=b", {"content": "x"})
        seen = self.sandbox.requests[0]
        self.assertEqual((seen.token, seen.query, seen.status), (PUBLIC, [("a", "b")], 204))
        self.assertEqual(seen.body, b'{"content": "x"}')
        shown = yield self.ask("GET", "/sandbox/requests?limit=5", token="")
        self.assertEqual(len(shown.json), 1)
        for text in (repr(seen), shown.body.decode(), repr(self.sandbox.events())):
            self.assertNotIn("B" * 64, text)
            self.assertNotIn("C" * 64, text)


class ConsoleTests(SandboxTests):
    @inlineCallbacks
    def test_events(self) -> Wait:
        self.serve()
        yield self.post([{"content": f"n {n} \u00e9"} for n in range(30)])

        def contents(query: str) -> Deferred[list[str]]:
            got = self.ask("GET", f"/sandbox/events{query}", token="")
            return got.addCallback(lambda a: [e["content"][:-2] for e in a.json])

        self.assertEqual((yield contents("")), [f"n {n}" for n in range(30)])
        self.assertEqual((yield contents("?contains=n%201&limit=2")), ["n 18", "n 19"])
        self.assertEqual((yield contents(f"?contains={quote(chr(233))}&limit=1")), ["n 29"])
        self.assertEqual((yield contents("?contains=none")), [])
        bad = yield self.ask("GET", "/sandbox/events?limit=-1", token="")
        self.assertEqual(bad.status, 400)
        gone = yield self.ask("DELETE", "/sandbox/events", token="")
        self.assertEqual((gone.status, self.sandbox.events()), (204, []))

    @inlineCallbacks
    def test_stats(self) -> Wait:
        self.serve()
        yield self.post([{"content": "a"}, 1])
        yield self.post({}, token="")
        got = yield self.ask("GET", "/sandbox/stats", token="")
        self.assertEqual(
            got.json,
            {
                "requests": 2,
                "bytes": 21,
                "accepted": 1,
                "rejected": 1,
                "warnings": 0,
                "warnings_by_name": {},
                "status": {"200": 1, "401": 1},
                "refused": {"token": 1},
                "stored": 1,
            },
        )


class FaultTests(SandboxTests):
    @inlineCallbacks
    def test_script_over_http(self) -> Wait:
        self.serve()
        script = [{"status": 503, "retry_after": 2, "count": 2}, {"status": 429, "html": "<p>"}]
        got = yield self.ask("POST", "/sandbox/faults", script, token="")
        self.assertEqual((got.status, got.json), (200, script))
        got = yield self.post({"content": "x"})
        self.assertEqual((got.status, got.headers["retry-after"]), (503, "2"))
        got = yield self.ask("GET", "/sandbox/faults", token="")
        self.assertEqual(got.json[0], {"status": 503, "retry_after": 2, "count": 1})
        yield self.ask("DELETE", "/sandbox/faults", token="")
        got = yield self.post({"content": "x"})
        self.assertEqual((got.status, len(self.sandbox.events())), (204, 1))
        got = yield self.ask("POST", "/sandbox/faults", [{"staus": 1}], token="")
        self.assertEqual(got.status, 400)
        self.assertIn("staus", got.json["error"]["message"])

    @inlineCallbacks
    def test_only_requests_with_a_token_use_faults_up(self) -> Wait:
        self.serve().faults.add(Fault(status=500))
        got = yield self.statuses([self.post({}, token="")])
        got += yield self.statuses([self.post({})])
        self.assertEqual(got, [401, 500])

    @inlineCallbacks
    def test_resets(self) -> Wait:
        faults = self.serve().faults
        for fault, stored in (
            (Fault(reset="before"), 0),
            (Fault(reset="after"), 0),
            (Fault(drop_answer=True), 1),
        ):
            faults.add(fault)
            with self.assertRaises((ConnectionError, http.client.RemoteDisconnected)):
                yield self.post({"content": "x"})
            self.assertEqual((fault, len(self.sandbox.events())), (fault, stored))
        self.assertEqual(self.sandbox.stats.status, {0: 3})

    @inlineCallbacks
    def test_only_requests_with_some_text(self) -> Wait:
        """However they are packed."""
        self.serve().faults.add(Fault(status=400, contains="bad", count=0))
        got = yield self.statuses([self.post({"content": "good"}), self.post({"content": "bad"})])
        packed = gzip.compress(b'{"content": "bad"}')
        got += yield self.statuses([self.post(packed, Content_Encoding="gzip")])
        got += yield self.statuses([self.post(b"no", Content_Encoding="gzip")])
        self.assertEqual(got, [204, 400, 400, 400])
        self.assertEqual(len(self.sandbox.events()), 1)

    @inlineCallbacks
    def test_delay(self) -> Wait:
        faults = self.serve().faults
        faults.add(Fault(delay=0.3), Fault(status=504, delay=0.2))
        began = time.monotonic()
        got = yield self.post({"content": "x"})
        self.assertEqual((got.status, len(self.sandbox.events())), (204, 1))
        self.assertGreaterEqual(time.monotonic() - began, 0.3)
        got = yield self.post({"content": "x"})
        self.assertEqual((got.status, len(self.sandbox.events())), (504, 1))

    @inlineCallbacks
    def test_stop_does_not_wait_for_delays(self) -> Wait:
        self.serve().faults.add(Fault(delay=60.0))
        call = self.post({"content": "x"})
        while not self.sandbox.events():
            yield deferToThread(time.sleep, 0.01)
        yield self.sandbox.stop()
        with self.assertRaises(ConnectionError):
            yield call

    @inlineCallbacks
    def test_lying_success(self) -> Wait:
        self.serve().faults.add(
            Fault(status=200, json={"details": {"code": None, "message": None}}),
            Fault(status=200, json={"details": None}, accept=False),
        )
        got = yield self.post({"content": "x"})
        self.assertEqual(got.json, {"details": {"code": None, "message": None}})
        got = yield self.post({"content": "y"})
        self.assertEqual((got.json, len(self.sandbox.events())), ({"details": None}, 1))
