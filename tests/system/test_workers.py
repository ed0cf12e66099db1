"""Several workers on one port: all of them work, one that is killed is replaced, sums hold."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.metrics_page import PAGE
from tests.system.collecting import Account, Collector
from tests.system.network import connected, lines, send_datagrams, texts
from tests.system.waiting import eventually
from tests.system.way import Way, a_way

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    """Two workers."""
    with a_way(tmp_path_factory.mktemp("workers"), service={"workers": 2}) as found:
        yield found


def _resident(pid: int) -> float:
    """MB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1000


def _balanced(source: Collector) -> bool:
    return Account(source.metrics(), "dynatrace").balanced


def test_idle_processes_are_small(pair: Way) -> None:
    assert _resident(pair.collector.process.pid) < 60
    assert max(map(_resident, pair.collector.worker_pids())) < 100


def test_one_that_hangs_is_shown_until_it_goes_on(pair: Way) -> None:
    source, hung = pair.collector, pair.collector.worker_pids()[1]

    def unhealthy() -> list[str]:
        components = json.loads(source.ask("/healthz")[1])["components"]
        return [each["id"] for each in components if each["state"] == "failing"]

    os.kill(hung, signal.SIGSTOP)
    try:
        eventually(lambda: unhealthy() == ["worker 1"])
        assert source.metrics()("service_worker_silent_seconds", worker="1") >= 10
        assert source.ask("/healthz")[0] == 503
    finally:
        os.kill(hung, signal.SIGCONT)
    eventually(lambda: unhealthy() == [])


def test_connections_and_datagrams_are_everybodys(pair: Way) -> None:
    with ExitStack() as stack:
        for n in range(20):
            sock = stack.enter_context(closing(connected(pair.port)))
            sock.sendall(lines("many", [n]))
        send_datagrams(pair.port, lines("many", range(20, 40)).splitlines())
        assert pair.sandbox.contents("many-", 40) == texts("many", range(40))
        assert pair.collector.metrics()("receiver_connections") >= 20
    assert pair.collector.settled().taken >= 40
    assert pair.collector.ask("/readyz")[0] == 200


def test_a_worker_that_is_killed_is_replaced_and_loses_nothing_that_was_stored(pair: Way) -> None:
    source = pair.collector
    pair.sandbox.fail({"status": 503, "count": 0})
    with ExitStack() as stack:
        for n in range(10):
            sock = stack.enter_context(closing(connected(pair.port)))
            sock.sendall(lines("killed", [n]))
        eventually(lambda: source.metrics()("exporter_queue_size") and _stored(source) >= 10)
        before = source.metrics()("exporter_taken_log_records")
        victim, other = source.worker_pids()
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: victim not in (pids := source.worker_pids()) and len(pids) == 2)
        eventually(lambda: source.ask("/readyz")[0] == 200)
    assert other in source.worker_pids()
    assert source.metrics()("exporter_taken_log_records") >= before
    assert _balanced(source)
    pair.sandbox.relent()
    assert pair.sandbox.contents("killed-", 10) == texts("killed", range(10))
    assert f"(pid {victim}) ended by signal 9" in source.log
    assert source.metrics()("service_worker_restarts") == 1
    source.settled()


def _stored(source: Collector) -> int:
    account = Account(source.metrics(), "dynatrace")
    assert account.balanced, vars(account)
    return account.waiting


def test_every_metric_is_in_the_documentation(pair: Way) -> None:
    has = set(re.findall(r"^(otelcol_\w+)", pair.collector.ask("/metrics")[1], re.MULTILINE))
    assert "otelcol_exporter_held" in has
    page = PAGE.read_text()
    assert {name for name in has if f"`{name}`" not in page} == set()


def test_a_tap_shows_what_passes_any_worker(pair: Way) -> None:
    seen: set[str] = set()

    def all_seen() -> bool:
        status, text = pair.collector.ask("/tap?id=both&edge=syslog&rate=1000")
        assert status == 200, text
        seen.update(json.loads(line)["body"] for line in json.loads(text)["events"])
        with ExitStack() as stack:  # connections go to both
            for n in range(8):
                sock = stack.enter_context(closing(connected(pair.port)))
                sock.sendall(lines("tapped", [n]))
        return seen >= set(texts("tapped", range(8)))

    eventually(all_seen)


def test_queues_of_all_workers_are_one_to_who_asks(pair: Way) -> None:
    status, text = pair.collector.ask("/queue")
    assert status == 200
    assert text.count('"exporter":"dynatrace"') == 1


def test_workers_end_by_themselves_when_their_supervisor_is_killed(pair: Way) -> None:
    """The last here: it takes the pair along."""
    pids = pair.collector.worker_pids()
    os.kill(pair.collector.process.pid, signal.SIGKILL)
    eventually(lambda: not any(map(_runs, pids)))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False
