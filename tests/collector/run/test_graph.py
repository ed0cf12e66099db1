"""Receivers and the queues that pause them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock

from collector.component import Config, Receiver
from collector.config.load import load
from collector.delivery import Deadlines
from collector.letter import Letter
from collector.metrics import Metrics
from collector.run.graph import Builder, Valve
from collector.run.redactor import Redactor
from collector.testing import context


class Noting(Receiver[Config]):
    def __init__(self) -> None:
        super().__init__(Config(), context("receiver", reactor=Clock()))
        self.said: list[str] = []

    def pause(self) -> None:
        self.said.append("pause")

    def resume(self) -> None:
        self.said.append("resume")


def turned(*turns: tuple[str, bool], close_after: int = 99) -> tuple[Noting, Any]:
    receiver = Noting()
    valve = Valve(receiver)
    for n, (exporter, full) in enumerate(turns):
        if n == close_after:
            valve.close()
        valve.turn(exporter, full)
    return receiver, valve


def test_one_full_queue_pauses_and_the_last_with_room_resumes() -> None:
    receiver, valve = turned(("a", True), ("b", True), ("a", False))
    assert receiver.said == ["pause"]
    assert valve.blocked_by == ("b",)
    valve.turn("b", False)
    assert receiver.said == ["pause", "resume"]


def test_a_pause_can_be_seen_and_dated() -> None:
    receiver, valve = turned(("a", True))
    (gauge,) = receiver.context.metrics.gauges
    assert (gauge.name, gauge.read()) == ("receiver_paused", 1)
    receiver.context.reactor.advance(3)
    valve.turn("a", False)
    assert (gauge.read(), valve.since) == (0, 3)


def test_a_receiver_that_has_quiesced_is_left_alone() -> None:
    receiver, _ = turned(("a", True), ("a", False), close_after=1)
    assert receiver.said == ["pause"]


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
