"""For all tests."""

from __future__ import annotations

import fcntl
import functools
import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

#: A deadline for an example would be one for the machine, too, and so would that for making it.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
#: `make fuzz`: as many examples of each property as patience allows.
settings.register_profile("fuzz", max_examples=50_000, deadline=None)

#: pytest asks for that of Twisted before every test, and reading it takes 2 ms.
setattr(importlib.metadata, "version", functools.cache(importlib.metadata.version))  # noqa: B010 mypy


@pytest.fixture(scope="module", autouse=True)
def _own_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Trial's `mktemp` makes directories where the test runs: not in the checkout, please."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("tests"))
    yield
    os.chdir(before)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the files as they are, built once, whichever workers want it."""
    base = tmp_path_factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "wheel"
    place.mkdir(exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not list(place.glob("*.whl")):
            command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
            words = [*command, str(place), str(Path(__file__).parent.parent)]
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
    (path,) = place.glob("*.whl")
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first: else one worker has the last of them to itself."""
    items.sort(key=lambda item: item.get_closest_marker("system") is None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """What random input happens to reach is not counted as covered, and time is the code's own.

    Under coverage's tracer these few take three times as long.
    """
    tracer = sys.gettrace()
    if item.get_closest_marker("hypothesis") or item.get_closest_marker("untraced"):
        sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)
