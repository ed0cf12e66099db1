"""The collector's own log as events."""

from __future__ import annotations

import asyncio
import io
import sys
import warnings
from collections.abc import Callable
from typing import Any

from twisted.internet.task import Clock
from twisted.logger import LogBeginner, Logger, LogPublisher
from twisted.trial.unittest import SynchronousTestCase

from collector.api import ERROR, WARN, LogEntry
from collector.run.logs import LINES, start_logging
from collector.testing import RecordingOutput, context
from collector_debug.internal_logs import MOST, InternalLogsConfig, InternalLogsReceiver


class Reactor(Clock):
    def callFromThread(self, call: Callable[..., Any], *args: Any) -> None:  # noqa: N802
        self.callLater(0, call, *args)


class InternalLogsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor, self.output = Reactor(), RecordingOutput()
        self.context = context("receiver", "internal_logs", self.reactor)
        self.receiver = self.made()

    def made(self, **config: Any) -> InternalLogsReceiver:
        receiver = InternalLogsReceiver(InternalLogsConfig(**config), self.context)
        receiver.output = self.output
        asyncio.run(receiver.start())
        self.addCleanup(asyncio.run, receiver.stop())
        return receiver

    def log(self, *messages: str, level: str = "INFO") -> None:
        for message in messages:
            self.context.journal.add(LogEntry(7, level, message))

    def later(self) -> None:
        self.reactor.pump([0, 1])

    def lost(self, reason: str) -> int:
        return self.context.metrics.get("receiver_lost_entries", reason=reason)

    def test_an_entry_is_an_event_with_all_that_it_says(self) -> None:
        error = "ValueError: no (a.py:1 in f)"
        entry = LogEntry(7, "WARN", "paused", "syslog", error, {"exporter": "dynatrace"})
        self.context.journal.add(entry)
        self.later()
        (event,) = self.output.events
        self.assertEqual((event.time, event.body), (7, "paused"))
        self.assertEqual((event.severity_number, event.severity_text), (WARN, "WARN"))
        said = {"exporter": "dynatrace", "otelcol.component.id": "syslog"}
        self.assertEqual(event.attributes, {**said, "exception.message": error})
        self.assertEqual(event.resource.attributes["service.name"], "twisted-log-collector")

    def test_what_is_logged_in_a_second_is_one_batch(self) -> None:
        self.log("a", "b")
        self.later()
        self.log("c")
        self.later()
        self.assertEqual([len(batch) for batch in self.output.batches], [2, 1])

    def test_nothing_is_asked_of_the_reactor_while_nothing_is_logged(self) -> None:
        self.log("a")
        self.later()
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_the_least_level_may_be_chosen(self) -> None:
        self.output.batches.clear()
        asyncio.run(self.receiver.stop())
        self.receiver = self.made(level="error")
        self.log("a", level="WARN")
        self.log("b", level="ERROR")
        self.later()
        self.assertEqual([event.severity_number for event in self.output.events], [ERROR])

    def test_the_last_wait_while_it_is_paused_and_the_others_are_counted(self) -> None:
        self.receiver.pause()
        self.log(*(str(n) for n in range(MOST + 3)))
        self.later()
        self.assertEqual(self.output.batches, [])
        self.receiver.resume()
        self.later()
        self.assertEqual(self.output.bodies[0], "3")
        self.assertEqual((len(self.output.bodies), self.lost("full")), (MOST, 3))

    def test_what_handing_on_makes_it_say_is_not_taken(self) -> None:
        send = self.output.send

        def noisy(*args: Any, **how: Any) -> Any:
            self.log("the queue is full")
            return send(*args, **how)

        self.patch(self.output, "send", noisy)
        self.log("a")
        self.later()
        self.later()
        self.assertEqual((self.output.bodies, self.lost("own")), (["a"], 1))

    def test_an_exporter_that_complains_of_each_batch_later_is_heard_no_more_than_the_limit(
        self,
    ) -> None:
        publisher, send = LogPublisher(), self.output.send
        beginner = LogBeginner(publisher, io.StringIO(), sys, warnings)
        logging = start_logging(
            "info", "text", io.StringIO(), clock=self.reactor, beginner=beginner
        )
        self.addCleanup(logging.stop)
        logging.observer.journal.follow(self.context.journal.add)

        def complain() -> None:
            Logger(namespace="collector", observer=publisher).error("not sent")

        def slow(*args: Any, **how: Any) -> Any:
            self.reactor.callLater(0.1, complain)
            return send(*args, **how)

        self.patch(self.output, "send", slow)
        self.log("the first")
        self.reactor.pump([0.5] * 110)
        self.assertEqual(len(self.output.events), 1 + LINES)

    def test_what_is_at_hand_goes_on_at_the_end_and_nothing_after_it(self) -> None:
        self.log("a")
        asyncio.run(self.receiver.quiesce())
        self.log("b")
        self.later()
        self.assertEqual(self.output.bodies, ["a"])
