"""`collector import`: exit codes, files and the summary."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from collector_import.command import ImportCommand

SOURCE = """receivers:
  fluentforward: {endpoint: ':24224'}
processors: {batch: }
exporters: {otlphttp: {endpoint: '${env:NOT_HERE}'}}
service:
  pipelines: {logs: {receivers: [fluentforward], processors: [batch], exporters: [otlphttp]}}
"""
Ran = tuple[int, str, str]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "otelcol.yaml"
    path.write_text(SOURCE)
    path.chmod(0o640)
    return path


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> Ran:
    """Exit code, output and complaints."""
    parser = argparse.ArgumentParser()
    command = ImportCommand()
    command.arguments(parser)
    running = command.run(parser.parse_args(words), None)
    with pytest.raises(StopIteration) as ended:
        running.send(None)
    return ended.value.value, *capsys.readouterr()


def test_prints_the_configuration_and_says_what_became_of_it(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, output, errors = ran(capsys, str(source))
    assert code == 0
    assert "fluent_forward: {endpoint: ':24224'}" in output
    assert f"{source}:3: left out: batch (line 3): exporters gather" in errors
    assert f"{source}: 4 carried, 1 changed, 1 left out\n" in errors
    assert errors.endswith("it needs these, which were not looked at: NOT_HERE\n")


def test_writes_a_new_file_that_no_more_people_may_read(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = source.parent / "collector.yaml"
    code, output, _ = ran(capsys, str(source), "-o", str(out))
    assert (code, output) == (0, "")
    assert "otlp_http" in out.read_text()
    assert out.stat().st_mode & 0o777 & ~0o640 == 0


def test_a_file_that_is_there_is_kept(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, errors = ran(capsys, str(source), "-o", str(source))
    assert (code, errors) == (1, f"cannot write {source}: File exists\n")
    assert source.read_text() == SOURCE


def test_problems_have_their_place_and_exit_code_1(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source.write_text("receivers: {a: 1, a: 2}\n")
    code, output, errors = ran(capsys, str(source))
    assert (code, output) == (1, "")
    assert errors == f"{source}:1:19: error: receivers: key 'a' is given twice, first on line 1\n"


def test_a_file_that_is_not_there_is_named(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source.unlink()
    assert ran(capsys, str(source)) == (1, "", f"{source}:1:1: error: the file does not exist\n")
