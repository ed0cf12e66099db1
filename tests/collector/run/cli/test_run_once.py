"""`collector run-once`: standard input through a configuration."""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
from pathlib import Path
from typing import Any
from unittest import mock

import msgpack
import pytest

from collector import standard_input
from collector.run.cli import run_once
from collector.run.cli.run_once import RunOnceCommand
from collector.run.process import StartError

CONFIG = """
receivers:
  syslog: {tcp: {endpoint: '127.0.0.1:5514'}}
  syslog/udp: {udp: {endpoint: '127.0.0.1:5515'}}
  http: {endpoint: '127.0.0.1:8088'}
  fluent_forward: {endpoint: '127.0.0.1:24224'}
  generate: {}
processors:
  filter: {log_conditions: ['IsMatch(log.body, "noise")']}
  transform:
    log_statements: ['set(log.attributes["who"], log.body)', 'delete_key(log.attributes, "old")']
  dedup: {interval: 10s}
  multiline: {line_start_pattern: '^[^ ]'}
connectors:
  forward: {}
  routing: {table: [{condition: 'log.body == "one"', pipelines: [logs/routed]}]}
exporters:
  dynatrace:
    endpoint: https://abc12345.live.dynatrace.com
    auth: bearer
    api_token: canary-of-a-token
service:
  data_dir: DATA
  pipelines:
    logs:
      receivers: [syslog, syslog/udp, http, fluent_forward, generate]
      processors: [filter, transform]
      exporters: [forward]
    logs/out: {receivers: [forward], processors: [dedup], exporters: [dynatrace]}
    logs/joined: {receivers: [generate], processors: [multiline], exporters: [routing]}
    logs/routed: {receivers: [routing], exporters: [dynatrace]}
"""
Ran = tuple[int, list[str], str]


