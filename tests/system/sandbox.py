"""`collector sandbox` as a process, and its routes."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.system.process import PYTHON, Process, running
from tests.system.waiting import eventually

#: Of the right form; the sandbox takes every such token.
TOKEN = f"dt0c01.{'S' * 24}.{'S' * 64}"


class Sandbox:
    """A destination."""

    def __init__(self, process: Process, url: str) -> None:
        self.process = process
        self.url = url

    def events(self, contains: str = "") -> list[dict[str, Any]]:
        """What was accepted and holds this text, newest last."""
        found: list[dict[str, Any]] = self._ask(
            f"/sandbox/events?{urlencode({'contains': contains})}"
        )
        return found

    def arrived(self, contains: str, number: int) -> list[dict[str, Any]]:
        """These events, sorted by content, once there are so many of them."""
        found = eventually(lambda: self.events(contains), lambda events: len(events) >= number)
        return sorted(found, key=lambda event: str(event["content"]))

    def contents(self, contains: str, number: int) -> list[str]:
        """The contents of the same."""
        return [event["content"] for event in self.arrived(contains, number)]

    def accepted(self, number: int) -> None:
        """Wait until it has accepted so many, and no more than that."""
        eventually(lambda: self.stats()["accepted"], lambda accepted: accepted >= number)
        assert self.stats()["accepted"] == number

    def stats(self) -> dict[str, Any]:
        """Its counters."""
        found: dict[str, Any] = self._ask("/sandbox/stats")
        return found

    def fail(self, *faults: Mapping[str, Any]) -> None:
        """Answer the next requests so, in turn."""
        self._ask("/sandbox/faults", data=json.dumps(faults).encode())

    def relent(self) -> None:
        """Fail no more."""
        self._ask("/sandbox/faults", method="DELETE")

    def forget(self) -> None:
        """Drop what it has accepted."""
        self._ask("/sandbox/events", method="DELETE")

    @property
    def failing(self) -> bool:
        """Whether there are faults left."""
        return bool(self._ask("/sandbox/faults"))

    def _ask(self, path: str, data: bytes | None = None, method: str | None = None) -> Any:
        request = urllib.request.Request(self.url + path, data, method=method)  # noqa: S310 ours
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 as above
            return json.loads(answer.read() or b"null")


@contextmanager
def sandbox(
    directory: Path, *options: object, port: int = 0, env: Mapping[str, str] | None = None
) -> Iterator[Sandbox]:
    """A sandbox that listens."""
    command = (*PYTHON, "sandbox", "--port", port, *options)
    with running(command, directory / "sandbox", env) as process:
        said = eventually(lambda: process.stdout or not process.alive)
        assert "http" in str(said), process.stderr
        yield Sandbox(process, str(said).split()[-1])
