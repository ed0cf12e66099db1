"""The account of an exporter, as it is written when it stops."""

from __future__ import annotations

from collector.outputs.account import summary
from collector.testing import context


def test_both_sides_are_told_with_what_is_not_zero() -> None:
    given = context("exporter", "send")
    given.count("taken_log_records", 1200)
    given.count("sent_log_records", 1000)
    assert summary(given.metrics, "send", 200) == "1,200 taken = 1,000 sent + 200 in the queue"


def test_what_came_and_waits_went_nowhere() -> None:
    given = context("exporter", "send")
    given.count("taken_log_records", 3)
    assert summary(given.metrics, "send", 3) == "3 taken = 0 + 3 in the queue"


def test_nothing_is_told_when_nothing_came() -> None:
    assert summary(context("exporter", "send").metrics, "send", 0) == ""
