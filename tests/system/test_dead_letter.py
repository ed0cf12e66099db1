"""What was refused is sent again when somebody asks for it, and comes back when it is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.network import lines, send_stream, texts
from tests.system.process import PYTHON, finished
from tests.system.waiting import eventually
from tests.system.way import Way, a_way

pytestmark = pytest.mark.system

_NUMBER = 8
#: Refused are the whole, its first half, that one's first half ... down to the first event.
_TO_THE_FIRST = {"status": 400, "count": 4}
_ALONE = {"status": 400, "count": 1}


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    """The first of some events is in the dead letter, all others have arrived."""
    batch = {"max_events": _NUMBER, "max_age": "10m"}
    with a_way(tmp_path, concurrency=1, batch=batch) as pair:
        pair.sandbox.fail(_TO_THE_FIRST)
        send_stream(pair.port, lines("dead", range(_NUMBER)))
        assert pair.sandbox.contents("dead-", _NUMBER - 1) == texts("dead", range(1, _NUMBER))
        assert pair.collector.settled().dead_lettered == 1
        yield pair


def _letters(way: Way, action: str, *words: str) -> tuple[int, str]:
    """Exit code and output of `collector deadletter`."""
    data_dir = way.collector.data_dir
    command = (*PYTHON, "deadletter", action, data_dir, *words)
    code, out, error = finished(command, data_dir.parent / f"deadletter-{action}")
    return code, out + error


def _records(way: Way) -> list[dict[str, Any]]:
    path = way.collector.data_dir / "deadletter" / "exporter-dynatrace.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def test_what_is_refused_again_comes_back_and_arrives_in_the_end(way: Way) -> None:
    (first,) = _records(way)
    way.sandbox.fail(_ALONE)
    code, said = _letters(way, "replay", "dynatrace", "--reason", "poison")
    assert (code, said.split(",")[0]) == (0, "dynatrace: 1 replayed")
    eventually(lambda: not way.sandbox.failing)
    account = way.collector.settled()
    assert (account.replayed, account.dead_lettered, account.sent) == (1, 2, _NUMBER - 1)
    (again,) = _records(way)
    assert (again["row"], again["reason"]) == (first["row"], "poison")
    before = {key: first[key] for key in ("time", "reason", "text", "attempts")}
    assert again["history"] == [before]

    code, said = _letters(way, "replay", "other", "--all")
    assert (code, said) == (1, "collector: there is no such exporter; known: dynatrace\n")
    code, said = _letters(way, "replay", "dynatrace", "--all")
    assert (code, said) == (0, "dynatrace: 1 replayed, 0 remain\n")
    assert way.sandbox.contents("dead-", _NUMBER) == texts("dead", range(_NUMBER))
    account = way.collector.settled()
    assert (account.taken, account.replayed, account.sent) == (_NUMBER, 2, _NUMBER)
    assert list((way.collector.data_dir / "deadletter").iterdir()) == []
