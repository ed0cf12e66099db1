"""`collector tap`, of a collector that is made up; tests/system has one that runs."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest

from collector.run.cli import tap
from collector.run.control_client import ControlClient, NotRunning

Ran = tuple[int, str, str]


def said(*events: str, left_out: int = 0) -> tuple[int, bytes]:
    return 200, json.dumps({"events": events, "left_out": left_out}).encode()


def run(capsys: pytest.CaptureFixture[str], place: Path, *words: str, answers: Any) -> Ran:
    parser, command = argparse.ArgumentParser(), tap.TapCommand()
    command.arguments(parser)
    arguments = parser.parse_args([str(place), "syslog", *words])
    with (
        mock.patch.object(ControlClient, "get", side_effect=answers),
        mock.patch.object(tap, "_EVERY", 0),
    ):
        return (asyncio.run(command.run(arguments, None)), *capsys.readouterr())


def test_it_prints_what_came_until_there_are_enough(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    answers = [said(), said('{"body":1}', '{"body":2}', left_out=1234), said("3", "4", "5")]
    code, out, err = run(capsys, tmp_path, "--limit", "4", answers=answers)
    assert (code, out) == (0, '{"body":1}\n{"body":2}\n3\n4\n')
    assert err == "1,234 events left out\n"


def test_every_question_is_the_same_and_whole(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked: list[str] = []

    def answer(path: str) -> tuple[int, bytes]:
        asked.append(path)
        return said("1")

    words = ("--where", 'log.body == "a&b"', "--rate", "7", "--limit", "2")
    assert run(capsys, tmp_path, *words, answers=answer)[0] == 0
    assert len(asked) == 2
    assert asked[0] == asked[1]
    query = parse_qs(urlsplit(asked[0]).query)
    assert len(query.pop("id")[0]) == 16
    assert query == {"edge": ["syslog"], "where": ['log.body == "a&b"'], "rate": ["7"]}


def test_a_refusal_ends_it_line_by_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    refusal = 400, b"no such path\n    log.\x1bbdy\n    ^^^^\n"
    code, out, err = run(capsys, tmp_path, answers=[refusal])
    assert (code, out, err) == (1, "", "no such path\n    log.\\x1bbdy\n    ^^^^\n")


def test_no_collector_is_a_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = run(capsys, tmp_path, answers=NotRunning("no collector is running here"))
    assert (code, out, err) == (1, "", "no collector is running here\n")


@pytest.mark.parametrize("words", [("--limit", "0"), ("--rate", "x"), ("--rate", "-1")])
def test_numbers_are_positive(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, str]
) -> None:
    with pytest.raises(SystemExit):
        run(capsys, tmp_path, *words, answers=[])
