"""The other subcommands, as a person runs them."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.system.collecting import configuration
from tests.system.network import ANY, IPV6, free_port, lines, send_stream
from tests.system.process import PYTHON, Process, finished, running
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

_ROOT = Path(__file__).parent.parent.parent
_SANDBOX_PORT = 9999
_EXPORTER = {"dynatrace": {"endpoint": f"http://127.0.0.1:{_SANDBOX_PORT}"}}
Ends = dict[str, tuple[int, str, str]]


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ends]:
    """How several commands ended, that run side by side while `port` is in use."""
    home = tmp_path_factory.mktemp("commands")
    port = free_port()
    bad = home / "bad.yaml"
    nobody = {"dynatrace": {"endpoint": f"http://127.0.0.1:{free_port()}"}}
    live = home / "live.yaml"
    live.write_text(configuration(port, home / "data", nobody))
    bad.write_text("receivers: {syslog: {tcp: {endpont: x}}}\nservice: {pipelines: {logs: {}}}\n")
    commands = {
        "version": ("--version",),
        "nothing": (),
        "components": ("components",),
        "quickstart": ("validate", _ROOT / "conf" / "quickstart.yaml"),
        "bad": ("validate", bad),
        "live": ("validate", "--live", live),
    }
    with closing(socket.socket(socket.AF_INET6 if IPV6 else socket.AF_INET)) as taken:
        taken.bind((ANY.strip("[]"), port))
        taken.listen()
        with ThreadPoolExecutor(4) as pool:
            ran = pool.map(lambda name: finished((*PYTHON, *commands[name]), home / name), commands)
            yield dict(zip(commands, ran, strict=True))
    assert not (home / "data").exists()


def test_version_is_that_of_the_package(ends: Ends) -> None:
    assert ends["version"] == (0, f"collector {version('twisted-log-collector')}\n", "")


def test_without_a_subcommand_it_says_which_there_are(ends: Ends) -> None:
    code, output, _ = ends["nothing"]
    assert code == 2
    assert all(name in output for name in ("run", "validate", "components", "sandbox", "demo"))


def test_components_names_each_with_package_and_version(ends: Ends) -> None:
    code, output, errors = ends["components"]
    assert (code, errors) == (0, "")
    rows = [line.split() for line in output.splitlines()]
    package = ["twisted-log-collector", version("twisted-log-collector")]
    for component in (["receivers", "syslog"], ["exporters", "dynatrace"]):
        assert [*component, *package] in rows


def test_validate_accepts_a_good_file(ends: Ends) -> None:
    code, output, errors = ends["quickstart"]
    assert (code, errors) == (0, "")
    assert output.endswith(".yaml: OK\n")


def test_validate_says_all_problems_with_their_places(ends: Ends) -> None:
    code, output, errors = ends["bad"]
    assert code == 1
    assert "bad.yaml:1:28: error: receivers.syslog.tcp: " in errors
    assert "did you mean endpoint" in errors
    assert "bad.yaml:2:" in errors
    assert f"{errors.count(': error: ')} error(s)" in output


def test_validate_live_tries_the_destination_and_opens_no_port(ends: Ends) -> None:
    code, output, errors = ends["live"]
    first, second = output.splitlines()
    assert (code, errors) == (1, "")
    assert first.endswith("live.yaml: OK")
    assert re.fullmatch(r"dynatrace: FAILED: 127.0.0.1:\d+ refused the connection", second)


def test_a_command_whose_output_nobody_reads_on_ends_in_silence(tmp_path: Path) -> None:
    command = " ".join(map(str, (*PYTHON, "ottl", "true")))
    line = """yes '{"body": "x"}'"""
    code, output, errors = finished(("/bin/sh", "-c", f"{line} | {command} | head -1"), tmp_path)
    assert (code, output, errors) == (0, '{"time":0,"body":"x"}\n', "")


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[Process, int]]:
    """A demo that has started, on a port of its own for syslog."""
    port, config = free_port(), tmp_path / "demo.yaml"
    config.write_text(configuration(port, tmp_path / "data", _EXPORTER))
    with running((*PYTHON, "demo", config), tmp_path) as process:
        eventually(lambda: "Paste" in process.stdout or not process.alive)
        if f"127.0.0.1:{_SANDBOX_PORT}" in process.stderr and not process.alive:
            pytest.skip(f"port {_SANDBOX_PORT} is in use")
        yield process, port


def test_demo_says_what_to_paste_and_shows_what_arrives(demo: tuple[Process, int]) -> None:
    process, port = demo
    pasted = [line.strip() for line in process.stdout.splitlines() if line.startswith("  ")]
    curl = "curl -s http://127.0.0.1"
    starts = ("logger --udp -n 127.0.0.1", "logger --tcp -n 127.0.0.1", curl, curl)
    assert len(pasted) == len(starts)
    assert all(map(str.startswith, pasted, starts))

    send_stream(port, lines("shown", [1]) + b"<11>1 - h a - - - steer \x1b[31m\n")
    eventually(lambda: "host app: shown-000001\n" in process.stdout)
    eventually(lambda: r"h a: steer \x1b[31m" in process.stdout)
    assert "\x1b" not in process.stdout
    assert process.stop(signal.SIGINT) == 0
    assert "Traceback" not in process.stderr


def test_demo_says_how_its_collector_ended(demo: tuple[Process, int]) -> None:
    process, _ = demo
    os.kill(_collector(process), signal.SIGKILL)
    assert process.wait() == 1
    assert process.stderr.endswith("The collector was killed by signal 9.\n")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody tells the child")
def test_demo_that_is_killed_takes_its_collector_with_it(demo: tuple[Process, int]) -> None:
    process, port = demo
    process.send(signal.SIGKILL)
    process.wait()
    eventually(lambda: _is_free(port))


def _collector(process: Process) -> int:
    """The process that the demo has started, by its own account."""
    found = re.search(r" started, pid (\d+)$", process.stderr, re.MULTILINE)
    assert found is not None
    return int(found[1])


def _is_free(port: int) -> bool:
    with closing(socket.socket(socket.AF_INET6 if IPV6 else socket.AF_INET)) as trial:
        return trial.connect_ex(("::1" if IPV6 else "127.0.0.1", port)) != 0
