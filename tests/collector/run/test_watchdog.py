"""Who keeps the event loop waiting is named, while it does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.component import Config, Receiver
from collector.metrics import Metrics
from collector.run.pulse import Pulse
from collector.run.watchdog import LATE, Watchdog, _Waits
from collector.testing import context

WORKER = (("worker", "0"),)
LONG = 20.0


class Reactor(Clock):
    """Keeps what a thread asks for until the test runs it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Callable[[], None]] = []

    def callFromThread(self, call: Callable[..., None], *args: Any) -> None:  # noqa: N802
        self.asked.append(lambda: call(*args))


class Blocking(Receiver[Config]):
    """Its `resume` returns when something was logged."""

    said: threading.Event

    def pause(self) -> None:
        raise NotImplementedError

    def resume(self) -> None:
        self.said.wait(LONG)


class WatchdogTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor, self.metrics, self.said = Reactor(), Metrics(), threading.Event()
        self.lines: list[dict[str, Any]] = []
        self.pulse = Pulse(self.reactor, self.metrics, WORKER)
        self.watchdog = Watchdog(self.reactor, self.pulse, self.metrics, WORKER)
        self.receiver = Blocking(
            Config(), context("receiver", "slow", self.reactor, metrics=self.metrics)
        )
        self.receiver.said = self.said
        self.components = [self.receiver]
        self.patch(self.watchdog, "log", self)

    def warn(self, text: str, **facts: Any) -> None:
        """In place of the watchdog's log."""
        self.lines.append(facts)
        self.said.set()

    def blocked(self, call: Callable[[], Any]) -> None:
        self.pulse.start()
        self.addCleanup(self.pulse.stop)
        self.reactor.rightNow += self.pulse.due + LATE  # time passes, and no timer fires
        self.watchdog.start(self.components)
        self.addCleanup(self.watchdog.stop)
        call()

    def test_the_component_and_the_place_are_in_the_log_while_it_blocks(self) -> None:
        self.blocked(self.receiver.resume)
        (line,) = self.lines
        self.assertEqual(line["id"], "slow")
        self.assertRegex(line["place"], r"^test_watchdog\.py:\d+ in resume$")

    def test_it_is_counted_once_and_when_the_loop_goes_on(self) -> None:
        self.blocked(self.receiver.resume)
        self.watchdog.stop()
        self.assertEqual(self.metrics.get("process_eventloop_blocks", worker="0"), 0)
        for call in self.reactor.asked:
            call()
        self.assertEqual(self.metrics.get("process_eventloop_blocks", worker="0"), 1)
        self.assertEqual(self.metrics.get("receiver_eventloop_blocks", receiver="slow"), 1)

    def test_what_is_no_component_s_is_said_too(self) -> None:
        self.components.clear()
        vars(self.receiver)["context"] = None
        self.blocked(self.receiver.resume)
        (line,) = self.lines
        self.assertEqual(line["id"], "")

    def test_a_machine_that_gives_no_cpu_is_nobody_s_fault(self) -> None:
        judged = threading.Event()

        def waited() -> float:
            judged.set()
            return LATE

        self.patch(self.watchdog._waits, "seconds", waited)
        self.blocked(lambda: judged.wait(LONG))
        self.watchdog.stop()
        self.assertTrue(judged.is_set())
        self.assertEqual((self.lines, self.reactor.asked), ([], []))

    def test_it_may_stop_before_it_has_started(self) -> None:
        self.watchdog.stop()


def test_what_a_thread_has_waited_for_is_counted_from_a_moment_on(tmp_path: Path) -> None:
    schedstat = tmp_path / "schedstat"
    schedstat.write_text("100 3000000000 7\n")
    waits = _Waits(str(schedstat))
    schedstat.write_text("100 4500000000 8\n")
    assert waits.seconds() == 1.5
    waits.begin()
    assert waits.seconds() == 0
    waits.close()
    waits.close()
    assert _Waits(str(tmp_path / "none")).seconds() == 0
