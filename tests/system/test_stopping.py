"""SIGTERM and SIGINT: what has arrived is delivered, the time is kept, what is left is counted."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.system.collecting import Collector, collector, configuration
from tests.system.network import connected, free_port, lines, send_datagrams, send_stream, texts
from tests.system.waiting import eventually
from tests.system.way import Way, a_way

pytestmark = pytest.mark.system

_NUMBER = 2000
#: Connections that wait to be accepted: more than are accepted in one go.
_PEERS = 600
#: Nothing is sent before its time unless the stop does it.
_SLOW = {"max_age": "10m"}


@pytest.fixture
def slow_way(way: Way, tmp_path: Path) -> Iterator[Way]:
    """A collector that keeps ten minutes' events before it sends them."""
    with a_way(tmp_path, way.sandbox, batch=_SLOW) as pair:
        yield pair


def _dead(directory: Path, timeout: str, queue: str) -> Iterator[Collector]:
    """A collector whose destination is not there."""
    endpoint = f"http://127.0.0.1:{free_port()}"
    exporters = {"dynatrace": {"endpoint": endpoint, "queue": {"type": queue}}}

    def configure(port: int, data_dir: Path) -> str:
        service = {"shutdown_timeout": timeout}
        return configuration(port, data_dir, exporters, service=service)

    with collector(directory, configure) as process:
        yield process


@pytest.fixture
def hopeless(tmp_path: Path) -> Iterator[Collector]:
    """It has three seconds to stop, and would lose what it has."""
    yield from _dead(tmp_path, "3s", "memory")


@pytest.fixture
def keeping(tmp_path: Path) -> Iterator[Collector]:
    """It has ten minutes, and no need of them."""
    yield from _dead(tmp_path, "10m", "disk")


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[Collector]:
    """It has ten minutes."""
    yield from _dead(tmp_path, "10m", "memory")


def test_sigint_delivers_what_is_under_way(slow_way: Way) -> None:
    source, port = slow_way.collector, slow_way.port
    with closing(connected(port)) as connection:
        connection.sendall(lines("first", range(_NUMBER)))
        send_datagrams(port, lines("datagram", range(_NUMBER)).splitlines())
        # That far, so that the connection is not only in the kernel's hands.
        eventually(lambda: source.metrics()("receiver_accepted_log_records") > _NUMBER)
        connection.sendall(lines("last", range(_NUMBER)))
        assert source.process.stop(signal.SIGINT) == 0
    for part in ("first", "datagram", "last"):
        expected = texts(part, range(_NUMBER))
        assert slow_way.sandbox.contents(f"{part}-", _NUMBER) == expected


def test_sigterm_takes_what_only_the_kernel_has(slow_way: Way) -> None:
    """Senders that are gone again before the collector has looked at their connections."""
    process = slow_way.collector.process
    process.send(signal.SIGSTOP)
    for number in range(_PEERS):
        send_stream(slow_way.port, lines("hasty-stream", [number]))
    send_datagrams(slow_way.port, lines("hasty-datagram", range(10)).splitlines())
    process.send(signal.SIGTERM)
    process.send(signal.SIGCONT)
    assert process.wait() == 0
    assert slow_way.sandbox.contents("hasty-stream-", _PEERS) == texts(
        "hasty-stream", range(_PEERS)
    )
    assert slow_way.sandbox.contents("hasty-datagram-", 10) == texts("hasty-datagram", range(10))


def test_a_dead_destination_costs_no_more_than_the_time_to_stop(hopeless: Collector) -> None:
    send_stream(hopeless.port, lines("lost", range(_NUMBER)))
    eventually(lambda: hopeless.metrics()("exporter_taken_log_records") == _NUMBER)
    assert hopeless.process.stop() == 0  # within `LONG`, which is less than it has by itself
    assert f"{_NUMBER} events were not delivered" in hopeless.log.replace(",", "")
    (line,) = [line for line in hopeless.log.splitlines() if "not delivered" in line]
    assert "ERROR" in line
    assert "dynatrace" in line


def test_a_dead_destination_does_not_delay_a_stop(keeping: Collector) -> None:
    """What is on the disk can wait there for the next start."""
    send_stream(keeping.port, lines("kept", range(_NUMBER)))
    eventually(lambda: keeping.metrics()("exporter_taken_log_records") == _NUMBER)
    assert keeping.process.stop() == 0
    log = keeping.log.replace(",", "")
    assert f"{_NUMBER} events stay in the queue" in log
    assert f"{_NUMBER} taken = 0 + {_NUMBER} in the queue" in log
    assert "ERROR" not in log


def test_health_can_be_read_while_it_stops_and_a_second_signal_ends_it(patient: Collector) -> None:
    assert patient.ask("/readyz")[0] == 200
    _stop_once(patient)
    assert patient.ask("/readyz")[0] == 503
    assert patient.process.alive
    assert patient.process.stop(signal.SIGINT) == 130
    assert "told twice" in patient.log


def _stop_once(patient: Collector) -> None:
    """The first signal; it has been heard once the port is closed."""
    send_stream(patient.port, lines("kept", range(10)))
    eventually(lambda: patient.metrics()("exporter_taken_log_records") == 10)
    patient.process.send(signal.SIGTERM)

    def closed() -> bool:
        try:
            connected(patient.port).close()
        except OSError:
            return True
        return False

    eventually(closed)