class Commanded:
    """The command with a configuration of its own."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data = home / "data"
        self.config = home / "a.yaml"
        self.config.write_text(CONFIG.replace("DATA", str(self.data)))
        self._capsys = capsys

    def ran(self, given: bytes, **options: Any) -> Ran:
        async def read(_: int) -> bytes:
            return parts.pop(0) if parts else b""

        parts = [given]
        plain = {"pipeline": None, "receiver": None, "events": False, "trace": False, "path": "/"}
        arguments = argparse.Namespace(config=self.config, **{**plain, **options})
        with (
            mock.patch.object(standard_input, "_read", read),
            mock.patch.object(run_once, "start_logging"),
        ):
            code = asyncio.run(RunOnceCommand().run(arguments, None))
        output, errors = self._capsys.readouterr()
        assert not self.data.exists()
        return code, output.splitlines(), errors


@pytest.fixture
def commanded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Commanded:
    return Commanded(tmp_path, capsys)


def given(lines: list[str]) -> list[dict[str, Any]]:
    """What an exporter would be given."""
    found: list[dict[str, Any]] = [
        json.loads(line.removeprefix("dynatrace: "))
        for line in lines
        if line.startswith("dynatrace: ")
    ]
    return found


def test_lines_go_through_processors_and_connectors(commanded: Commanded) -> None:
    code, lines, errors = commanded.ran(b"one\nnoise\ntwo\n", pipeline="logs")
    assert (code, errors) == (0, "dropped: filtered 1\n")
    assert [(event["body"], event["attributes"]) for event in given(lines)] == [
        ("one", {"who": "one"}),
        ("two", {"who": "two"}),
    ]


def test_events_are_taken_with_all_that_they_say(commanded: Commanded) -> None:
    code, lines, _ = commanded.ran(
        b'{"body": "x", "severity_number": 9}\nno\n', pipeline="logs/out", events=True
    )
    assert code == 1
    assert [event["severity_number"] for event in given(lines)] == [9]


def test_lines_that_are_no_events_are_named(commanded: Commanded) -> None:
    code, lines, errors = commanded.ran(
        b'\xff\n{"body": "x"}\n[]', pipeline="logs/out", events=True
    )
    assert (code, len(given(lines))) == (1, 1)
    assert [line.partition(":")[0] for line in errors.splitlines()] == ["line 1", "line 3"]


def test_the_trace_shows_each_step_with_reasons_and_times(commanded: Commanded) -> None:
    events = b'{"body": "one", "attributes": {"old": 1}}\n{"body": "noise"}\n{"body": "one"}\n'
    code, lines, _ = commanded.ran(events, pipeline="logs", events=True, trace=True)
    said = [line.strip() for line in lines]
    assert code == 0
    assert "event 2 dropped: filtered" in said
    at = said.index("event 1 changed")
    assert said[at + 1 : at + 3] == ["- attributes.old: 1", '+ attributes.who: "one"']
    steps = [line for line in said if line.endswith(" us")]
    assert [line.rpartition(",")[0] for line in steps[:2]] == [
        "logs filter: 3 in, 2 out",
        "logs transform: 2 in, 2 out",
    ]
    assert "pipeline logs/out: 2 events" in said


def test_the_trace_shows_what_is_kept_back_and_what_goes_nowhere(commanded: Commanded) -> None:
    code, lines, errors = commanded.ran(b"one\ntwo\n  more\n", pipeline="logs/joined", trace=True)
    said = [line.strip() for line in lines]
    assert code == 0
    assert "event 2 kept back" in said
    assert "event 3 dropped: merged" in said
    assert any(line.startswith("logs/joined multiline: lets go of 1 event") for line in said)
    assert any(line.endswith("dropped: not_routed") for line in said)
    assert any(line.startswith("routing: 1 in, 1 to logs/routed, ") for line in said)
    assert [event["body"] for event in given(lines)] == ["one"]
    assert "not_routed 1" in errors


def test_secrets_are_not_shown(commanded: Commanded) -> None:
    _, lines, _ = commanded.ran(b"canary-of-a-token\n", pipeline="logs", trace=True)
    assert len(given(lines)) == 1
    assert "canary-of-a-token" not in "".join(lines)


def test_bytes_go_through_a_receivers_parser(commanded: Commanded) -> None:
    message = b"<11>Jan  2 03:04:05 fw1 app: a \x1b[31m b"
    for receiver in ("syslog", "syslog/udp"):
        code, lines, _ = commanded.ran(message, receiver=receiver)
        (event,) = given(lines)
        assert (code, event["body"]) == (0, "a \x1b[31m b")
        assert event["attributes"]["syslog.hostname"] == "fw1"
        assert event["resource"]["net.transport"] == ("udp" if "udp" in receiver else "tcp")
        assert all(line.isprintable() for line in lines)


def test_a_forward_frame_and_a_request_are_read_too(commanded: Commanded) -> None:
    frame = msgpack.packb(["tag", [[1767322800, {"log": "hello"}]]])
    assert given(commanded.ran(frame, receiver="fluent_forward")[1])[0]["body"] == "hello"
    code, lines, _ = commanded.ran(b'{"message": "hello"}', receiver="http")
    assert (code, given(lines)[0]["body"]) == (0, "hello")
    code, _, errors = commanded.ran(b"{}", receiver="http", path="/nowhere")
    assert (code, errors) == (1, "the receiver has answered 404\n")


def test_garbage_is_survived(commanded: Commanded) -> None:
    rubbish = base64.b85encode(bytes(range(256))) + bytes(range(256)) * 20
    for options in ({"pipeline": "logs"}, {"receiver": "syslog"}, {"receiver": "fluent_forward"}):
        code, lines, _ = commanded.ran(rubbish, **options)
        assert code == 0
        assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "give --pipeline, one of logs, logs/out, logs/joined, logs/routed, or --receiver"),
        ({"pipeline": "log"}, "there is no pipeline log; did you mean logs?"),
        ({"receiver": "sislog"}, "no pipeline has a receiver sislog; did you mean syslog?"),
        ({"receiver": "syslog", "events": True}, "--events go into a pipeline"),
    ],
)
def test_wrong_usage_is_told(commanded: Commanded, options: dict[str, Any], said: str) -> None:
    code, _, errors = commanded.ran(b"x", **options)
    assert code == 2
    assert said in errors


def test_a_receiver_that_takes_no_bytes_is_told(commanded: Commanded) -> None:
    with pytest.raises(StartError, match="generate takes no bytes"):
        commanded.ran(b"x", receiver="generate")


def test_a_bad_configuration_is_told_as_validate_tells_it(commanded: Commanded) -> None:
    commanded.config.write_text("receivers: {nope: {}}")
    code, _, errors = commanded.ran(b"x", pipeline="logs")
    assert code == 1
    assert "a.yaml:1:13: error: receivers.nope" in errors
