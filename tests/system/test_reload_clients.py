"""Connections that cannot be moved, over reloads under load: ended as their protocol has it."""

from __future__ import annotations

import itertools
import json
import os
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

import msgpack
import pytest
import requests

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # before it is imported: it writes to stderr

import grpc
from fluent.sender import FluentSender
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub

from collector.run.supervisor import MOST_OLD
from tests.collector.outputs.authority import Authority
from tests.system.collecting import QUICK, Collector, collector
from tests.system.network import connected, free_port, lines, texts
from tests.system.process import PYTHON, finished
from tests.system.sandbox import Sandbox, sandbox
from tests.system.waiting import eventually

pytestmark = pytest.mark.system
#: `COLLECTOR_RELOADS=20` for a longer look.
_RELOADS = int(os.environ.get("COLLECTOR_RELOADS", "3"))
_AUTHORITY = Authority()
_NAMES = ("tls", "relp", "forward", "http", "grpc")


class Loaded(NamedTuple):
    """A collector that everybody talks to."""

    source: Collector
    destination: Sandbox
    ports: dict[str, int]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    directory, ports = tmp_path_factory.mktemp("clients"), {name: free_port() for name in _NAMES}
    cert = directory / "cert.pem"
    cert.write_bytes(_AUTHORITY.issue())
    at = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    receivers = {
        "syslog": {
            "tcp": {"endpoint": at["tls"], "tls": {"cert_file": str(cert)}},
            "relp": {"endpoint": at["relp"]},
        },
        "fluent_forward": {"endpoint": at["forward"]},
        "http": {"endpoint": at["http"]},
        "otlp": {"protocols": {"grpc": {"endpoint": at["grpc"]}}},
    }
    with sandbox(directory) as destination:

        def configure(_: int, data_dir: Path) -> str:
            logs = {"receivers": list(receivers), "exporters": ["dynatrace"]}
            exporter = {**QUICK, "endpoint": destination.url}
            service = {"data_dir": str(data_dir), "pipelines": {"logs": logs}}
            service["reload_grace"] = "15s"
            said = {"receivers": receivers, "exporters": {"dynatrace": exporter}}
            return json.dumps({**said, "service": service})

        with collector(directory, configure) as source:
            yield Loaded(source, destination, ports)


class Client(threading.Thread):
    """Sends a numbered message at a time; knows how many of them it was told are safe, or sent."""

    def __init__(self, name: str, port: int, sends: Callable[[int], Iterator[None]]) -> None:
        super().__init__(name=name, daemon=True)
        self.over = threading.Event()
        self.sent = 0
        self.error: BaseException | None = None
        self._sending = sends(port)
        self.start()

    def run(self) -> None:
        """Until it is over."""
        try:
            with closing(self._sending):  # type: ignore[type-var]
                for _ in self._sending:
                    self.sent += 1
                    if self.over.wait(0.01):
                        return
        except BaseException as e:
            self.error = e
            raise


def _tls(port: int) -> Iterator[None]:
    """Reconnects when it reads the end, as syslog-ng does."""
    context = ssl.create_default_context(cadata=_AUTHORITY.pem.decode())
    n = 0
    while True:
        with context.wrap_socket(connected(port), server_hostname="127.0.0.1") as sock:
            while _is_open(sock):
                sock.sendall(lines("tls", [n]))
                n += 1
                yield


def _is_open(sock: ssl.SSLSocket) -> bool:
    sock.setblocking(False)
    try:
        return bool(sock.recv(1))
    except ssl.SSLWantReadError:
        return True
    finally:
        sock.settimeout(30)


def _relp(port: int) -> Iterator[None]:
    """Sends again what has no answer when it is told to close, as librelp does."""
    n = 0
    while True:
        with closing(connected(port)) as sock:
            sock.sendall(b"1 open 30 relp_version=0\ncommands=syslog\n")
            sock.recv(1000)
            for number in itertools.count(2):
                message = lines("relp", [n]).rstrip()
                sock.sendall(b"%d syslog %d %b\n" % (number, len(message), message))
                if not sock.recv(1000).startswith(b"%d rsp 6 200 OK\n" % number):
                    break
                n += 1
                yield


def _forward(port: int) -> Iterator[None]:
    """Goes on to the next when one is acknowledged, else sends it again, as Fluent Bit does."""
    n = 0
    while True:
        with closing(connected(port)) as sock:
            while True:
                option = {"chunk": f"c{n}"}
                sock.sendall(msgpack.packb(["t", 1, {"log": f"forward-{n:06d}"}, option]))
                try:
                    answer = sock.recv(100)
                except ConnectionResetError:
                    break
                if not answer:
                    break
                assert msgpack.unpackb(answer) == {"ack": f"c{n}"}
                n += 1
                yield


