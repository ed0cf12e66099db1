"""`collector sandbox` as a process, and its routes."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
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
        self._before: Mapping[str, Any] = {}

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
        """Its counters, the numbers among them since it was lent."""
        found: dict[str, Any] = self._ask("/sandbox/stats")
        return {
            name: value - self._before.get(name, 0) if isinstance(value, int) else value
            for name, value in found.items()
        }

    def fail(self, *faults: Mapping[str, Any]) -> None:
        """Answer the next requests so, in turn."""
        self._ask("/sandbox/faults", data=json.dumps(faults).encode())

    def relent(self) -> None:
        """Fail no more."""
        self._ask("/sandbox/faults", method="DELETE")

    def forget(self) -> None:
        """Drop what it has accepted."""
        self._ask("/sandbox/events", method="DELETE")

    def as_new(self) -> None:
        """Without faults, events and numbers: for the next who needs one."""
        self.relent()
        self.forget()
        self._before = self._ask("/sandbox/stats")

    @property
    def failing(self) -> bool:
        """Whether there are faults left."""
        return bool(self._ask("/sandbox/faults"))

    def _ask(self, path: str, data: bytes | None = None, method: str | None = None) -> Any:
        request = urllib.request.Request(self.url + path, data, method=method)  # noqa: S310 ours
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 as above
            return json.loads(answer.read() or b"null")


class _Spares:
    """Sandboxes that nobody needs at the moment: the start of one costs as much as a short test."""

    def __init__(self) -> None:
        self._idle: list[Sandbox] = []
        self._home: tuple[ExitStack, Path] | None = None
        self._number = 0

    @contextmanager
    def kept(self, directory: Path) -> Iterator[None]:
        """Meanwhile they are lent over and over."""
        with ExitStack() as stack:
            self._home = stack, directory
            yield
            self._home = None
            self._idle.clear()

    @contextmanager
    def lent(self, directory: Path) -> Iterator[Sandbox]:
        """One that has had nothing, in this directory unless they are kept."""
        if self._home is None:
            with _started(directory) as found:
                yield found
            return
        found = self._idle.pop() if self._idle else self._another(*self._home)
        yield found
        found.as_new()
        self._idle.append(found)

    def _another(self, stack: ExitStack, home: Path) -> Sandbox:
        self._number += 1
        return stack.enter_context(_started(home / str(self._number)))


SPARES = _Spares()


@contextmanager
def sandbox(
    directory: Path, *options: object, port: int = 0, env: Mapping[str, str] | None = None
) -> Iterator[Sandbox]:
    """A sandbox that listens and has had nothing. One without options may have served before."""
    if options or port or env:
        with _started(directory, *options, port=port, env=env) as found:
            yield found
    else:
        with SPARES.lent(directory) as found:
            yield found


@contextmanager
def _started(
    directory: Path, *options: object, port: int = 0, env: Mapping[str, str] | None = None
) -> Iterator[Sandbox]:
    command = (*PYTHON, "sandbox", "--port", port, *options)
    with running(command, directory / "sandbox", env) as process:
        said = eventually(lambda: process.stdout or not process.alive)
        assert "http" in str(said), process.stderr
        yield Sandbox(process, str(said).split()[-1])
