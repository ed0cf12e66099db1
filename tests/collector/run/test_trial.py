"""What is expected of events, and how a difference is told."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from collector.config.load import load
from collector.run.trial import differences, failures

FOUND = {"body": "a fault", "time": 7, "attributes": {"n": 1, "deep": {"x": [1, 2]}}}


@pytest.mark.parametrize(
    "expected",
    [
        {},
        {"body": "a fault", "time": 7},
        {"body": {"regex": "fau.t$"}, "trace_id": {"absent": True}},
        {"body": {"absent": False}},
        {"attributes": {"n": 1}},
        {"attributes": {"deep": {"x": [1, 2]}, "other": {"absent": True}}},
        {"attributes": {"deep": {"exact": {"x": [1, 2]}}}},
    ],
)
def test_what_is_as_expected_says_nothing(expected: dict[str, Any]) -> None:
    assert list(differences(expected, FOUND)) == []


@pytest.mark.parametrize(
    ("expected", "lines"),
    [
        ({"body": "none"}, ['- body: "none"', '+ body: "a fault"']),
        ({"flags": 1}, ["- flags: 1", "+ flags: absent"]),
        ({"body": {"regex": "^f"}}, ['- body: a match of "^f"', '+ body: "a fault"']),
        ({"body": {"absent": True}}, ["- body: absent", '+ body: "a fault"']),
        ({"flags": {"absent": False}}, ["- flags: anything", "+ flags: absent"]),
        ({"flags": {"regex": "1"}}, ['- flags: a match of "1"', "+ flags: absent"]),
        ({"attributes": {"n": True}}, ["- attributes.n: true", "+ attributes.n: 1"]),
        (
            {"attributes": {"deep": {"x": [2, 1]}}},
            ["- attributes.deep.x: [2,1]", "+ attributes.deep.x: [1,2]"],
        ),
        (
            {"attributes": {"deep": {"exact": {}}}},
            ["- attributes.deep: {}", '+ attributes.deep: {"x":[1,2]}'],
        ),
        ({"body": {"x": 1}}, ["- body.x: 1", "+ body.x: absent"]),
    ],
)
def test_a_difference_says_both_sides(expected: dict[str, Any], lines: list[str]) -> None:
    assert list(differences(expected, FOUND)) == lines


CONFIG = """
receivers:
  syslog: {udp: {endpoint: '127.0.0.1:5514'}, tcp: {endpoint: '127.0.0.1:5514'}}
  http: {endpoint: '127.0.0.1:8088'}
  fluent_forward: {endpoint: '127.0.0.1:24224', udp_heartbeat: true}
  otlp: {protocols: {http: {endpoint: '127.0.0.1:4318'}}}
  generate: {rate: 2, count: 3}
processors:
  dedup: {interval: 10s}
  filter: {log_conditions: ['log.body == "noise"']}
connectors: {forward: {}}
exporters:
  file: {path: /nonexistent/file}
  dynatrace:
    endpoint: https://abc12345.live.dynatrace.com
    auth: bearer
    api_token: canary-of-a-token
service:
  data_dir: DATA
  pipelines:
    logs:
      receivers: [syslog, http, fluent_forward, otlp, generate]
      processors: [filter]
      exporters: [file, forward]
    logs/out: {receivers: [forward], processors: [dedup], exporters: [dynatrace]}
tests:
  - {name: one, SAID}
"""


#: Tests that pass.
DRIVEN = """
send: [{to: syslog, text: ['<11>x', '<191>noise'], over: datagrams, peer: '192.0.2.5:9'}],
expect: {exporters: {file: {events: [{body: x, resource: {net.peer.ip: 192.0.2.5}}]}},
  drops: {filtered: 1}}

send: [{to: syslog, text: '5 <11>x7 <11>abc', cut: 1}],
expect: {exporters: {file: {events: [{body: x}, {body: abc}]}}, flags: {missing_pri: 0}}

send: [{to: syslog, hex: '3c31313e ff 0a'}], expect: {flags: {invalid_utf8: 2}}

