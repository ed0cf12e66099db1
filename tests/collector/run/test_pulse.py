"""How late timers are."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from collector.metrics import Metrics
from collector.run.pulse import BEAT, Pulse

WORKER = (("worker", "0"),)


class PulseTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock, self.metrics = Clock(), Metrics()
        self.pulse = Pulse(self.clock, self.metrics, WORKER)
        self.pulse.start()
        self.addCleanup(self.pulse.stop)

    def worst(self) -> float:
        (gauge,) = self.metrics.gauges
        return gauge.read()

    def line(self, name: bytes) -> bytes:
        found = [each for each in self.metrics.text().splitlines() if each.startswith(name)]
        return found[0]

    def test_beats_in_time_add_nothing(self) -> None:
        for _ in range(8):
            self.clock.advance(BEAT)
        self.assertEqual(self.metrics.get("process_eventloop_beats", worker="0"), 8)
        self.assertEqual(self.metrics.get("process_eventloop_delay_seconds"), 0)
        self.assertEqual(self.worst(), 0)

    def test_a_late_beat_is_added_up_and_shown_in_seconds(self) -> None:
        self.clock.advance(BEAT + 1.5)
        self.clock.advance(BEAT + 0.5)
        shown = self.line(b"otelcol_process_eventloop_delay_seconds_total")
        self.assertEqual(shown, b'otelcol_process_eventloop_delay_seconds_total{worker="0"} 2.0')
        self.assertEqual(self.worst(), 1.5)

    def test_the_worst_is_shown_for_one_minute_at_least_and_two_at_most(self) -> None:
        self.clock.advance(BEAT + 1)
        seen = []
        for _ in range(int(125 / BEAT)):
            self.clock.advance(BEAT)
            seen.append(self.worst())
        self.assertEqual(seen[: int(60 / BEAT)], [1.0] * int(60 / BEAT))
        self.assertEqual(seen[-1], 0)

    def test_due_is_told_while_it_beats(self) -> None:
        self.assertEqual(self.pulse.due, BEAT)
        self.clock.advance(BEAT)
        self.assertEqual(self.pulse.due, 2 * BEAT)
        self.pulse.stop()
        self.assertEqual((self.pulse.due, self.clock.getDelayedCalls()), (0, []))
