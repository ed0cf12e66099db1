"""`collector deadletter`: what it shows of the files, and what it says when it cannot replay."""

from __future__ import annotations

import argparse
import asyncio
import io
import itertools
import json
import sys
import threading
from pathlib import Path

import pytest

from collector.letter import Death, Letter
from collector.outputs.letters.file import LetterFile
from collector.outputs.letters.names import path_of
from collector.run.cli import deadletter as module
from collector.run.cli.deadletter import DeadLetterCommand
from collector.run.control_client import ControlClient

_SECOND = 10**9
_NOON = 1_769_860_800 * _SECOND  # 2026-01-31T12:00:00Z
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A data directory with some dead letters."""
    exporter = LetterFile(path_of(tmp_path, "exporter", "dynatrace/eu"), "dynatrace/eu")
    history = (Death(_NOON - 3600 * _SECOND, "stale", attempts=2),)
    exporter.write(
        [
            Letter(
                row=b"one \x1b[31m", reason="poison", text="400: \x07no", time=_NOON, attempts=1
            ),
            Letter(row=b"\xff", reason="stale", time=_NOON + 60 * _SECOND),
            Letter(row=b"3", reason="poison", time=_NOON + 120 * _SECOND, history=history),
        ]
    )
    receiver = LetterFile(path_of(tmp_path, "receiver", "syslog"), "syslog")
    receiver.write([Letter(row=b"raw", reason="unreadable", time=_NOON)])
    return tmp_path


def run(*words: object) -> int:
    """The exit code."""
    command, parser = DeadLetterCommand(), argparse.ArgumentParser()
    command.arguments(parser)
    return asyncio.run(command.run(parser.parse_args([str(word) for word in words]), None))


def test_ls_counts_by_component_and_reason(place: Path, capsys: Capture) -> None:
    assert run("ls", place) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == ["KIND", "COMPONENT", "REASON", "RECORDS", "SIZE", "OLDEST", "NEWEST"]
    assert [row[:4] for row in rows[1:]] == [
        ["exporter", "dynatrace/eu", "poison", "2"],
        ["exporter", "dynatrace/eu", "stale", "1"],
        ["receiver", "syslog", "unreadable", "1"],
    ]
    assert rows[1][-2:] == ["2026-01-31T12:00:00Z", "2026-01-31T12:02:00Z"]


def test_show_is_safe_for_a_terminal_and_has_the_history(place: Path, capsys: Capture) -> None:
    assert run("show", place, "dynatrace/eu") == 0
    assert capsys.readouterr().out.splitlines() == [
        r"2026-01-31T12:00:00Z poison, 1 attempts: 400: \x07no",
        r"  one \x1b[31m",
        "2026-01-31T12:01:00Z stale, 0 attempts",
        r"  \xff",
        "2026-01-31T12:02:00Z poison, 0 attempts",
        "  before that: 2026-01-31T11:00:00Z stale, 2 attempts",
        "  3",
    ]


def test_what_cannot_be_read_is_said_with_its_name(
    place: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    assert run("show", place, "syslog") == 1
    said = capsys.readouterr().err
    assert said == f"collector: {path_of(place, 'receiver', 'syslog')}: Permission denied\n"


def test_show_can_be_read_by_programs_and_selects(place: Path, capsys: Capture) -> None:
    assert run("show", place, "dynatrace/eu", "--json", "--reason", "stale") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["row_base64"] == "/w=="
    assert (
        run("show", place, "dynatrace/eu", "--since", "2026-01-31T12:00:30Z", "--limit", "1") == 0
    )
    assert capsys.readouterr().out.splitlines()[-1] == r"  \xff"
    assert run("show", place, "dynatrace/eu", "--until", "2026-01-31 12:01") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_the_place_may_be_a_configuration(place: Path, tmp_path: Path, capsys: Capture) -> None:
    config = tmp_path / "collector.yaml"
    graph = {"logs": {"receivers": ["generate"], "exporters": ["null"]}}
    said = {
        "receivers": {"generate": {}},
        "exporters": {"null": {}},
        "service": {"data_dir": str(place), "pipelines": graph},
    }
    config.write_text(json.dumps(said))
    assert run("ls", config) == 0
    assert "syslog" in capsys.readouterr().out


def test_lines_that_are_no_records_are_counted(place: Path, capsys: Capture) -> None:
    with path_of(place, "receiver", "syslog").open("ab") as file:
        file.write(b"garbage\nhalf")
    assert run("ls", place) == 0
    said = capsys.readouterr()
    assert "unreadable  " in said.out
    assert said.err == "collector: syslog: 2 lines are no records; a crash may leave one\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", "{}", "other"), 1, "there is no dead letter of other in {}"),
        (("ls", "{}/missing.yaml"), 1, "missing.yaml"),
        (("replay", "{}", "dynatrace/eu"), 2, "say which records: --all, or some of --reason"),
        (("replay", "{}", "dynatrace/eu", "--all", "--limit", "1"), 2, "say which records"),
        (("replay", "{}", "dynatrace/eu", "--all"), 1, "start the collector, then replay"),
    ],
)
def test_what_cannot_be_done_is_said(
    place: Path, capsys: Capture, words: tuple[str, ...], code: int, said: str
) -> None:
    assert run(*(word.format(place) for word in words)) == code
    assert said.format(place) in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [("--since", "yesterday"), ("--limit", "0"), ("--limit", "x"), ("--until", "2")]
)
def test_wrong_usage_is_refused(place: Path, words: tuple[str, ...], capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        run("show", place, "syslog", *words)
    assert words[0] in capsys.readouterr().err


def test_a_replay_says_on_a_terminal_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    told = threading.Event()

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

        def flush(self) -> None:
            if "4 replayed" in self.getvalue():
                told.set()

    replayed = itertools.count(10, 4)

    class Client(ControlClient):
        def request(self, *_: object) -> tuple[int, bytes]:
            assert told.wait(20)
            return 200, json.dumps({"replayed": 4, "left": 0, "trouble": ""}).encode()

        def get(self, path: str) -> tuple[int, bytes]:
            counters = {"replayed_log_records": next(replayed)}
            exporter = {"kind": "exporter", "id": "dynatrace", "counters": counters}
            return 200, json.dumps({"components": [exporter]}).encode()

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(module, "ControlClient", Client)
    monkeypatch.setattr(module, "_STEP", 0.01)
    assert run("replay", tmp_path, "dynatrace", "--all") == 0
    assert terminal.getvalue().startswith("\r\x1b[K0 replayed ...")
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert capsys.readouterr().out == "dynatrace: 4 replayed, 0 remain\n"
