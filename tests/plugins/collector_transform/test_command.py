"""`collector ottl`: one statement over events."""

from __future__ import annotations

import argparse
import json
from collections.abc import AsyncIterator
from typing import Any
from unittest import mock

import pytest

from collector_transform.command import OttlCommand

ERROR = b'{"time": 1, "body": "a timeout", "severity_number": 17}'
INFO = b'{"time": 2, "body": "all is well", "severity_number": 9}'
Ran = tuple[int, str, str]


def ran(
    capsys: pytest.CaptureFixture[str], text: str, *lines: bytes, context: str | None = None
) -> Ran:
    """Exit code, output and complaints."""

    async def given() -> AsyncIterator[list[bytes]]:
        yield list(lines)

    arguments = argparse.Namespace(text=text, context=context)
    with mock.patch("collector_transform.command.standard_lines", given):
        running = OttlCommand().run(arguments, None)
        with pytest.raises(StopIteration) as ended:
            running.send(None)
    return ended.value.value, *capsys.readouterr()


def shown(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_a_statement_prints_the_events_after_it(capsys: pytest.CaptureFixture[str]) -> None:
    text = 'set(log.attributes["bad"], true) where log.severity_number > 12'
    code, output, errors = ran(capsys, text, ERROR, INFO)
    assert (code, errors) == (0, "")
    assert [event.get("attributes") for event in shown(output)] == [{"bad": True}, None]


def test_a_condition_prints_the_events_for_which_it_is_true(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, output, errors = ran(capsys, 'IsMatch(log.body, "time")', ERROR, INFO)
    assert (code, errors) == (0, "true for 1 of 2 events\n")
    assert [event["body"] for event in shown(output)] == ["a timeout"]


def test_a_condition_that_is_true_for_none_is_exit_code_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ran(capsys, "log.severity_number > 20", ERROR) == (1, "", "true for 0 of 1 events\n")


def test_says_how_many_a_statement_has_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    code, output, errors = ran(capsys, "drop() where log.severity_number < 12", ERROR, INFO)
    assert (code, errors) == (0, "dropped 1 of 2 events\n")
    assert len(shown(output)) == 1


def test_paths_without_a_prefix_need_a_context(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, errors = ran(capsys, 'set(body, "x")', INFO)
    assert code == 2
    assert "^" in errors
    code, output, _ = ran(capsys, 'set(body, "x")', INFO, context="log")
    assert (code, shown(output)[0]["body"]) == (0, "x")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('set(log.attributes["x"], Uper(log.body))', "Uper"),
        ('sett(log.body, "x")', "sett"),
        ('set(log.body, "x") wher true', "wher"),
        ("log.severity_number >= >", ">"),
        ("not (log.body == nope)", "nope"),
        ('IsMatch(log.body, "(")', '"("'),
    ],
)
def test_a_mistake_is_marked_under_the_text(
    capsys: pytest.CaptureFixture[str], text: str, wrong: str
) -> None:
    code, output, errors = ran(capsys, text)
    said, line, mark = errors.splitlines()
    assert (code, output, line.strip()) == (2, "", text)
    assert said
    assert line[mark.index("^") :].startswith(wrong[0])


def test_lines_that_are_no_events_are_named_and_the_others_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrong = [b"\xff\xfe\x00", b"nonsense", b'{"bodi": 1}', b'{"time": "soon"}', b"[]"]
    code, output, errors = ran(capsys, 'set(log.body, "x")', *wrong, INFO)
    assert code == 1
    assert [event["body"] for event in shown(output)] == ["x"]
    assert [line.partition(":")[0] for line in errors.splitlines()] == [
        f"line {n}" for n in range(1, 6)
    ]
    assert "bodi" in errors


def test_garbage_without_end_is_told_in_a_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, errors = ran(capsys, 'set(log.body, "x")', *[b"\x80"] * 1000)
    assert code == 1
    assert errors.endswith("and 990 lines more that are no events\n")


def test_a_statement_that_fails_on_an_event_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    code, output, errors = ran(capsys, "set(log.body, ParseJSON(log.body))", INFO)
    assert code == 1
    assert shown(output)[0]["body"] == "all is well"
    assert errors.startswith("failed on 1 of 1 events: ")
    assert "well" not in errors


def test_what_a_terminal_would_obey_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    line = json.dumps({"body": "\x1b[2J \x9b5n \u202e \U000e0001"}, ensure_ascii=False).encode()
    _, output, _ = ran(capsys, 'set(log.attributes["x"], 1)', line)
    assert output.strip().isprintable()
    assert shown(output)[0]["body"] == "\x1b[2J \x9b5n \u202e \U000e0001"
