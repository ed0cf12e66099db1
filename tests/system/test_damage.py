"""A damaged queue is no reason not to start: what is whole arrives, and what is not is counted."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.system.damaging import DAMAGE, damage
from tests.system.killing import ended, victim, writing
from tests.system.sandbox import Sandbox, sandbox
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

_ENOUGH = 2000


class _Filled(NamedTuple):
    """A destination that has had nothing, and queues to be copied."""

    sandbox: Sandbox
    #: The data directory when everything is in the file, and when it is in the log.
    stopped: Path
    killed: Path
    #: All that may be in them, and what was promised.
    sent: set[str]
    promised: set[str]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Filled]:
    home = tmp_path_factory.mktemp("filled")
    with sandbox(home) as destination, victim(home, destination) as prey:
        destination.fail({"status": 503, "count": 0})
        prey.start()
        with writing(prey) as load:
            eventually(lambda: load.promised > _ENOUGH)
            prey.kill()
        killed = _copied(prey.data_dir, home / "killed")
        prey.start()
        assert "ERROR" not in ended(prey)
        destination.relent()
        promised = {text for writer in load.acknowledged for text in writer.acknowledged}
        sent = {text for writer in load.acknowledged for text in writer.times}
        yield _Filled(destination, prey.data_dir, killed, sent, promised)


def _copied(data: Path, to: Path) -> Path:
    """Its queue."""
    shutil.copytree(data / "queue", to / "queue")
    return to


@pytest.mark.parametrize("kind", DAMAGE)
def test_it_starts_and_what_is_whole_arrives(filled: _Filled, tmp_path: Path, kind: str) -> None:
    chance = random.Random(kind)
    of_log = kind.endswith("log")
    data = _copied(filled.killed if of_log else filled.stopped, tmp_path / "data")
    damage(data / "queue" / "dynatrace", kind, chance)
    filled.sandbox.forget()
    with victim(tmp_path, filled.sandbox, data) as prey:
        source = prey.start()
        account = source.settled()
        damaged = source.metrics()("exporter_quarantined_requests")
        log = ended(prey)
    found = Counter(event["content"] for event in filled.sandbox.events())
    assert account.recovered == account.sent + account.dropped
    assert account.sent == found.total()
    arrived = {text for text in found if not text.startswith("plain")}
    assert arrived <= filled.sent
    said = [line for line in log.splitlines() if "damaged" in line and " ERROR " in line]
    # A file that was healed, what was found at once, and what was found later.
    assert len(said) <= 3, log
    assert said or not damaged, log
    # A log that breaks off is what a crash leaves: what was in it is not known to be missing.
    assert said or kind == "tail of the log" or filled.promised <= arrived, log
