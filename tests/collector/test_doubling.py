"""Waits that grow with each failure."""

from __future__ import annotations

from collector.doubling import doubled


def test_it_doubles_up_to_the_longest() -> None:
    assert [doubled(0.5, 3.0, times) for times in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_however_often_it_is_no_overflow() -> None:
    assert doubled(1.0, 60.0, 10**9) == 60.0
