"""`collector dashboards`: files appear, or a sentence says why they do not."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

import pytest

from collector.run.cli.dashboards import DashboardsCommand


def _run(directory: Path) -> int:
    arguments = argparse.Namespace(directory=directory)
    return asyncio.run(DashboardsCommand().run(arguments, None))


def test_writes_what_it_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(tmp_path) == 0
    named = {Path(line).name for line in capsys.readouterr().out.splitlines()}
    assert named == {"collector-grafana.json", "collector-prometheus-rules.yaml"}
    assert {path.name for path in tmp_path.iterdir()} == named
    assert all(path.stat().st_size for path in tmp_path.iterdir())


def test_a_directory_that_is_not_there_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(tmp_path / "gone") == 1
    said = capsys.readouterr().err
    assert said.endswith("collector-grafana.json: No such file or directory\n")
