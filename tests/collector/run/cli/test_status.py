"""`collector status`, of a collector that is made up; tests/system has one that runs."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from collector.run.cli.status import StatusCommand
from collector.run.control_client import ControlClient

RECEIVER = {
    "id": "syslog",
    "kind": "receiver",
    "state": "running",
    "reason": "",
    "seconds": 7300.0,
    "counters": {"accepted_log_records": 1234567},
    "gauges": {"connections": 2},
}
EXPORTER = {
    "id": "dynatrace",
    "kind": "exporter",
    "state": "held",
    "reason": "HTTP 401: the token \x1b[31m is wrong",
    "seconds": 12.0,
    "counters": {"sent_log_records": 7, "rejected_log_records": 2, "dead_lettered_log_records": 1},
    "gauges": {"queued_log_records": 4000.0, "in_flight_log_records": 5.0},
}
STATUS = {
    "version": "1.2",
    "pid": 77,
    "started": "2026-01-02T03:04:05.000Z",
    "config": "a.yaml",
    "ready": True,
    "healthy": False,
    "pipelines": [
        {"id": "logs", "receivers": ["syslog"], "processors": [], "exporters": ["dynatrace"]}
    ],
    "workers": [{"slot": 0, "pid": 78, "ready": True, "old": False}],
    "components": [RECEIVER, EXPORTER],
}


def status(
    capsys: pytest.CaptureFixture[str], place: object, *words: str, **said: Any
) -> tuple[int, str, str]:
    parser, command = argparse.ArgumentParser(), StatusCommand()
    command.arguments(parser)
    answer = (200, json.dumps({**STATUS, **said}).encode())
    with mock.patch.object(ControlClient, "get", return_value=answer):
        code = asyncio.run(command.run(parser.parse_args([str(place), *words]), None))
    return (code, *capsys.readouterr())


def test_it_is_one_screen(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, output, _ = status(capsys, tmp_path)
    first, pipeline, head, receiver, exporter = output.splitlines()
    assert code == 1
    assert first.startswith("collector 1.2 with a.yaml, pid 77, up ")
    assert first.endswith(": an operator is needed")
    assert pipeline == "pipeline logs: syslog > dynatrace"
    assert head.split() == ["KIND", "ID", "STATE", "FOR", "EVENTS", "WAITING", "LOST", "REASON"]
    assert receiver.split() == ["receiver", "syslog", "running", "2h", "1,234,567"]
    assert exporter.split()[:7] == ["exporter", "dynatrace", "held", "12s", "7", "4,005", "3"]


def test_connections_that_a_reload_has_left_are_shown(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    workers = [{"old": True}, {"old": False}, {"old": True}]
    receiver = {**RECEIVER, "gauges": {"old_connections": 3.0}}
    _, output, _ = status(capsys, tmp_path, workers=workers, components=[receiver, EXPORTER])
    assert output.splitlines()[1] == "workers of before a reload: 2, with 3 connections"


def test_what_peers_say_is_safe_for_a_terminal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _, output, _ = status(capsys, tmp_path)
    assert r"the token \x1b[31m is wrong" in output
    assert "\x1b" not in output


def test_an_outage_needs_nobody_and_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    away = [{**RECEIVER, "state": "paused"}, {**EXPORTER, "state": "retrying"}]
    code, output, _ = status(capsys, tmp_path, healthy=True, components=away)
    assert code == 0
    assert output.splitlines()[0].endswith(": syslog paused, dynatrace retrying")
    running = [RECEIVER, {**EXPORTER, "state": "running"}]
    _, output, _ = status(capsys, tmp_path, healthy=True, components=running)
    assert output.splitlines()[0].endswith(": all is well")


def test_the_exit_code_is_the_verdict(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert status(capsys, tmp_path, healthy=True)[0] == 0
    code, output, _ = status(capsys, tmp_path, healthy=True, ready=False)
    assert (code, "starting or stopping" in output) == (1, True)


def test_json_has_every_number(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, output, _ = status(capsys, tmp_path, "--json")
    assert json.loads(output)["components"][0]["gauges"] == {"connections": 2}


def test_nobody_to_ask(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    parser, command = argparse.ArgumentParser(), StatusCommand()
    command.arguments(parser)
    assert asyncio.run(command.run(parser.parse_args([str(tmp_path)]), None)) == 1
    assert "no collector is running here" in capsys.readouterr().err
