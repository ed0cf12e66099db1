"""One receiver in two pipelines, two exporters in one: each is served for itself."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.system.collecting import Account, collector, configuration
from tests.system.network import free_port, lines, send_stream, texts
from tests.system.sandbox import sandbox
from tests.system.waiting import eventually
from tests.system.way import Way

pytestmark = pytest.mark.system

_NUMBER = 2000


def test_every_pipeline_and_every_exporter_gets_every_event(way: Way, tmp_path: Path) -> None:
    with sandbox(tmp_path) as b:
        a = way.sandbox
        exporters = {"dynatrace/a": {"endpoint": a.url}, "dynatrace/b": {"endpoint": b.url}}
        pipelines = {"logs": ["dynatrace/a", "dynatrace/b"], "logs/again": ["dynatrace/b"]}

        def configure(port: int, data_dir: Path) -> str:
            return configuration(port, data_dir, exporters, pipelines=pipelines)

        with collector(tmp_path, configure) as source:
            send_stream(source.port, lines("fan", range(_NUMBER)))
            assert a.contents("fan-", _NUMBER) == texts("fan", range(_NUMBER))
            twice = Counter(b.contents("fan-", 2 * _NUMBER))
            accounts = [source.settled(id).sent for id in exporters]
    assert twice == dict.fromkeys(texts("fan", range(_NUMBER)), 2)
    assert accounts == [_NUMBER, 2 * _NUMBER]


def test_a_dead_exporter_does_not_slow_a_healthy_one(way: Way, tmp_path: Path) -> None:
    exporters = {
        "dynatrace": {"endpoint": way.sandbox.url},
        "dynatrace/dead": {"endpoint": f"http://127.0.0.1:{free_port()}"},
    }

    def configure(port: int, data_dir: Path) -> str:
        return configuration(port, data_dir, exporters, service={"shutdown_timeout": "2s"})

    with collector(tmp_path, configure) as source:
        for part in range(3):
            numbers = range(part * _NUMBER, (part + 1) * _NUMBER)
            send_stream(source.port, lines("alive", numbers))
            way.sandbox.arrived("alive-", len(numbers) * (part + 1))
        dead = Account(source.metrics(), "dynatrace/dead")
        assert (dead.taken, dead.waiting) == (3 * _NUMBER, 3 * _NUMBER)
        said = eventually(lambda: source.ask("/readyz"), lambda said: "retrying" in said[1])
    assert said[0] == 200
    assert "dynatrace/dead" in said[1]
