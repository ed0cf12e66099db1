"""`collector tap` on a collector that runs."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.system.network import lines, send_stream
from tests.system.process import PYTHON, running
from tests.system.sandbox import TOKEN
from tests.system.waiting import eventually
from tests.system.way import Way

pytestmark = pytest.mark.system


def _tapped(way: Way, home: Path, data: bytes, *words: str) -> tuple[list[dict[str, Any]], str]:
    """What it shows and says until it ends by itself, while these lines come again and again."""
    command = (*PYTHON, "tap", way.collector.data_dir, *words)
    with running(command, home) as process:

        def ended() -> bool:
            send_stream(way.port, data)
            return not process.alive

        eventually(ended)
        return [json.loads(line) for line in process.stdout.splitlines()], process.stderr


def test_events_that_match_are_shown_without_secrets_and_escaped(way: Way, tmp_path: Path) -> None:
    data = lines("untapped", range(3)) + f"<14>1 - h a - - - tapped {TOKEN} \x1b[31m\n".encode()
    words = ("syslog", "--where", 'IsMatch(log.body, "^tapped")', "--limit", "2")
    events, errors = _tapped(way, tmp_path, data, *words)
    assert [event["body"] for event in events] == ["tapped *** \x1b[31m"] * 2
    assert errors == ""
    assert "\x1b" not in (tmp_path / "stdout").read_text()
    assert TOKEN not in (tmp_path / "stdout").read_text()


def test_what_an_exporter_is_given_is_limited_and_what_is_left_out_is_counted(way: Way) -> None:
    shown = left_out = 0

    def enough() -> bool:
        nonlocal shown, left_out
        status, text = way.collector.ask("/tap?id=limited&edge=exporter:dynatrace&rate=2")
        said = json.loads(text)
        assert (status, len(said["events"]) <= 4) == (200, True)
        shown, left_out = shown + len(said["events"]), left_out + said["left_out"]
        send_stream(way.port, lines("limited", range(50)))
        return shown >= 4 and left_out >= 50

    eventually(enough)


def test_it_goes_on_until_it_is_interrupted(way: Way, tmp_path: Path) -> None:
    with running((*PYTHON, "tap", way.collector.data_dir, "syslog"), tmp_path) as process:

        def shown() -> bool:
            send_stream(way.port, lines("until", range(1)))
            return "until-" in process.stdout

        eventually(shown)
        process.send(signal.SIGINT)
        eventually(lambda: not process.alive)
        assert process.stop() == 0
        assert process.stderr == ""


def test_mistakes_are_said_with_their_place(way: Way) -> None:
    status, text = way.collector.ask("/tap?id=a&edge=sylog")
    assert (status, "receiver:syslog" in text) == (404, True)
    status, text = way.collector.ask("/tap?id=a&edge=syslog&where=log.body+%3D+1")
    assert (status, "    log.body = 1\n" in text, "^" in text) == (400, True, True)
