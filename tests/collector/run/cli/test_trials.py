"""`collector test`."""

from __future__ import annotations

import argparse
import asyncio
import socket
from pathlib import Path
from typing import Any
from unittest import mock
from xml.etree import ElementTree as ET

import pytest

from collector.run.cli import trials
from collector.run.cli.trials import TrialsCommand

CONFIG = """
receivers: {syslog: {tcp: {endpoint: '127.0.0.1:5514'}}}
processors: {dedup: {interval: 1h}}
exporters: {stdout: {}}
service: {pipelines: {logs: {receivers: [syslog], processors: [dedup], exporters: [stdout]}}}
tests:
"""
TEST = """
  - name: NAME
    send: [{to: syslog, text: "<11>it \\e[31m is\\n"}, {advance: 2h}]
    expect: {exporters: {stdout: {events: [{body: {regex: BODY}}]}}}
"""
GOOD, BAD = TEST.replace("BODY", "it"), TEST.replace("BODY", "never")
Ran = tuple[int, list[str], str]


def ran(capsys: pytest.CaptureFixture[str], path: Path, **options: Any) -> Ran:
    arguments = argparse.Namespace(config=path, **{"filter": "", "junit": None, **options})
    with mock.patch.object(trials, "start_logging"):
        code = asyncio.run(TrialsCommand().run(arguments, None))
    output, errors = capsys.readouterr()
    return code, output.splitlines(), errors


def config(home: Path, *tests: str) -> Path:
    path = home / "a.yaml"
    path.write_text(CONFIG + "".join(tests))
    return path


def test_says_what_passed_and_all_that_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tests = [GOOD.replace("NAME", "one"), BAD.replace("NAME", "two"), BAD.replace("NAME", "three")]
    code, lines, errors = ran(capsys, config(tmp_path, *tests))
    differs = [
        "    stdout: event 1 differs",
        '    stdout:   - body: a match of "never"',
        '    stdout:   + body: "it \\u001b[31m is"',
    ]
    assert (code, errors) == (1, "")
    assert lines[:-1] == ["ok one", "FAILED two", *differs, "FAILED three", *differs]
    assert lines[-1].startswith("1 passed, 2 failed in ")


def test_a_filter_chooses_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = config(tmp_path, GOOD.replace("NAME", "one"), BAD.replace("NAME", "two"))
    code, lines, _ = ran(capsys, path, filter="on")
    assert (code, lines[0]) == (0, "ok one")
    code, _, errors = ran(capsys, path, filter="none")
    assert (code, errors) == (1, "no test has such a name\n")
    code, _, errors = ran(capsys, config(tmp_path, " []"))
    assert (code, errors) == (1, "there are no tests\n")


def test_the_report_is_junits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = config(tmp_path, GOOD.replace("NAME", "one"), BAD.replace("NAME", "<two>"))
    assert ran(capsys, path, junit=tmp_path / "report.xml")[0] == 1
    root = ET.parse(tmp_path / "report.xml").getroot()  # noqa: S314 our own
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuite", "2", "1")
    one, two = root.findall("testcase")
    assert (one.get("name"), list(one)) == ("one", [])
    failure = two.find("failure")
    assert failure is not None
    assert failure.get("message") == "stdout: event 1 differs"
    assert "\\u001b[31m" in str(failure.text)


def test_a_report_that_cannot_be_written_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = config(tmp_path, GOOD.replace("NAME", "one"))
    code, _, errors = ran(capsys, path, junit=tmp_path / "none" / "report.xml")
    assert code == 1
    assert "cannot write" in errors


def test_fifty_tests_make_no_socket_and_wait_for_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = config(tmp_path, *(GOOD.replace("NAME", f"number {n}") for n in range(50)))
    with (
        mock.patch.object(socket.socket, "bind", side_effect=AssertionError),
        mock.patch("time.sleep", side_effect=AssertionError),
    ):
        code, lines, _ = ran(capsys, path)
    assert (code, sum(line.startswith("ok ") for line in lines)) == (0, 50)


@pytest.mark.parametrize("beside", [False, True])
def test_mistakes_are_told_as_validate_tells_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, beside: bool
) -> None:
    wrong = GOOD.replace("syslog", "sislog")
    path = config(tmp_path, "" if beside else wrong)
    if beside:
        (tmp_path / "a.tests.yaml").write_text(f"tests:\n{wrong}")
    code, lines, errors = ran(capsys, path)
    assert (code, lines) == (1, [])
    assert "no receiver or pipeline sislog; did you mean syslog?" in errors
