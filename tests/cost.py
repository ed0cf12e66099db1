"""`make slowest`: which files of tests cost most, in CPU time of theirs and of their processes.

Unlike the time on the wall it does not depend on what else the machine does. What a file waits is
shown too: a worker does nothing else meanwhile.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest

_SHOWN = 40
Times = tuple[float, float, float]


class Costs:
    """By file; a process counts where somebody has waited for its end."""

    def __init__(self) -> None:
        self._before = _times()
        self._own: Counter[str] = Counter()
        self._started: Counter[str] = Counter()
        self._wall: Counter[str] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """After each part of a test, in the process that runs it."""
        report = yield
        now = _times()
        cost = [after - before for after, before in zip(now, self._before, strict=True)]
        report.user_properties.append(("cost", cost))
        self._before = now
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """The same where the session is."""
        file = report.nodeid.partition("::")[0]
        said: dict[str, Any] = dict(report.user_properties)
        own, started, wall = said["cost"]
        self._own[file] += own
        self._started[file] += started
        self._wall[file] += wall

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The table."""
        cpu = self._own + self._started
        say = terminalreporter.write_line
        say(f"{cpu.total():.0f} s of CPU time in all; the files with the most of it:")
        say(f"{'tests':>8}{'started':>9}{'waited':>9}  seconds")
        for file, seconds in cpu.most_common(_SHOWN):
            own, started = self._own[file], self._started[file]
            waited = max(0.0, self._wall[file] - seconds)
            say(f"{own:8.1f}{started:9.1f}{waited:9.1f}  {file}")


def _times() -> Times:
    """Of this process, of those that it has waited for, and on the wall."""
    now = os.times()
    return now.user + now.system, now.children_user + now.children_system, now.elapsed


def pytest_configure(config: pytest.Config) -> None:
    """Called by pytest, in each of its processes."""
    config.pluginmanager.register(Costs())
