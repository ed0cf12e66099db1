"""A collector that sends to another one over Dynatrace's API: neither loses what it took."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system.killing import Load, verdict, victim, writing
from tests.system.sandbox import sandbox
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

#: One each: how they meet is by chance, and `make soak` kills a hundred times.
_KILLS = 2
#: Seconds. What seven writers had stored while one of two was away goes through both.
_DRAINED = 120.0


def _more_is_promised(load: Load) -> None:
    before = load.promised
    eventually(lambda: load.promised > before + 200)


def test_what_was_acknowledged_survives_the_death_of_either(tmp_path: Path) -> None:
    with (
        sandbox(tmp_path) as destination,
        victim(tmp_path / "back", destination) as back,
        victim(tmp_path / "front", back) as front,
    ):
        last = {back: back.start(), front: front.start()}
        with writing(front) as load:
            for kill in range(_KILLS):
                _more_is_promised(load)
                prey = (back, front)[kill % 2]
                prey.kill()
                last[prey] = prey.start()
        last[front].settled(within=_DRAINED)
        last[back].settled(within=_DRAINED)
        found = verdict(load, destination.events(), _KILLS)
    assert found.acknowledged > 500, found
    assert (found.lost, found.invented, found.unexplained) == ([], [], []), found