def _fluent(port: int) -> Iterator[None]:
    """The library, which asks for no acknowledgement."""
    n = 0
    with closing(FluentSender("t", host="127.0.0.1", port=port)) as sender:
        while True:
            sender.emit("", {"log": f"fluent-{n:06d}"})  # False: it is kept for the next time
            n += 1
            yield


def _http(port: int) -> Iterator[None]:
    """Keeps its connection, and tries nothing twice."""
    n = 0
    with requests.Session() as session:
        while True:
            said = {"content": f"http-{n:06d}"}
            assert session.post(f"http://127.0.0.1:{port}/", json=said, timeout=30).ok
            n += 1
            yield


def _grpc(port: int) -> Iterator[None]:
    """The same; a call that fails is an exception."""
    n = 0
    no_retries = [("grpc.enable_retries", 0)]
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=no_retries) as channel:
        stub = LogsServiceStub(channel)  # type: ignore[no-untyped-call]
        while True:
            request = ExportLogsServiceRequest()
            record = request.resource_logs.add().scope_logs.add().log_records.add()
            record.body.string_value = f"grpc-{n:06d}"
            stub.Export(request, timeout=30)
            n += 1
            yield


def test_no_client_loses_what_it_was_told_is_safe_nor_meets_a_reset(loaded: Loaded) -> None:
    ports = loaded.ports
    clients = [
        Client("tls", ports["tls"], _tls),
        Client("relp", ports["relp"], _relp),
        Client("forward", ports["forward"], _forward),
        Client("fluent", ports["forward"], _fluent),
        Client("http", ports["http"], _http),
        Client("grpc", ports["grpc"], _grpc),
    ]
    for _ in range(_RELOADS):
        before = [client.sent for client in clients]
        eventually(lambda: all(c.sent > n + 20 or c.error for c, n in zip(clients, before)))  # noqa: B905, B023
        assert loaded.source.ask("/reload", "POST")[0] == 200
    for client in clients:
        client.over.set()
        client.join()
        assert client.error is None, (client.name, client.error)
    for client in clients:
        found = loaded.destination.contents(f"{client.name}-", client.sent)
        assert sorted(set(found)) == texts(client.name, range(client.sent)), client.name
    eventually(lambda: len(loaded.source.worker_pids()) == 1)
    metrics = loaded.source.metrics()
    assert metrics("receiver_connections_cut") == 0
    assert metrics("receiver_flagged_log_records") == 0


def test_who_does_not_go_stays_with_the_old_worker_and_is_shown(
    loaded: Loaded, tmp_path: Path
) -> None:
    with closing(connected(loaded.ports["http"])) as slow:
        slow.sendall(b'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 21\r\n\r\n{"content":')
        eventually(lambda: loaded.source.metrics()("receiver_connections") == 1)
        assert loaded.source.ask("/reload", "POST")[0] == 200
        assert loaded.source.metrics()("receiver_old_connections", receiver="http") == 1
        _, output, _ = finished((*PYTHON, "status", loaded.source.data_dir), tmp_path)
        assert "workers of before a reload: 1, with 1 connections" in output
        slow.sendall(b'"slow-00"}')
        answer = slow.recv(1000)
        assert answer.startswith(b"HTTP/1.1 204 "), answer
        assert b"Connection: close" in answer
    assert loaded.destination.contents("slow-", 1) == ["slow-00"]
    eventually(lambda: len(loaded.source.worker_pids()) == 1)


def test_a_stop_does_not_wait_for_those_that_do_not_go(loaded: Loaded) -> None:
    with ExitStack() as stuck:
        for reloads in range(1 + MOST_OLD):
            sock = stuck.enter_context(closing(connected(loaded.ports["forward"])))
            sock.sendall(b"\x93\xa1t")  # the beginning of a frame
            eventually(lambda: _in_frames(loaded) > min(reloads, MOST_OLD))  # noqa: B023
            assert loaded.source.ask("/reload", "POST")[0] == 200
            # The oldest of so many crews does not wait for its connection.
            eventually(lambda: len(loaded.source.worker_pids()) <= 1 + MOST_OLD)
        assert loaded.source.metrics()("receiver_connections_cut") == 1
        assert loaded.source.process.stop() == 0


def _in_frames(loaded: Loaded) -> int:
    return loaded.source.metrics()("receiver_connections", receiver="fluent_forward")
