"""A plugin that raises or blocks is named, and does not stop the others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.metrics_page import ROOT
from tests.system import faulty
from tests.system.collecting import Collector
from tests.system.network import free_port, send_stream
from tests.system.process import PYTHON, finished, running
from tests.system.waiting import eventually

pytestmark = pytest.mark.system

#: By kind of component: those that raise.
_RAISING: dict[str, tuple[type[Any], ...]] = {
    "receiver": (faulty.Parse, faulty.Settled, faulty.Spawned, faulty.Timer),
    "processor": (faulty.Process, faulty.Tick),
    "connector": (faulty.Route,),
    "exporter": (faulty.Encode, faulty.Send),
}
_ALL = [(kind, fault) for kind, faults in _RAISING.items() for fault in faults]


def _configuration(ports: dict[str, int], home: Path) -> str:
    ids = {fault: faulty.id_of(fault) for fault in vars(faulty).values() if _is_plugin(fault)}
    receivers: dict[str, Any] = {
        id: faulty.keys_of(fault) for fault, id in ids.items() if fault in _RECEIVERS
    }
    for fault in (faulty.Parse, faulty.Settled):
        endpoint = f"127.0.0.1:{ports[fault.__name__]}"
        receivers[ids[fault]] = faulty.keys_of(fault, endpoint=endpoint)
    receivers["syslog"] = {"tcp": {"endpoint": f"127.0.0.1:{ports['syslog']}"}}
    answering = ids[faulty.Settled]  # what it takes goes nowhere where it is not stored at once
    taking = [id for id in receivers if id != answering]
    receivers["internal_logs"] = {}
    passing = {"processors": [ids[faulty.Process], ids[faulty.Tick]]}
    said = {
        "receivers": receivers,
        "processors": {ids[fault]: faulty.keys_of(fault) for fault in _RAISING["processor"]},
        "connectors": {ids[faulty.Route]: faulty.keys_of(faulty.Route)},
        "exporters": {
            "file": {"path": str(home / "out.json"), "batch": {"max_age": "50ms"}},
            **{
                ids[fault]: faulty.keys_of(fault, queue={"type": "memory"})
                for fault in _RAISING["exporter"]
            },
        },
        "service": {
            "data_dir": str(home / "data"),
            "shutdown_timeout": "3s",  # there is one that can never send
            "pipelines": {
                "logs": {"receivers": taking, **passing, "exporters": [ids[faulty.Route], "file"]},
                "logs/answered": {
                    "receivers": [answering, "internal_logs"],
                    "exporters": ["file"],
                },
                "logs/on": {
                    "receivers": [ids[faulty.Route]],
                    "exporters": [ids[fault] for fault in _RAISING["exporter"]],
                },
            },
        },
    }
    return json.dumps(said)


_RECEIVERS = (*_RAISING["receiver"], faulty.Blocks)


def _is_plugin(found: object) -> bool:
    return isinstance(found, type) and found.__module__ == faulty.__name__


@pytest.fixture(scope="module")
def faulted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """A collector with all of them, which has been sent a message at each port."""
    home = tmp_path_factory.mktemp("faulty")
    ports = {name: free_port() for name in ("syslog", "Parse", "Settled")}
    config = home / "collector.yaml"
    config.write_text(_configuration(ports, home))
    with running((*PYTHON, "run", config), home, {"PYTHONPATH": str(ROOT)}) as process:
        eventually(lambda: " started, pid " in process.stderr or not process.alive)
        assert process.alive, process.stderr
        for name, port in ports.items():
            send_stream(port, b"<134>1 - host app - - - a message to %s\n" % name.encode())
        yield Collector(process, ports["syslog"], home / "data")
        assert process.stop() == 0


def _unhealthy(collector: Collector) -> dict[str, dict[str, Any]]:
    components = json.loads(collector.ask("/healthz")[1])["components"]
    return {each["id"]: each for each in components if each["state"] == "failing"}


@pytest.mark.parametrize(("kind", "fault"), _ALL)
def test_what_raises_is_unhealthy_with_the_reason_and_counted(
    faulted: Collector, kind: str, fault: type[Any]
) -> None:
    id = faulty.id_of(fault)
    reason = eventually(lambda: str(_unhealthy(faulted).get(id, {}).get("reason", "")))
    place = fault.__name__.lower()
    assert re.search(rf"ValueError: {place} \(faulty\.py:\d+ in ", reason)
    assert faulted.metrics()(f"{kind}_failures", **{kind: id}) >= 1
    said = [line for line in faulted.log.splitlines() if f"ValueError: {place}" in line]
    assert said
    assert all(f" {id}: " in line for line in said)


def test_the_others_go_on(faulted: Collector) -> None:
    out = faulted.data_dir.parent / "out.json"
    for name in ("syslog", "Parse", "Settled"):
        eventually(lambda n=name: f"a message to {n}" in out.read_text() if out.exists() else "")  # type: ignore[misc]
    assert faulted.ask("/readyz")[0] == 200
    assert faulted.ask("/healthz")[0] == 503
    assert not {"syslog", "file"} & set(_unhealthy(faulted))


def test_the_log_can_be_taken_in_the_supervisor_s_too(faulted: Collector) -> None:
    out = faulted.data_dir.parent / "out.json"
    for said in (f"started, pid {faulted.process.pid}", "keeps everything else waiting"):
        eventually(lambda said=said: said in out.read_text() if out.exists() else "")  # type: ignore[misc]
    assert faulted.metrics()("receiver_lost_entries") == 0


def test_status_shows_the_reason(faulted: Collector, tmp_path: Path) -> None:
    eventually(lambda: faulty.id_of(faulty.Encode) in _unhealthy(faulted))
    code, output, _ = finished((*PYTHON, "status", faulted.data_dir), tmp_path)
    assert code == 1
    assert re.search(r"failing .*its code raised.* ValueError: encode", output)


def test_what_raises_for_ever_does_not_fill_the_log(faulted: Collector) -> None:
    name, id = "receiver_failures", faulty.id_of(faulty.Timer)
    eventually(lambda: faulted.metrics()(name, receiver=id) > 12)
    assert len(re.findall("ValueError: timer", faulted.log)) <= 10


def test_what_blocks_is_named_with_its_place_and_counted(faulted: Collector) -> None:
    id = faulty.id_of(faulty.Blocks)
    count = lambda: faulted.metrics()("receiver_eventloop_blocks", receiver=id)  # noqa: E731
    assert eventually(count) == 1
    said = rf"WARN  {re.escape(id)}: keeps everything else waiting, for .*faulty\.py:\d+ in _sleep"
    assert re.search(said, faulted.log)
    (worker,) = json.loads(faulted.ask("/status")[1])["workers"]
    assert worker["gauges"]["process_eventloop_delay_max_seconds"] > 1
    assert worker["counters"]["process_eventloop_blocks"] >= 1
