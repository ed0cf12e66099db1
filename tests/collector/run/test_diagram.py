"""Pipelines as diagrams."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from collector.config.description import Description
from collector.config.load import load
from collector.run.diagram import dot, mermaid

CONFIG = """
receivers: {generate: {}, generate/b: {}}
processors: {batch: {}, batch/b: {}}
connectors: {forward: {}}
exporters: {'null': {}, stdout: {}}
service:
  pipelines:
    logs/in: {receivers: [generate, generate/b], processors: [batch, batch/b], exporters: [forward]}
    logs: {receivers: [forward], exporters: ['null', stdout]}
"""


@pytest.fixture
def description(tmp_path: Path) -> Description:
    path = tmp_path / "a.yaml"
    path.write_text(CONFIG)
    return load(path)


def test_mermaid_has_each_component_once_and_every_way(description: Description) -> None:
    text = mermaid(description)
    for node in ('r1(["generate"])', 'r2(["generate/b"])', 'c1{{"forward"}}', 'e2[("stdout")]'):
        assert text.count(f"{node}\n") == 1
    assert text.count('["batch') == 2
    assert re.findall(r"(\w+) --> (\w+)", text) == [
        ("r1", "p1_1"),
        ("r2", "p1_1"),
        ("p1_1", "p1_2"),
        ("p1_2", "c1"),
        ("c1", "p2_1"),
        ("p2_1", "e1"),
        ("p2_1", "e2"),
    ]


def test_dot_says_the_same(description: Description) -> None:
    text = dot(description)
    assert re.findall(r"(\w+) -> (\w+)", text) == re.findall(
        r"(\w+) --> (\w+)", mermaid(description)
    )
    assert '    c1 [label="forward" shape=hexagon]\n' in text
    assert text.count("{") == text.count("}") == 3
