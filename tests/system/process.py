"""Processes of a test: their output in files, ended in any case, with all that they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.system.waiting import LONG

PYTHON = (sys.executable, "-m", "collector")
#: An empty one forbids nothing: what one process has compiled, the next need not.
_ENVIRONMENT = {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": ""}


class Process:
    """A child in a session of its own. What it writes can be read at any time."""

    def __init__(
        self, command: Sequence[object], directory: Path, env: Mapping[str, str] | None = None
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._out, self._err = directory / "stdout", directory / "stderr"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._child = subprocess.Popen(
                [str(word) for word in command],
                env={**os.environ, **_ENVIRONMENT, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        self.pid = self._child.pid

    @property
    def stdout(self) -> str:
        """What it has written so far."""
        return self._out.read_text(errors="replace")

    @property
    def stderr(self) -> str:
        """What it has said so far."""
        return self._err.read_text(errors="replace")

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._child.poll() is None

    def send(self, number: int) -> None:
        """Send it a signal; one that cannot be caught goes to its workers too."""
        if number in {signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT}:
            os.killpg(self.pid, number)
        else:
            self._child.send_signal(number)

    def wait(self, within: float = LONG) -> int:
        """Its exit code."""
        return self._child.wait(within)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end, and give the exit code."""
        self.send(number)
        return self.wait()

    def kill(self) -> None:
        """End it and its session, also when it is gone and has left others behind."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._child.wait()


@contextmanager
def running(
    command: Sequence[object], directory: Path, env: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """A process that is ended at the end."""
    process = Process(command, directory, env)
    try:
        yield process
    finally:
        process.kill()


def finished(command: Sequence[object], directory: Path, **env: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a process that ends by itself."""
    with running(command, directory, env) as process:
        return process.wait(), process.stdout, process.stderr
