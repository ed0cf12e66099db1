"""What makes a start impossible: a non-zero exit code and one sentence that says what to do."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.system.collecting import configuration
from tests.system.network import ANY, IPV6, free_port
from tests.system.process import PYTHON, finished

pytestmark = pytest.mark.system

_CANARY = "CANARY" + "x" * 58
_TOKEN = f"dt0c01.{'P' * 24}.{_CANARY}"
_LOOPBACK = "http://127.0.0.1:9"
Ends = dict[str, tuple[int, str, str]]


def _dynatrace(port: int, home: Path, **options: Any) -> str:
    options = {"endpoint": _LOOPBACK, "api_token": _TOKEN, **options}
    return configuration(port, home / "data", {"dynatrace": options})


def _in_a_file(port: int, home: Path) -> str:
    (home / "file").write_text("")
    exporter = {"dynatrace": {"endpoint": _LOOPBACK, "api_token": _TOKEN}}
    return configuration(port, home / "file" / "data", exporter)


def _queue(home: Path) -> Path:
    directory = home / "data" / "queue" / "dynatrace"
    directory.mkdir(parents=True)
    return directory


def _newer_queue(port: int, home: Path) -> str:
    with closing(sqlite3.connect(_queue(home) / "x.db")) as db:
        db.execute("PRAGMA user_version=99")
    return _dynatrace(port, home)


def _queue_in_a_file(port: int, home: Path) -> str:
    directory = _queue(home)
    directory.rmdir()
    directory.write_text("")
    return _dynatrace(port, home)


def _wrong_exporters(port: int, home: Path) -> str:
    """What is wrong with each is said at once."""
    good = {"endpoint": _LOOPBACK, "api_token": _TOKEN}
    wrong = {
        "malformed": {"api_token": f"dt0c01.short.{_CANARY}"},
        "shown": {"endpoint": f"{_LOOPBACK}/?api-token={_TOKEN}"},
        "misspelt": {"api_tokn": _TOKEN},
        "plain": {"endpoint": "http://dynatrace.example"},
    }
    exporters = {f"dynatrace/{name}": good | options for name, options in wrong.items()}
    return configuration(port, home / "data", exporters)


#: By name: the configuration, and words of each of its sentences.
_CASES: dict[str, tuple[Any, tuple[tuple[str, ...], ...]]] = {
    "a TCP port in use": (_dynatrace, (("another process has this port", "(TCP)", "choose"),)),
    "a UDP port in use": (_dynatrace, (("another process has this port", "(UDP)", "choose"),)),
    "four wrong exporters": (
        _wrong_exporters,
        (
            ("api_token", "malformed"),
            ("endpoint holds a token", "api_token"),
            ("api_tokn", "did you mean api_token"),
            ("plain http", "https://"),
        ),
    ),
    "a directory that cannot be made": (_in_a_file, (("data", "service.data_dir"),)),
    "a queue of a newer collector": (_newer_queue, (("newer collector (format 99", "move"),)),
    "a queue that cannot be made": (_queue_in_a_file, (("queue", "service.data_dir"),)),
    "a missing certificate file": (
        lambda port, home: _dynatrace(port, home, ca_file="/nowhere/ca.pem"),
        (("ca_file", "No such file"),),
    ),
}
_MISSING = "a missing file"


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ends]:
    """Exit code, output and error output of all cases, which run side by side."""
    root = tmp_path_factory.mktemp("start")

    def run(name: str) -> tuple[int, str, str]:
        home = root / name.replace(" ", "-")
        home.mkdir()
        port, config = free_port(), home / "collector.yaml"
        if name in _CASES:
            config.write_text(_CASES[name][0](port, home))
        kind = socket.SOCK_STREAM if "TCP" in name else socket.SOCK_DGRAM
        with closing(socket.socket(socket.AF_INET6 if IPV6 else socket.AF_INET, kind)) as taken:
            if "in use" in name:
                taken.bind((ANY.strip("[]"), port))
            return finished((*PYTHON, "run", config), home)

    with ThreadPoolExecutor(4) as pool:
        names = [*_CASES, _MISSING]
        yield dict(zip(names, pool.map(run, names), strict=True))


@pytest.mark.parametrize("name", _CASES)
def test_a_sentence_says_what_is_wrong(ends: Ends, name: str) -> None:
    _, _, errors = ends[name]
    for wanted in _CASES[name][1]:
        fitting = [line for line in errors.splitlines() if all(word in line for word in wanted)]
        assert len(fitting) == 1, errors


def test_the_sentence_names_a_missing_file(ends: Ends) -> None:
    (line,) = ends[_MISSING][2].splitlines()
    assert "collector.yaml" in line
    assert "no such file" in line.lower() or "does not exist" in line


@pytest.mark.parametrize("name", [*_CASES, _MISSING])
def test_the_exit_code_is_one_and_no_secret_is_shown(ends: Ends, name: str) -> None:
    code, output, errors = ends[name]
    assert code == 1, errors
    assert output == ""
    assert "Traceback" not in errors
    assert "CANARY" not in errors
