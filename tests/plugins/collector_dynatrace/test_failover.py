"""Several endpoints: which one a request goes to, by a clock and without a network."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.api import Context, Hold, Poison, Receipt, Retry, TooLarge
from collector.testing import context
from collector_dynatrace.failover import Failover
from tests.plugins.collector_dynatrace.sending import logged

A, B, C = (f"https://{name}.example/api/v2/logs/ingest" for name in "abc")
NAMES = {A: "a.example", B: "b.example", C: "c.example"}


class Case(SynchronousTestCase):
    """`script` says by URL what the next attempts there do; the rest succeed."""

    def setUp(self) -> None:
        self.logged = logged(self)
        self.fresh()
        # Every wait is the longest it may be, unless a test says otherwise.
        self.patch(random, "uniform", lambda _, high: high)

    def fresh(self) -> None:
        self.logged.clear()
        self.clock = Clock()
        self.context: Context = context("exporter", "dynatrace", reactor=self.clock)
        self.script: dict[str, list[Any]] = {A: [], B: [], C: []}
        self.went: list[str] = []
        self.failover = Failover([A, B], self.context)

    async def attempt(self, url: str) -> Receipt:
        self.went.append(url)
        step = self.script[url].pop(0) if self.script[url] else Receipt()
        if isinstance(step, Deferred):
            step = await step
        if isinstance(step, BaseException):
            raise step
        assert isinstance(step, Receipt)
        return step

    def start(self) -> Deferred[Any]:
        return Deferred.fromCoroutine(self.failover.send(self.attempt))

    def send(self) -> list[str]:
        """Where a request that succeeds went."""
        self.went = []
        self.successResultOf(self.start())
        return self.went

    def fails(self, kind: type[Exception]) -> Any:
        self.went = []
        return self.failureResultOf(self.start(), kind).value

    def up(self) -> dict[str, float]:
        gauges = self.context.metrics.gauges
        return {
            dict(gauge.labels)["endpoint"]: float(gauge.read())
            for gauge in gauges
            if gauge.name == "exporter_endpoint_up"
        }


class ChoiceTests(Case):
    def test_the_preferred_one_is_used(self) -> None:
        self.assertEqual([self.send(), self.send()], [[A], [A]])
        self.assertEqual(self.up(), {NAMES[A]: 1, NAMES[B]: 1})
        self.assertEqual(self.logged, [])

    def test_what_fails_there_goes_to_the_next_at_once_and_stays_there(self) -> None:
        for error in (Retry("503: busy"), Retry("refused the connection"), Hold("401: no")):
            self.fresh()
            self.script[A] = [error]
            self.assertEqual([self.send(), self.send()], [[A, B], [B]])
            self.assertEqual(self.up(), {NAMES[A]: 0, NAMES[B]: 1})
            self.assertEqual(len(self.logged), 1)
            self.assertIn(f"leaving {NAMES[A]} for", self.logged[0])
            self.assertIn(str(error), self.logged[0])
            get = self.context.metrics.get
            self.assertEqual(get("exporter_endpoint_failures", endpoint=NAMES[A]), 1)

    def test_what_nobody_answered_is_not_sent_elsewhere_at_once(self) -> None:
        self.script[A] = [Retry("no answer", ambiguous=True)]
        self.assertTrue(self.fails(Retry).ambiguous)
        self.assertEqual(self.went, [A])
        self.assertEqual(self.send(), [B], "later, after the core's backoff")

    def test_what_is_wrong_with_the_data_is_no_failure(self) -> None:
        for error in (Poison("400"), TooLarge("413")):
            self.script[A] = [error]
            self.assertIs(self.fails(type(error)), error)
            self.assertEqual(self.went, [A])
        self.assertEqual(self.send(), [A])
        self.assertEqual(self.up()[NAMES[A]], 1)

    def test_a_bug_is_passed_on_and_leaves_no_probe_behind(self) -> None:
        self.script[A] = [Retry("down"), KeyError("bug"), Receipt()]
        self.send()
        self.clock.advance(2)
        self.fails(KeyError)
        self.assertEqual([self.send(), self.send()], [[A], [A]])

    def test_one_endpoint_is_no_choice(self) -> None:
        alone = Failover([C], self.context)
        for error in (Retry("x", 5.0), Hold("y"), Retry("z", ambiguous=True)):
            self.script[C] = [error]
            failed = Deferred.fromCoroutine(alone.send(self.attempt))
            self.assertIs(self.failureResultOf(failed).value, error)
        self.script[C] = [Receipt(1, 7.0)]
        sent = Deferred.fromCoroutine(alone.send(self.attempt))
        self.assertEqual(self.successResultOf(sent), Receipt(1, 7.0))
        self.assertEqual(self.logged, [])


class ReturnTests(Case):
    def test_one_request_probes_while_the_others_go_on(self) -> None:
        answer: Deferred[Any] = Deferred()
        self.script[A] = [Retry("down"), answer]
        self.send()
        self.clock.advance(1)
        probe = self.start()
        self.assertEqual([self.send(), self.send()], [[B], [B]])
        answer.callback(Receipt(2))
        self.assertEqual(self.successResultOf(probe), Receipt(2))
        self.assertEqual(self.send(), [A])
        self.assertEqual(self.up(), {NAMES[A]: 1, NAMES[B]: 1})
        self.assertIn(f"{NAMES[A]} works again", self.logged[-1])
        self.assertEqual(len(self.logged), 2)

    def test_a_probe_that_fails_is_taken_by_the_other_and_the_wait_doubles(self) -> None:
        waits = []
        self.script[A] = [Retry("down")] * 9
        self.send()
        for _ in range(8):
            waited = 0
            while self.send() == [B]:
                self.clock.advance(1)
                waited += 1
            self.assertEqual(self.went, [A, B])
            waits.append(waited)
        self.assertEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60])
        self.assertEqual(len(self.logged), 1, "a probe is no news")

    def test_a_wait_is_drawn_by_lot(self) -> None:
        drawn = []

        def uniform(*between: float) -> float:
            drawn.append(between)
            return 0.0

        self.patch(random, "uniform", uniform)
        self.script[A] = [Retry("down")]
        self.send()
        self.assertEqual(drawn, [(0, 1.0)])

    def test_retry_after_is_kept_whatever_happens(self) -> None:
        self.script[A] = [Retry("429", 30.0)]
        self.send()
        self.clock.advance(29.9)
        self.script[B] = [Retry("down"), Retry("down")]
        error = self.fails(Retry)
        self.assertEqual(self.went, [B])
        self.assertAlmostEqual(error.after, 0.1)
        self.clock.advance(0.2)
        self.assertEqual(self.send(), [A])

    def test_what_an_operator_must_mend_is_left_for_a_minute_growing_to_15(self) -> None:
        self.script[A] = [Hold("404: no")] * 7
        waits: list[float] = []
        last = 0.0
        while len(waits) < 6:
            if self.send()[0] == A:
                waits.append(self.clock.seconds() - last)
                last = self.clock.seconds()
            self.clock.advance(5)
        self.assertEqual(waits, [0, 60, 120, 240, 480, 900])

    def test_success_forgets_how_often_it_failed(self) -> None:
        self.script[A] = [Retry("down"), Retry("down"), Receipt(), Retry("down"), Receipt()]
        self.send()
        for seconds in (1, 2):
            self.clock.advance(seconds)
            self.send()
        self.assertEqual(self.send(), [A, B])
        self.clock.advance(1)
        self.assertEqual(self.send(), [A])

    def test_several_that_were_out_count_as_one_failure(self) -> None:
        answers: list[Deferred[Any]] = [Deferred() for _ in range(4)]
        self.script[A] = [*answers]
        sent = [self.start() for _ in answers]
        for answer in answers[:3]:
            answer.errback(Retry("down"))
        answers[3].callback(Receipt())
        for one in sent:
            self.successResultOf(one)
        self.assertEqual(self.up()[NAMES[A]], 0, "one from before the failure is no probe")
        self.assertEqual(len(self.logged), 1)
        self.clock.advance(1)
        self.assertEqual(self.send(), [A])


class NoneLeftTests(Case):
    def both(self, first: Exception, second: Exception) -> None:
        self.script[A], self.script[B] = [first], [second]

    def test_hold_only_when_all_of_them_are(self) -> None:
        self.both(Hold("401: no"), Hold("404: no"))
        error = self.fails(Hold)
        self.assertEqual(str(error), f"{NAMES[A]}: 401: no; {NAMES[B]}: 404: no")
        self.fresh()
        self.both(Hold("401: no"), Retry("503: busy", 7.0))
        error = self.fails(Retry)
        self.assertEqual((error.after, error.ambiguous), (7.0, False))
        self.assertIn("401: no", str(error))
        self.assertIn("503: busy", str(error))

    def test_the_cores_gate_decides_then(self) -> None:
        """It may be in a hurry, or the token mended: only what a server asked for is waited."""
        self.both(Hold("401: no"), Hold("401: no"))
        self.fails(Hold)
        self.assertEqual([self.send(), self.send()], [[A], [A]])
        self.both(Retry("down"), Retry("429", 900.0))
        self.fails(Retry)
        self.script[A] = [Retry("down")]
        self.fails(Retry)
        self.assertEqual(self.went, [A])

    def test_one_that_needs_an_operator_is_not_tried_for_want_of_another(self) -> None:
        self.both(Hold("404: no"), Retry("503: busy"))
        self.fails(Retry)
        self.script[B] = [Retry("503: busy")] * 3
        for _ in range(3):
            self.fails(Retry)
            self.assertEqual(self.went, [B])
        self.clock.advance(60)
        self.assertEqual(self.send(), [A])

    def test_a_new_token_is_tried_wherever_the_old_one_was_refused(self) -> None:
        self.both(Hold("401: no"), Hold("401: no"))
        self.fails(Hold)
        self.failover.forgive()
        self.script[A] = [Receipt(), Retry("down")]
        self.assertEqual([self.send(), self.send()], [[A], [A, B]])

    def test_a_reason_names_its_endpoint_once(self) -> None:
        self.both(Retry(f"{NAMES[A]} refused the connection"), Retry("busy"))
        said = str(self.fails(Retry))
        self.assertEqual(said, f"{NAMES[A]} refused the connection; {NAMES[B]}: busy")

    def test_each_is_tried_once_and_how_long_to_wait_is_said(self) -> None:
        self.failover = Failover([A, B, C], self.context)
        self.script = {url: [Retry("429", after)] for url, after in ((A, 9), (B, 5), (C, 7))}
        self.assertEqual((self.fails(Retry).after, self.went), (5, [A, B, C]))
        error = self.fails(Retry)
        self.assertEqual((error.after, self.went), (5, []))

    def test_after_an_unanswered_one_the_other_may_fail_too(self) -> None:
        self.script[A] = [Retry("no answer", ambiguous=True)] * 2
        self.script[B] = [Retry("no answer", ambiguous=True)]
        ways: list[list[str]] = []
        for _ in range(3):
            self.fails(Retry)
            ways.append(self.went)
        self.assertEqual(ways, [[A], [B], [A]])


class RestTests(Case):
    def test_an_endpoint_that_wants_a_rest_gets_it_and_the_others_go_on(self) -> None:
        self.script[A] = [Receipt(0, 30.0)]
        self.assertEqual(self.successResultOf(self.start()), Receipt(0, 0.0))
        self.assertEqual(self.send(), [B])
        self.script[B] = [Receipt(0, 20.0)]
        self.assertEqual(self.successResultOf(self.start()), Receipt(0, 20.0))
        error = self.fails(Retry)
        self.assertEqual((error.after, self.went), (20.0, []))
        self.assertEqual(self.up(), {NAMES[A]: 1, NAMES[B]: 1})
        self.clock.advance(31)
        self.assertEqual(self.send(), [A])
        self.assertEqual(self.logged, [])


class RandomTests(Case):
    def test_no_sequence_of_failures_gets_it_stuck(self) -> None:
        rng = random.Random(7)
        steps: list[Callable[[], Any]] = [
            lambda: Receipt(0, rng.choice([0.0, 50.0])),
            lambda: Retry("x", rng.choice([None, 0.0, 900.0])),
            lambda: Retry("x", ambiguous=True),
            lambda: Hold("x"),
            lambda: Poison("x"),
            lambda: RuntimeError("x"),
        ]
        self.failover = Failover([A, B, C], self.context)
        for _ in range(300):
            self.script = {url: [rng.choice(steps)()] for url in (A, B, C)}
            self.start().addErrback(lambda _: None)
            self.clock.advance(rng.uniform(0, 100))
        self.script = {A: [], B: [], C: []}
        for _ in range(3):
            self.clock.advance(901)
            self.send()
        self.assertEqual(self.send(), [A])
