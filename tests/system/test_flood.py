"""Thousands of connections that say nothing, or never come to an end: others are still served."""

from __future__ import annotations

import json
import resource
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import msgpack
import pytest
import requests

from tests.collector.outputs.authority import Authority
from tests.system.collecting import QUICK, Collector, collector
from tests.system.network import connected, free_port, lines, texts
from tests.system.sandbox import Sandbox, sandbox
from tests.system.waiting import eventually

pytestmark = pytest.mark.system
_AUTHORITY = Authority()
_NAMES = ("syslog", "tls", "forward", "http")
#: As many as a listener may have, where this process may open them.
_IDLE = min(10_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1] * 5 // 8)
_SLOW = 150
#: Each source may have a thousand.
_OF_ONE = 990
_TELLS = 20
#: 10 KB for each connection, and twice the limit of memory beside what a worker needs.
_MOST_MEMORY = 310 << 20


@pytest.fixture(scope="module", autouse=True)
def _many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _configuration(ports: dict[str, int], cert: Path, url: str, data_dir: Path) -> str:
    at = {name: {"endpoint": f"127.0.0.1:{port}"} for name, port in ports.items()}
    receivers = {
        "syslog": {"tcp": at["syslog"]},
        "syslog/tls": {"tcp": {**at["tls"], "tls": {"cert_file": str(cert)}}},
        "fluent_forward": at["forward"],
        "http": at["http"],
    }
    logs = {"receivers": list(receivers), "exporters": ["dynatrace"]}
    service = {
        "data_dir": str(data_dir),
        "memory_limit": "64MiB",
        "pipelines": {"logs": logs},
    }
    exporters = {"dynatrace": {**QUICK, "endpoint": url}}
    return json.dumps({"receivers": receivers, "exporters": exporters, "service": service})


class Good:
    """Clients that behave: one connection of each kind that lasts, and new ones."""

    def __init__(self, ports: dict[str, int], stack: ExitStack) -> None:
        self._ports = ports
        self._syslog = stack.enter_context(closing(connected(ports["syslog"])))
        self._forward = stack.enter_context(closing(connected(ports["forward"])))
        self._http = stack.enter_context(requests.Session())
        self._context = ssl.create_default_context(cadata=_AUTHORITY.pem.decode())
        self.told = 0

    def tell(self) -> None:
        """A message each way. Fails when one is not taken."""
        n, self.told = self.told, self.told + 1
        self._syslog.sendall(lines("lasting", [n]))
        with closing(connected(self._ports["syslog"])) as sock:
            sock.sendall(lines("short", [n]))
        with self._context.wrap_socket(
            connected(self._ports["tls"]), server_hostname="127.0.0.1"
        ) as secured:
            secured.sendall(lines("tls", [n]))
        frame = ["t", 1, {"log": f"forward-{n:06d}"}, {"chunk": f"c{n}"}]
        self._forward.sendall(msgpack.packb(frame))
        assert msgpack.unpackb(self._forward.recv(100)) == {"ack": f"c{n}"}
        url, said = f"http://127.0.0.1:{self._ports['http']}/", {"content": f"http-{n:06d}"}
        assert self._http.post(url, json=said, timeout=30).ok


def _flood(port: int, number: int, beginning: bytes, stack: ExitStack) -> None:
    for n in range(number):
        sock = connected(port, source=f"127.0.1.{1 + n // _OF_ONE}")
        stack.callback(sock.close)
        sock.sendall(beginning)


def test_a_flood_does_not_stop_who_behaves(tmp_path: Path) -> None:
    ports, cert = {name: free_port() for name in _NAMES}, tmp_path / "cert.pem"
    cert.write_bytes(_AUTHORITY.issue())
    with (
        sandbox(tmp_path) as destination,
        collector(
            tmp_path, lambda _, data: _configuration(ports, cert, destination.url, data)
        ) as source,
        ExitStack() as stack,
    ):
        good = Good(ports, stack)
        good.tell()
        _besiege(ports, stack)
        eventually(lambda: source.metrics()("receiver_connections") > _IDLE)
        for _ in range(_TELLS):
            good.tell()
        (pid,) = source.worker_pids()
        assert _memory(pid) < _MOST_MEMORY
        _check(source, destination, good.told)


def _besiege(ports: dict[str, int], stack: ExitStack) -> None:
    _flood(ports["syslog"], _IDLE - 100, b"", stack)
    _flood(ports["syslog"], 50, b"<13>a frame without an end", stack)
    _flood(ports["tls"], _SLOW, b"\x16\x03\x01\x02\x00\x01", stack)
    _flood(ports["http"], _SLOW, b"POST / HTTP/1.1\r\nHost: h\r\nX-Slow:", stack)
    # 1.5 MiB each, of a frame that says it has 4 GiB.
    _flood(ports["forward"], 40, b"\x93\xa1t\xc6\xff\xff\xff\xff" + bytes(1_500_000), stack)


def _memory(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def _check(source: Collector, destination: Sandbox, told: int) -> None:
    for name in ("lasting", "short", "tls", "forward", "http"):
        assert destination.contents(f"{name}-", told) == texts(name, range(told)), name
    metrics = source.metrics()
    assert metrics("receiver_connections_refused", reason="accept_failed") == 0
    crowded_out = metrics("receiver_connections_refused", reason="unfinished_frames")
    assert crowded_out > 10
    assert source.settled().dropped == 0
