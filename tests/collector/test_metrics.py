"""Counting is cheap and bounded; reading gives Prometheus' text."""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from twisted.trial.unittest import SynchronousTestCase

import collector.outputs
from collector.metrics import CORE_COUNTERS, MAX_SERIES, Gauge, Metrics
from collector.outputs.http_sender import HttpSender
from collector.testing import context


def read(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


class CounterTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.metrics = Metrics()

    def test_adds_up(self) -> None:
        labels = (("exporter", "a"), ("reason", "x"))
        self.metrics.add("exporter_dropped_log_records", labels, 2)
        self.metrics.add("exporter_dropped_log_records", labels, 3)
        self.assertEqual(self.metrics.get("exporter_dropped_log_records"), 5)

    def test_get_sums_over_labels_that_were_not_named(self) -> None:
        for exporter, reason, n in (("a", "x", 1), ("a", "y", 2), ("b", "x", 4)):
            self.metrics.add("n", (("exporter", exporter), ("reason", reason)), n)
        self.assertEqual(self.metrics.get("n", exporter="a"), 3)
        self.assertEqual(self.metrics.get("n", reason="x"), 5)
        self.assertEqual(self.metrics.get("n", exporter="b", reason="y"), 0)

    def test_series_are_bounded_and_no_count_is_lost(self) -> None:
        for n in range(MAX_SERIES + 500):
            self.metrics.add("n", (("receiver", "r"), ("peer", str(n))), 1)
        self.assertEqual(self.metrics.get("n"), MAX_SERIES + 500)
        self.assertEqual(self.metrics.get("n", peer="overflow"), 500)
        self.assertEqual(len(self.metrics.counts), MAX_SERIES + 1)
        self.assertEqual(self.metrics.get("n", receiver="r"), MAX_SERIES + 500)

    def test_a_known_series_counts_on_after_the_overflow(self) -> None:
        for n in range(MAX_SERIES + 1):
            self.metrics.add("n", (("receiver", "r"), ("peer", str(n))), 1)
        self.metrics.add("n", (("receiver", "r"), ("peer", "7")), 1)
        self.assertEqual(self.metrics.get("n", peer="7"), 2)


class TextTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.metrics = Metrics()

    def test_gauges_by_a_label_are_read_when_asked_for_and_bounded(self) -> None:
        skews = {"192.0.2.1": -1.5, "192.0.2.2": 3600.0}
        about = context("receiver", "syslog", metrics=self.metrics)
        about.gauges("skew_seconds", "How far.", "source", lambda: skews)
        name = "otelcol_receiver_skew_seconds"
        said = {("receiver", "syslog"), ("source", "192.0.2.1")}
        self.assertEqual(read(self.metrics)[name, frozenset(said)], -1.5)
        skews.update((f"10.0.{n >> 8}.{n & 255}", 0.0) for n in range(MAX_SERIES))
        self.assertEqual(sum(key == name for key, _ in read(self.metrics)), MAX_SERIES)

    def test_counters_are_named_as_otel_names_them(self) -> None:
        self.metrics.add("exporter_sent_log_records", (("exporter", "dt"),), 3)
        found = read(self.metrics)
        key = ("otelcol_exporter_sent_log_records_total", frozenset({("exporter", "dt")}))
        self.assertEqual(found[key], 3)
        self.assertIn(CORE_COUNTERS["exporter_sent_log_records"].encode(), self.metrics.text())

    def test_series_of_one_name_may_have_different_labels(self) -> None:
        self.metrics.add("n", (("receiver", "a"),), 1)
        self.metrics.add("n", (("receiver", "a"), ("reason", "x")), 2)
        found = read(self.metrics)
        self.assertEqual(
            found["otelcol_n_total", frozenset({("receiver", "a"), ("reason", "")})], 1
        )

    def test_gauges_are_read_when_asked_for(self) -> None:
        size = [1.0]
        self.metrics.gauges.append(Gauge("q", "help", (("exporter", "a"),), lambda: size[0]))
        key = ("otelcol_q", frozenset({("exporter", "a")}))
        self.assertEqual(read(self.metrics)[key], 1)
        size[0] = 2
        self.assertEqual(read(self.metrics)[key], 2)

    def test_counts_kept_elsewhere_are_fetched_first(self) -> None:
        self.metrics.before_reading.append(lambda: self.metrics.add("n", (("a", "b"),), 1))
        self.assertEqual(read(self.metrics)["otelcol_n_total", frozenset({("a", "b")})], 1)

    def test_a_label_may_hold_anything(self) -> None:
        self.metrics.add("n", (("a", 'x"\n\\'),), 1)
        self.assertEqual(read(self.metrics)["otelcol_n_total", frozenset({("a", 'x"\n\\')})], 1)

    def test_every_core_counter_says_what_it_counts(self) -> None:
        self.assertEqual([name for name, text in CORE_COUNTERS.items() if not text], [])


class HelpTests(SynchronousTestCase):
    def test_what_an_outlet_counts_is_described(self) -> None:
        """By the names in its code: a counter without a word is of no use to an operator."""
        outputs = Path(collector.outputs.__file__ or "").parent
        text = "".join(path.read_text() for path in outputs.rglob("*.py"))
        names = set(re.findall(r"""\bcount\(\s*"([a-z_]+)\"""", text))
        self.assertIn("recovered_log_records", names)
        described = {*CORE_COUNTERS, *(f"exporter_{name}" for name in HttpSender.counters)}
        self.assertEqual({n for n in names if f"exporter_{n}" not in described}, set())
