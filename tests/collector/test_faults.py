"""What a component has raised of late."""

from __future__ import annotations

import pytest
from twisted.python.failure import Failure

from collector.faults import QUIET, Faults


def noted(*times: float) -> Faults:
    faults = Faults()
    for now in times:
        try:
            int("x")
        except ValueError:
            faults.note(Failure(), now)  # type: ignore[no-untyped-call]
    return faults


def test_one_says_what_and_where() -> None:
    assert noted(5).reason(5).startswith("its code raised ValueError: invalid literal for int()")
    assert "(test_faults.py:" in noted(5).reason(5)


def test_many_are_counted_and_dated_from_the_first() -> None:
    faults = noted(5, 6, 7)
    assert faults.reason(7).startswith("its code raised 3 times, the last was ValueError")
    assert faults.since == 5


def test_all_is_well_again_after_a_while_without_one() -> None:
    faults = noted(5, 6)
    assert faults.reason(6 + QUIET - 1)
    assert faults.reason(6 + QUIET) == ""


def test_the_next_after_that_is_the_first() -> None:
    faults = noted(5, 6, 6 + QUIET)
    assert faults.reason(6 + QUIET).startswith("its code raised ValueError")
    assert faults.since == 6 + QUIET


def test_none_is_no_reason() -> None:
    assert Faults().reason(0) == ""


@pytest.mark.parametrize("size", [10_000])
def test_a_long_message_is_cut(size: int) -> None:
    faults = Faults()
    faults.note(Failure(ValueError("x" * size)), 0)  # type: ignore[no-untyped-call]
    assert len(faults.reason(0)) < 2100
