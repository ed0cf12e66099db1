"""SIGKILL at random moments: what was acknowledged arrives, and what arrives twice is explained."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.system.killing import ended, killed, verdict, victim, writing
from tests.system.sandbox import sandbox
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

_KILLS = 4


def test_what_was_acknowledged_survives_every_kill(tmp_path: Path) -> None:
    chance = random.Random(3)
    faults = ({"status": 503}, {"drop_answer": True}, {"status": 413}, {"reset": "after"})
    with sandbox(tmp_path) as destination, victim(tmp_path, destination) as prey:
        found, account = killed(
            prey,
            destination,
            _KILLS,
            chance,
            lambda _: destination.fail(*chance.choices(faults, k=3)),
        )
        log = ended(prey)
    assert found.acknowledged > 100, found
    assert (found.lost, found.invented, found.unexplained) == ([], [], []), found
    assert account.balanced
    assert account.recovered > 0
    assert "ERROR" not in log, log


def test_the_oracle_sees_what_is_lost(tmp_path: Path) -> None:
    """The control: a queue that is taken away is noticed, so a loss would be."""
    with sandbox(tmp_path) as destination, victim(tmp_path, destination) as prey:
        destination.fail({"status": 503, "count": 0})
        with writing(prey) as load:
            prey.start()
            eventually(lambda: load.promised)
            prey.kill()
            for path in (prey.data_dir / "queue" / "dynatrace").glob("*.db*"):
                path.unlink()
            destination.relent()
            last = prey.start()
        last.settled()
        found = verdict(load, destination.events(), prey.kills)
    assert found.lost
