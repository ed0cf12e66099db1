"""The numbers of all workers as one: the account balances whatever becomes of them."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from collector.metrics import Metrics
from collector.run.snapshot import Reading, Snapshot
from collector.run.totals import Totals, components
from collector.run.view import ComponentHealth, State

LABELS = (("exporter", "e"),)


def snapshot(taken: int = 0, recovered: int = 0, sent: int = 0) -> Snapshot:
    """An account of one worker that balances: what is not sent is queued."""
    counts = {"taken": taken, "recovered": recovered, "sent": sent}
    queued = taken + recovered - sent
    return Snapshot(
        counts=[(f"exporter_{name}_log_records", LABELS, n) for name, n in counts.items()],
        gauges=[
            Reading("exporter_queued_log_records", "", LABELS, queued),
            Reading("exporter_in_flight_log_records", "", LABELS, 0),
        ],
    )


def number(metrics: Metrics, name: str) -> int:
    full = f"exporter_{name}_log_records"
    gauges = sum(gauge.read() for gauge in metrics.gauges if gauge.name == full)
    return metrics.get(full) + round(gauges)


def balance(metrics: Metrics) -> int:
    """Zero."""
    there = number(metrics, "taken") + number(metrics, "recovered")
    ended = number(metrics, "sent") + number(metrics, "dropped")
    return there - ended - number(metrics, "queued") - number(metrics, "in_flight")


class AccountTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.totals = Totals()

    def test_workers_are_added_up(self) -> None:
        metrics = self.totals.metrics([snapshot(5, 1, 2), snapshot(7, 0, 7)])
        self.assertEqual([number(metrics, n) for n in ("taken", "recovered", "sent")], [12, 1, 9])
        self.assertEqual(number(metrics, "queued"), 4)

    def test_what_has_ended_stays(self) -> None:
        self.totals.ended(snapshot(5, 0, 5))
        metrics = self.totals.metrics([snapshot(1)])
        self.assertEqual(number(metrics, "taken"), 6)

    def test_what_one_leaves_is_queued_until_another_has_it(self) -> None:
        self.totals.ended(snapshot(5, 0, 2))
        metrics = self.totals.metrics([snapshot()])
        self.assertEqual((number(metrics, "queued"), balance(metrics)), (3, 0))
        metrics = self.totals.metrics([snapshot(0, 3, 0)])
        self.assertEqual((number(metrics, "queued"), balance(metrics)), (3, 0))
        self.assertEqual(number(metrics, "recovered"), 0)

    def test_what_a_crash_has_cost_is_dropped_by_its_reason(self) -> None:
        self.totals.ended(snapshot(5, 0, 2))
        running = [snapshot(0, 1, 0)]
        self.totals.metrics(running)
        self.totals.settle(running)
        metrics = self.totals.metrics(running)
        self.assertEqual((number(metrics, "dropped"), number(metrics, "queued")), (2, 1))
        self.assertEqual(balance(metrics), 0)

    def test_more_than_its_last_snapshot_knew_is_recovered(self) -> None:
        self.totals.ended(snapshot(5, 0, 2))
        metrics = self.totals.metrics([snapshot(0, 4, 0)])
        self.assertEqual((number(metrics, "recovered"), balance(metrics)), (1, 0))

    @given(
        st.lists(
            st.tuples(*[st.integers(0, 50)] * 3, st.sampled_from(["end", "settle"])), max_size=8
        )
    )
    def test_it_balances_always_and_no_counter_falls(
        self, lives: list[tuple[int, int, int, str]]
    ) -> None:
        totals = Totals()
        before: dict[Any, int] = {}
        for taken, recovered, sent, then in lives:
            worker = snapshot(taken, recovered, min(sent, taken + recovered))
            if then == "settle":
                totals.settle([worker])
            metrics = totals.metrics([worker])
            self.assertEqual(balance(metrics), 0)
            totals.ended(worker)
            metrics = totals.metrics([])
            self.assertEqual(balance(metrics), 0)
            for key, n in before.items():
                self.assertGreaterEqual(metrics.counts[key], n, key)
            before = dict(metrics.counts)


class GaugeTests(SynchronousTestCase):
    def merged(self, name: str, *values: float) -> float:
        snapshots = [Snapshot(gauges=[Reading(name, "", LABELS, value)]) for value in values]
        (gauge,) = Totals().metrics(snapshots).gauges
        return gauge.read()

    def test_each_kind_is_made_one_as_it_must_be(self) -> None:
        self.assertEqual(self.merged("exporter_queue_bytes", 1, 2), 3)
        self.assertEqual(self.merged("exporter_held", 0, 1), 1)
        self.assertEqual(self.merged("exporter_oldest_unsent_age_seconds", 1, 9), 9)
        self.assertEqual(self.merged("receiver_seen_timestamp_seconds", 8, 9), 9)
        self.assertEqual(self.merged("exporter_certificate_expiry_seconds", 8, 9), 8)


class ComponentTests(SynchronousTestCase):
    def test_each_is_shown_where_it_is_worst(self) -> None:
        def one(state: State) -> Snapshot:
            return Snapshot(components=[ComponentHealth("e", "exporter", state, state, 1.0)])

        (found,) = components([one("running"), one("held"), one("retrying")])
        self.assertEqual(found.state, "held")
