"""Receivers and the queues that pause them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock

from collector.config.load import load
from collector.delivery import Deadlines
from collector.letter import Letter
from collector.metrics import Metrics
from collector.run.graph import Builder
from collector.run.redactor import Redactor


def test_the_dead_letter_of_each_component_has_its_bound_and_no_secrets(tmp_path: Path) -> None:
    pipelines = {"logs": {"receivers": ["generate"], "exporters": ["null"]}}
    service = {"data_dir": str(tmp_path), "dead_letter": {"max_size": "1MiB"}}
    config = tmp_path / "collector.yaml"
    said: dict[str, Any] = {"receivers": {"generate": {}}, "exporters": {"null": {}}}
    config.write_text(json.dumps({**said, "service": {**service, "pipelines": pipelines}}))
    metrics, clock = Metrics(), Clock()
    builder = Builder(load(config), clock, metrics, Redactor(["CANARY"]))
    graph = builder.build(Deadlines(clock))
    assert set(graph.letters) == {("receiver", "generate"), ("exporter", "null")}
    letters = graph.letters["exporter", "null"]
    assert graph.exporters["null"].context.letters is letters
    for _ in range(6):
        letters.write([Letter(row=b"x" * 200_000, reason="poison", text="token CANARY")])
    (directory,) = tmp_path.glob("deadletter")
    files = [path.read_bytes() for path in directory.iterdir()]
    assert sum(map(len, files)) <= 1 << 20
    assert b"token ***" in files[0]
    assert not [data for data in files if b"CANARY" in data]
    assert metrics.get("exporter_discarded_dead_letters", exporter="null") == 2


def test_a_full_queue_pauses_the_receivers_on_the_other_side_of_a_connector(tmp_path: Path) -> None:
    said = {
        "receivers": {"generate": {}, "generate/other": {}},
        "connectors": {"forward": {}},
        "exporters": {"null": {"queue": {"type": "memory"}}, "null/other": {}},
        "service": {
            "data_dir": str(tmp_path),
            "pipelines": {
                "logs/b": {"receivers": ["forward"], "exporters": ["null"]},
                "logs": {"receivers": ["generate"], "exporters": ["forward", "null/other"]},
                "logs/c": {"receivers": ["generate/other"], "exporters": ["null/other"]},
            },
        },
    }
    config = tmp_path / "collector.yaml"
    config.write_text(json.dumps(said))
    clock = Clock()
    graph = Builder(load(config), clock, Metrics(), Redactor()).build(Deadlines(clock))
    assert [pipeline.id for pipeline in graph.pipelines] == ["logs", "logs/b", "logs/c"]
    assert graph.connectors["forward"].pipelines == ("logs/b",)
    graph.outlets["null"]._overflow._on_full(True)
    assert {id: valve.blocked_by for id, valve in graph.valves.items()} == {
        "generate": ("null",),
        "generate/other": (),
    }


def test_a_component_has_one_edge_in_all_pipelines(tmp_path: Path) -> None:
    pipelines = {
        name: {"receivers": ["generate"], "processors": ["filter"], "exporters": ["null"]}
        for name in ("logs", "logs/b")
    }
    said = {
        "receivers": {"generate": {}},
        "processors": {"filter": {"log_conditions": ["log.body == nil"]}},
        "exporters": {"null": {}},
        "service": {"data_dir": str(tmp_path), "pipelines": pipelines},
    }
    config = tmp_path / "collector.yaml"
    config.write_text(json.dumps(said))
    clock = Clock()
    graph = Builder(load(config), clock, Metrics(), Redactor()).build(Deadlines(clock))
    for component in graph.components:
        key = component.context.kind, component.context.id
        assert component.context.edge is graph.edges[key]
    assert len(graph.processors) == 2
    assert set(graph.edges) == {
        ("receiver", "generate"),
        ("processor", "filter"),
        ("exporter", "null"),
    }
