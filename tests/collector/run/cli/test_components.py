"""`collector components`."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

import pytest

import collector_debug.generate
from collector.run.cli.components import ComponentsCommand

OWN = """
receivers: {mine: {type: 'collector_debug.generate:GenerateReceiver'}}
exporters: {'null': {}}
service: {pipelines: {logs: {receivers: [mine], exporters: ['null']}}}
"""


def ran(config: Path | None) -> int:
    arguments = argparse.Namespace(config=config)
    return asyncio.run(ComponentsCommand().run(arguments, None))


def test_a_class_that_a_configuration_names_is_listed_with_its_module(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.yaml").write_text(OWN)
    assert ran(tmp_path / "a.yaml") == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    file = collector_debug.generate.__file__
    assert ["receivers", "mine", "collector_debug.generate:GenerateReceiver", file] in rows
    assert ran(None) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(rows) - 1


def test_a_bad_configuration_is_told_as_validate_tells_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.yaml").write_text("receivers: {mine: {type: 'no.such:It'}}")
    assert ran(tmp_path / "a.yaml") == 1
    assert "a.yaml:1:26: error: receivers.mine.type: no.such:It" in capsys.readouterr().err
