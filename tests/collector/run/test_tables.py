"""What components show in rows, of all workers together."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from collector.metrics import Metrics
from collector.run.tables import Shown, together
from collector.testing import context


def shown(*sources: str, name: str = "sources") -> Shown:
    return Shown("receiver", "syslog", name, "Who.", [{"source": source} for source in sources])


class TablesTests(SynchronousTestCase):
    def test_a_table_is_read_when_somebody_asks(self) -> None:
        metrics = Metrics()
        rows: list[dict[str, Any]] = [{"source": "192.0.2.1", "skew": None}]
        context("receiver", "syslog", metrics=metrics).table("sources", "Who.", lambda: rows)
        (table,) = metrics.tables
        rows.append({"source": "192.0.2.2", "skew": 1.5})
        self.assertEqual(Shown.of(table), Shown("receiver", "syslog", "sources", "Who.", rows))

    def test_those_of_one_worker_are_as_they_are(self) -> None:
        self.assertEqual(list(together({0: [shown("a")]})), [shown("a")])

    def test_rows_of_several_workers_stand_in_one_table(self) -> None:
        found = together({0: [shown("a"), shown("c", name="others")], 2: [shown("a", "b")]})
        first, second = found
        said = [(row["source"], row["worker"]) for row in first.rows]
        self.assertEqual(said, [("a", 0), ("a", 2), ("b", 2)])
        self.assertEqual((second.name, len(second.rows)), ("others", 1))
