"""`collector graph`."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

import pytest

from collector.run.cli.graph import GraphCommand

GOOD = """
receivers: {generate: {}}
exporters: {'null': {}}
service: {pipelines: {logs: {receivers: [generate], exporters: ['null']}}}
"""


def ran(path: Path, format: str) -> int:  # noqa: A002 as the option is called
    arguments = argparse.Namespace(config=path, format=format)
    return asyncio.run(GraphCommand().run(arguments, None))


@pytest.mark.parametrize(("format", "first"), [("mermaid", "flowchart LR"), ("dot", "digraph")])
def test_prints_the_diagram(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    format: str,  # noqa: A002 as above
    first: str,
) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    assert ran(tmp_path / "a.yaml", format) == 0
    assert capsys.readouterr().out.startswith(first)


def test_a_bad_configuration_is_told_as_validate_tells_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.yaml").write_text("receivers: {nope: {}}")
    assert ran(tmp_path / "a.yaml", "dot") == 1
    output, errors = capsys.readouterr()
    assert output == ""
    assert "a.yaml:1:13: error: receivers.nope" in errors
