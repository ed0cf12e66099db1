"""The sandbox's fault script, without a socket."""

from __future__ import annotations

import json
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from collector_dynatrace.sandbox.faults import Fault, Faults


class FaultsTests(SynchronousTestCase):
    def test_used_in_turn_for_count_requests(self) -> None:
        faults = Faults()
        faults.add_json(b'[{"status": 503, "count": 2}, {"drop_answer": true}]')
        self.assertEqual(faults.pending()[0], {"status": 503, "count": 2})
        self.assertEqual([f.status for f in (faults.next(), faults.next()) if f], [503, 503])
        self.assertEqual(faults.pending(), [{"drop_answer": True}])
        self.assertTrue(getattr(faults.next(), "drop_answer", False))
        self.assertIsNone(faults.next())

    def test_what_is_left_of_a_count(self) -> None:
        faults = Faults()
        faults.add(Fault(status=500, count=3))
        faults.next()
        self.assertEqual(faults.pending(), [{"status": 500, "count": 2}])

    def test_for_ever_until_cleared(self) -> None:
        faults = Faults()
        faults.add_json(b'{"status": 429, "count": 0}')
        self.assertEqual({getattr(faults.next(), "status", None) for _ in range(50)}, {429})
        faults.clear()
        self.assertIsNone(faults.next())

    def test_bad_scripts_are_refused(self) -> None:
        for script in (b"", b"[", b"1", b'[{"stauts": 1}]', b'{"status": "x"}', b'{"reset": "no"}'):
            with self.assertRaises(ValueError):
                Faults().add_json(script)

    def test_answers(self) -> None:
        cases: list[tuple[Fault, dict[str, str], bytes]] = [
            (Fault(status=503, retry_after=7), {"Retry-After": "7"}, b"503"),
            (
                Fault(status=429, retry_after_date=60.0),
                {"Retry-After": "Thu, 01 Jan 1970 00:01:40 GMT"},
                b"429",
            ),
            (
                Fault(status=400, html="<h1>x</h1>"),
                {"Content-Type": "text/html; charset=utf-8"},
                b"<h1>",
            ),
            (Fault(status=502, body=""), {}, b""),
            (Fault(status=200, json={"details": None}), {}, b'{"details":null}'),
            (Fault(status=200, json=None), {}, b"null"),
            (Fault(status=302, headers={"Location": "http://x/"}), {"Location": "http://x/"}, b""),
        ]
        for fault, headers, body in cases:
            answer = fault.answer(None, 40.0)
            self.assertEqual(answer.status, fault.status)
            self.assertEqual({**answer.headers, **headers}, dict(answer.headers))
            self.assertIn(body, answer.body)

    def test_rate_limit_headers(self) -> None:
        faults = Faults()
        faults.add_json(b'{"status":429,"x_ratelimit":{"limit":5,"remaining":0,"reset":1}}')
        fault: Any = faults.next()
        headers = fault.answer(None, 0.0).headers
        self.assertEqual(
            {name: value for name, value in headers.items() if name.startswith("X-")},
            {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"},
        )

    def test_error_answers_have_the_envelope(self) -> None:
        body = json.loads(Fault(status=402).answer(None, 0.0).body)
        self.assertEqual(body["error"]["code"], 402)

    def test_what_is_accepted(self) -> None:
        for fault, accepts in (
            (Fault(status=500), False),
            (Fault(status=200), True),
            (Fault(status=500, accept=True), True),
            (Fault(status=200, accept=False), False),
            (Fault(drop_answer=True), True),
            (Fault(reset="after"), False),
            (Fault(delay=1.0), True),
        ):
            self.assertEqual((fault, fault.accepts), (fault, accepts))