now: '2024-02-29T12:00:00Z', send: [{to: syslog, text: 'no time'}],
expect: {exporters: {file: {events: [{time: 1709208000000000000}]}}}

now: '2024-12-31T23:59:59Z', send: [{to: syslog, text: '<11>Jan  1 00:00:00 h a: x'}],
expect: {exporters: {file: {events: [{time: 1735689600000000000}]}}}

send: [{to: http, text: '{"message": "hello"}'}, {to: http, text: x, path: /no}],
expect: {statuses: [204, 404], exporters: {dynatrace: {events: [{body: hello}]}}}

send: [{to: logs, text: x}], expect: {statuses: []}

send: [{to: fluent_forward, base64: 'k6N0YWfOZ4AAAIGjbG9nomhp'}],
expect: {exporters: {file: {events: [{body: hi}]}}}

send: [{to: otlp, path: /v1/logs, headers: {Content-Type: application/json},
  text: '{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "hi"}}]}]}]}'}],
expect: {statuses: [200], exporters: {file: {events: [{body: hi}]}}}

send: [{to: logs/out, text: [a, a]}, {advance: 11s}], flush: false,
expect: {exporters: {dynatrace: {count: 2}, file: {count: 0}}}

send: [{to: logs/out, text: [a, a]}, {advance: 9s}], flush: false,
expect: {exporters: {dynatrace: {count: 1}}}

send: [{to: logs/out, text: [a, a]}], expect: {exporters: {dynatrace: {count: 2}}}

send: [{to: logs, events: [{body: x, severity_number: 9}]}],
expect: {exporters: {dynatrace: {events: [{severity_number: 9}]}}}
"""


def found(home: Path, said: str) -> list[str]:
    """The failures of one test."""
    path = home / "a.yaml"
    path.write_text(CONFIG.replace("SAID", said).replace("DATA", str(home / "data")))
    description = load(path)
    lines = asyncio.run(failures(description, description.trials[0]))
    assert not (home / "data").exists()
    return lines


@pytest.mark.parametrize("said", DRIVEN.strip().split("\n\n"))
def test_receivers_and_pipelines_are_driven(tmp_path: Path, said: str) -> None:
    assert found(tmp_path, said) == []


def test_all_that_differs_is_told(tmp_path: Path) -> None:
    said = (
        "send: [{to: logs, text: [a, b, noise]}, {to: http, text: x, path: /no}],"
        "expect: {exporters: {file: {events: [{body: a}, {body: x}, {body: y}]},"
        "dynatrace: {count: 1}}, drops: {filtered: 2}, flags: {truncated: 1}, statuses: [204]}"
    )
    lines = found(tmp_path, said)
    assert lines[:7] == [
        "file: expected 3 events, found 2",
        "file: event 2 differs",
        'file:   - body: "x"',
        'file:   + body: "b"',
        'file: event 3 is missing: {"body":"y"}',
        "dynatrace: expected 1 events, found 2",
        lines[6],
    ]
    assert lines[6].startswith('dynatrace: event 2 was not expected: {"time":')
    assert lines[7:] == [
        "drops of filtered: expected 2, found 1",
        "flags of truncated: expected 1, found 0",
        "statuses: expected [204], found [404]",
    ]


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ("{to: generate, text: x}", "generate takes no bytes"),
        ("{to: http, text: x, over: datagrams}", "http has no listener for datagrams"),
        ("{to: syslog, text: x, port: 9}", "syslog has no listener for a stream at port 9"),
    ],
)
def test_what_a_receiver_cannot_be_given_is_told(tmp_path: Path, step: str, why: str) -> None:
    (line,) = found(tmp_path, f"send: [{step}], expect: {{flags: {{truncated: 0}}}}")
    assert line.startswith(why)


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    said = "send: [{to: logs, text: canary-of-a-token}], expect: {exporters: {file: {count: 0}}}"
    lines = found(tmp_path, said)
    assert lines
    assert "canary-of-a-token" not in "".join(lines)
