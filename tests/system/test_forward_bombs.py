"""Frames that are a thousand times as large inside: what they cost a real collector."""

from __future__ import annotations

import gzip
import json
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgpack
import pytest

from tests.system.collecting import QUICK, Collector, collector
from tests.system.sandbox import Sandbox, sandbox

pytestmark = pytest.mark.system

_CAP_MB, _MORE_MB = 64, 32
#: 16 MiB in 16 KB; 64 of them are 1 GiB in 1 MB.
_MEMBER = gzip.compress(bytes(16 << 20))
_STRING = b"\x92\x01\x81\xa3log\xdb\x3f\xff\xff\xff"


@pytest.fixture(scope="module")
def forwarding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Collector, Sandbox]]:
    directory = tmp_path_factory.mktemp("bombs")
    with sandbox(directory) as destination:

        def configure(port: int, data_dir: Path) -> str:
            receiver = {
                "endpoint": f"127.0.0.1:{port}",
                "max_decompressed_size": f"{_CAP_MB}MiB",
            }
            said = {
                "receivers": {"fluent_forward": receiver},
                "exporters": {"dynatrace": {**QUICK, "endpoint": destination.url}},
                "service": {
                    "data_dir": str(data_dir),
                    "pipelines": {
                        "logs": {"receivers": ["fluent_forward"], "exporters": ["dynatrace"]}
                    },
                },
            }
            return json.dumps(said)

        with collector(directory, configure) as source:
            yield source, destination


def test_a_bomb_takes_no_more_than_the_cap_and_its_connection_goes_on(
    forwarding: tuple[Collector, Sandbox],
) -> None:
    source, destination = forwarding
    before = _peak(source)
    bombs = {
        "members": _MEMBER * 64,
        "a string": gzip.compress(_STRING) + _MEMBER * 64,
        "small things": gzip.compress(b"\xc0" * (1 << 20)) * 1024,
    }
    with closing(socket.create_connection(("127.0.0.1", source.port), timeout=60)) as sock:
        for name, bomb in bombs.items():
            sock.sendall(_frame(bomb, name))
            assert sock.recv(99) == msgpack.packb({"ack": name}), name
        entry = msgpack.packb([1, {"log": "behind"}])
        sock.sendall(_frame(gzip.compress(entry), "behind"))
        assert sock.recv(99) == msgpack.packb({"ack": "behind"})
    assert _peak(source) - before < _CAP_MB + _MORE_MB
    destination.arrived("behind", 1)
    assert source.metrics()("receiver_dead_lettered_log_records") == len(bombs)


def _frame(payload: bytes, chunk: str) -> bytes:
    return bytes(msgpack.packb(["t", payload, {"compressed": "gzip", "chunk": chunk}]))


def _peak(source: Collector) -> float:
    """MB."""
    (pid,) = source.worker_pids()
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1000
