"""Stopped, suspended and started again under load: nothing is lost, nothing has two identities."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import pytest

from tests.system.killing import Load, Victim, ended, verdict, victim, writing
from tests.system.sandbox import sandbox
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

_NUMBER = re.compile(r"([\d,]+) (?!events)[a-z]")
#: Seconds: the deadline is 25, and a destination that answers needs none of it, but a busy machine
#: some.
_STOP, _SUSPENDED = 15.0, 1.0


def test_a_stop_under_load_keeps_its_time_and_its_word(tmp_path: Path) -> None:
    with sandbox(tmp_path) as destination, victim(tmp_path, destination) as prey:
        prey.start()
        with writing(prey) as load:
            _progress(load)
            _suspend(prey)
            _progress(load)
            began = time.monotonic()
            first = ended(prey)
            assert time.monotonic() - began < _STOP
            last = prey.start()
            _progress(load)
        account = last.settled()
        found = verdict(load, destination.events(), prey.kills)
        second = ended(prey)
    for log in (first, second):
        _adds_up(log)
    assert (found.lost, found.invented, found.unexplained) == ([], [], [])
    assert account.dropped == 0


def _progress(load: Load) -> None:
    promised = load.promised
    eventually(lambda: load.promised > promised + 400)


def _suspend(prey: Victim) -> None:
    """For longer than it takes a sender to fill its buffers."""
    assert prey.process is not None
    prey.process.send(signal.SIGSTOP)
    end = time.monotonic() + _SUSPENDED
    eventually(lambda: time.monotonic() > end)
    prey.process.send(signal.SIGCONT)


def _adds_up(log: str) -> None:
    """The last word of the exporter: its two sides are equal."""
    (line,) = [line for line in log.splitlines() if " in the queue" in line and " = " in line]
    came, went = line.partition("dynatrace: ")[2].split(" = ")
    left, right = (
        sum(int(number.replace(",", "")) for number in _NUMBER.findall(side))
        for side in (came, went)
    )
    assert left == right > 0, line
    assert "ERROR" not in log, log
