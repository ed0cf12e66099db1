"""How far long work is."""

from __future__ import annotations

import io
import sys

import pytest

from collector.run.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_told_and_left_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = Progress()
    for n in range(1000):
        progress.show(f"{n} done")
    progress.end()
    assert terminal.getvalue() == "\r\x1b[K0 done ...\r\x1b[K"


def test_nothing_is_said_where_the_result_goes_to_the_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = Progress(is_wanted=False)
    progress.show("1 done")
    progress.end()
    assert terminal.getvalue() == ""


def test_a_file_gets_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    progress = Progress()
    progress.show("1 done")
    progress.end()
    assert file.getvalue() == ""
