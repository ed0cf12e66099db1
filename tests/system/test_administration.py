"""What an operator asks of a running collector: its admin endpoint, control socket and log."""

from __future__ import annotations

import json
import stat
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.system.collecting import Collector, Metrics, collector, configuration
from tests.system.network import free_port, lines, send_stream
from tests.system.process import PYTHON, finished
from tests.system.way import Way

pytestmark = pytest.mark.system


class _Administered(NamedTuple):
    collector: Collector
    admin: str

    def ask(self, path: str, method: str = "GET") -> tuple[int, str]:
        """Status and body of an answer of the admin endpoint."""
        request = urllib.request.Request(self.admin + path, method=method)  # noqa: S310 ours
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 as above
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()


@pytest.fixture(scope="module")
def running(way: Way, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Administered]:
    """A collector that has delivered ten events, logs JSON, and can be asked over TCP."""
    directory, admin = tmp_path_factory.mktemp("admin"), ""

    def configure(port: int, data_dir: Path) -> str:
        nonlocal admin
        endpoint = f"127.0.0.1:{free_port()}"
        admin = f"http://{endpoint}"
        service = {"admin": {"endpoint": endpoint}, "log": {"format": "json"}}
        exporters = {"dynatrace": {"endpoint": way.sandbox.url}}
        return configuration(port, data_dir, exporters, service=service)

    with collector(directory, configure) as process:
        send_stream(process.port, lines("administered", range(10)))
        way.sandbox.arrived("administered", 10)
        process.settled()
        yield _Administered(process, admin)


def test_status_says_how_it_is(running: _Administered, tmp_path: Path) -> None:
    code, output, errors = finished((*PYTHON, "status", running.collector.data_dir), tmp_path)
    assert (code, errors) == (0, "")
    assert ": all is well\n" in output
    assert "pipeline logs: syslog > dynatrace\n" in output
    (exporter,) = [line for line in output.splitlines() if line.startswith("exporter ")]
    assert "10" in exporter.split()


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_running_collector_is_healthy_and_ready(running: _Administered, path: str) -> None:
    assert running.ask(path)[0] == 200
    assert running.collector.ask(path)[0] == 200


def test_metrics_are_the_same_over_tcp_and_the_socket(running: _Administered) -> None:
    status, text = running.ask("/metrics")
    assert status == 200
    for metrics in (Metrics(text), running.collector.metrics()):
        assert metrics("receiver_accepted_log_records", receiver="syslog") == 10
        assert metrics("exporter_sent_log_records", exporter="dynatrace") == 10
    assert "process_resident_memory_bytes" in text


def test_the_admin_endpoint_only_reads(running: _Administered) -> None:
    assert running.ask("/metrics", "POST")[0] == 405


def test_the_control_socket_is_for_its_user_only(running: _Administered) -> None:
    mode = (running.collector.data_dir / "control.sock").stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_a_second_collector_may_not_use_the_data_directory(
    running: _Administered, tmp_path: Path
) -> None:
    config = tmp_path / "second.yaml"
    exporters = {"dynatrace": {"endpoint": "http://127.0.0.1:9"}}
    config.write_text(configuration(free_port(), running.collector.data_dir, exporters))
    code, _, errors = finished((*PYTHON, "run", config), tmp_path)
    assert code == 1
    assert "another collector" in errors
    assert str(running.collector.process.pid) in errors
    assert running.ask("/readyz")[0] == 200


def test_every_line_of_a_json_log_is_an_object(running: _Administered) -> None:
    entries = [json.loads(line) for line in running.collector.log.splitlines()]
    assert {"time", "level", "message"} <= set(entries[0])
    assert any("started, pid" in entry["message"] for entry in entries)
