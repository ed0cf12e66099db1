"""Looking: by the reactor while it is quiet, by the clock while there is much."""

from __future__ import annotations

from typing import Any

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from collector.inputs.looking import Looking, Next
from collector.testing import context


class LookingTests(SynchronousTestCase):
    def setUp(self) -> None:
        make: Any = MemoryReactorClock  # untyped in Twisted
        self.reactor = make()
        self.looks = 0
        self.found: list[Next] = []

    def make(self, fileno: int | None = 3, pause: float = 0.005) -> Looking:
        self.looking = Looking(context("receiver", reactor=self.reactor), fileno, self.look, pause)
        return self.looking

    def look(self) -> Next:
        self.looks += 1
        return self.found.pop(0) if self.found else Next.WAIT

    def waits_for_reactor(self) -> bool:
        """Never for both: a look would come twice."""
        by_reactor = self.looking in self.reactor.getReaders()
        self.assertNotEqual(by_reactor, bool(self.reactor.getDelayedCalls()))
        return by_reactor

    def test_waits_for_the_reactor_first(self) -> None:
        self.make().start()
        self.assertTrue(self.waits_for_reactor())
        self.assertEqual(
            (self.looks, self.looking.fileno(), self.looking.logPrefix()), (0, 3, "test")
        )

    def test_goes_by_the_clock_while_little_comes_often(self) -> None:
        self.make().start()
        self.found = [Next.PAUSE, Next.PAUSE, Next.WAIT]
        self.looking.doRead()
        self.assertFalse(self.waits_for_reactor())
        self.reactor.advance(0.004)
        self.assertEqual(self.looks, 1)
        self.reactor.advance(0.001)
        self.assertEqual((self.looks, self.waits_for_reactor()), (2, False))
        self.reactor.advance(0.005)
        self.assertEqual((self.looks, self.waits_for_reactor()), (3, True))

    def test_looks_again_after_the_others_when_there_is_more(self) -> None:
        self.make().start()
        self.found = [Next.AGAIN]
        self.looking.doRead()
        self.assertEqual(self.looks, 1)
        self.reactor.advance(0)
        self.assertEqual((self.looks, self.waits_for_reactor()), (2, True))

    def test_a_look_may_stop_and_start_it(self) -> None:
        def restart() -> Next:
            self.looking.stop()
            self.looking.start()
            return Next.PAUSE

        self.look = restart  # type: ignore[method-assign]
        looking = self.make()
        looking.start()
        looking.doRead()
        self.assertTrue(self.waits_for_reactor())
        looking.stop()
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_without_a_pause_the_reactor_is_asked_each_time(self) -> None:
        self.make(pause=0).start()
        self.found = [Next.PAUSE, Next.AGAIN]
        self.looking.doRead()
        self.assertTrue(self.waits_for_reactor())
        self.looking.doRead()
        self.assertFalse(self.waits_for_reactor())

    def test_without_a_descriptor_the_clock_alone_serves(self) -> None:
        self.make(fileno=None).start()
        for _ in range(3):
            self.reactor.advance(0.005)
        self.assertEqual((self.looks, self.looking.fileno()), (3, -1))
        self.looking.stop()

    def test_stopped_it_does_not_look(self) -> None:
        self.make().start()
        self.found = [Next.PAUSE]
        self.looking.doRead()
        self.looking.stop()
        self.reactor.advance(1)
        self.assertEqual((self.looks, self.reactor.getReaders()), (1, []))
        self.looking.start()
        self.looking.start()
        self.assertTrue(self.waits_for_reactor())

    def test_stopped_by_what_it_found_it_stays_stopped(self) -> None:
        self.make().start()

        def fill() -> Next:
            self.looking.stop()
            return Next.AGAIN

        self.patch(self.looking, "look", fill)
        self.looking.doRead()
        self.assertEqual((self.reactor.getReaders(), self.reactor.getDelayedCalls()), ([], []))

    def test_a_bug_does_not_end_it(self) -> None:
        self.make().start()
        self.patch(self.looking, "look", lambda: 1 / 0)
        self.looking.doRead()
        self.reactor.advance(0.005)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)
        self.assertFalse(self.waits_for_reactor())

    def test_a_lost_descriptor_is_an_error_in_the_log(self) -> None:
        said: list[str] = []
        self.make()
        log = self.looking._context.log
        self.patch(log, "error", lambda text, **facts: said.append(text.format(**facts)))
        lost: Any = "the descriptor is gone"
        self.looking.connectionLost(lost)
        self.assertEqual(said, ["test: no longer reading: the descriptor is gone"])
